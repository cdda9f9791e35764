"""The fetcher against servers that misbehave on purpose."""

import asyncio
import gzip
import ipaddress
import ssl
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from orion.kernel import OrionError
from orion.plumbing.addresses import Address, Resolver
from orion.plumbing.http import Fetched, FetchFailed, FetchRefused, Patience, fetch_to_file
from orion.plumbing.settings import Settings
from tests.plumbing.other_side import OtherSide, answer, other_side, redirect

TLS = Path(__file__).parent / "tls"
FEED = b"id,title\n1,Chair\n"


def packed(body: bytes) -> bytes:
    """Gzip of the body, the same bytes at every run (they are in test names)."""
    return gzip.compress(body, 6, mtime=0)


class Fetcher:
    """Fetches into the test's folder; loopback is allowed unless the test says otherwise."""

    def __init__(self, folder: Path) -> None:
        self.target = folder / "feed"
        self.folder = folder

    async def __call__(self, url: str, *, allowed: Sequence[str] = ("127.0.0.1",), **options: Any) -> Fetched:
        settings = Settings(_env_file=None, var_dir=self.folder, fetch_allowed_hosts=list(allowed))
        options = {"max_bytes": 1_000_000, "timeout_seconds": 20.0, **options}
        return await fetch_to_file(url, self.target, settings=settings, **options)

    async def fails(self, code: str, url: str, *, retryable: bool, **options: Any) -> OrionError:
        with pytest.raises((FetchRefused, FetchFailed)) as caught:
            await self(url, **options)
        error = caught.value
        assert (error.code, error.retryable) == (code, retryable), error.detail
        assert list(self.folder.iterdir()) == []  # neither the target nor a part of it
        return error


@pytest.fixture
def fetch(tmp_path: Path) -> Fetcher:
    return Fetcher(tmp_path)


def resolves_to(*addresses: str) -> Resolver:
    async def resolver(host: str, port: int) -> Sequence[Address]:
        return [ipaddress.ip_address(address) for address in addresses]

    return resolver


async def test_a_feed_is_fetched_with_what_its_server_says_of_it(fetch: Fetcher) -> None:
    handler = answer(
        FEED,
        ETag='"v1"',
        Last_Modified="Wed, 21 Oct 2026 07:28:00 GMT",
        Content_Type="text/csv; charset=utf-8",
        Content_Disposition="attachment; filename*=UTF-8''caf%C3%A9%2Fprix.csv",
    )
    async with other_side(handler) as side:
        fetched = await fetch(side.url("/feeds/all.csv?lang=fr"))
    assert fetched == Fetched(
        status="fetched",
        etag='"v1"',
        last_modified="Wed, 21 Oct 2026 07:28:00 GMT",
        content_type="text/csv; charset=utf-8",
        filename="prix.csv",
        final_url=side.url("/feeds/all.csv?lang=fr"),
        bytes=len(FEED),
    )
    assert fetch.target.read_bytes() == FEED
    head = side.requests[0].lower()
    assert head.startswith("get /feeds/all.csv?lang=fr http/1.1\r\n")
    assert f"host: 127.0.0.1:{side.port}\r\n" in head
    assert "accept-encoding: identity\r\n" in head
    assert "if-none-match" not in head
    assert "authorization" not in head


async def test_an_unchanged_feed_is_not_fetched_again(fetch: Fetcher) -> None:
    async with other_side(answer(status="304 Not Modified", length=None, ETag='"v1"')) as side:
        fetched = await fetch(side.url(), etag='"v1"', last_modified="Wed, 21 Oct 2026 07:28:00 GMT")
    assert (fetched.status, fetched.etag, fetched.bytes) == ("not_modified", '"v1"', 0)
    assert fetched.last_modified == "Wed, 21 Oct 2026 07:28:00 GMT"
    assert not fetch.target.exists()
    assert 'If-None-Match: "v1"' in side.requests[0]
    assert "If-Modified-Since: Wed, 21 Oct 2026 07:28:00 GMT" in side.requests[0]


async def test_not_modified_without_having_asked_is_an_error(fetch: Fetcher) -> None:
    async with other_side(answer(status="304 Not Modified", length=None)) as side:
        await fetch.fails("feed_http_error", side.url(), retryable=False)


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        ("404 Not Found", "feed_not_found", False),
        ("410 Gone", "feed_not_found", False),
        ("401 Unauthorized", "feed_forbidden", False),
        ("403 Forbidden", "feed_forbidden", False),
        ("400 Bad Request", "feed_http_error", False),
        ("206 Partial Content", "feed_http_error", True),
        ("500 Internal Server Error", "feed_http_error", True),
        ("503 Service Unavailable", "feed_http_error", True),
        ("299 Odd", "feed_http_error", False),
    ],
)
async def test_each_status_is_named_and_says_whether_to_try_again(
    fetch: Fetcher, status: str, code: str, retryable: bool
) -> None:
    async with other_side(answer(b"id\n", status=status)) as side:
        error = await fetch.fails(code, side.url(), retryable=retryable)
    assert status[:3] in error.detail
    assert side.url() in error.detail
    assert len(side.requests) == 1


async def test_a_server_that_recovers_is_fetched_the_second_time(fetch: Fetcher) -> None:
    answers = [answer(status="500 Internal Server Error"), answer(FEED)]

    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        await answers.pop(0)(head, writer)

    async with other_side(handler) as side:
        await fetch.fails("feed_http_error", side.url(), retryable=True)
        await fetch(side.url())
    assert fetch.target.read_bytes() == FEED


@pytest.mark.parametrize(
    ("header", "seconds"), [("120", 120.0), ("99999999", 21600.0), ("-5", 0.0), ("soon", None), ("nan", None)]
)
async def test_retry_after_is_handed_on(fetch: Fetcher, header: str, seconds: float | None) -> None:
    async with other_side(answer(status="429 Too Many Requests", Retry_After=header)) as side:
        error = await fetch.fails("feed_http_error", side.url(), retryable=True)
    assert error.retry_after == seconds


async def test_retry_after_may_be_a_date(fetch: Fetcher) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    async with other_side(answer(status="503 Service Unavailable", Retry_After=date)) as side:
        error = await fetch.fails("feed_http_error", side.url(), retryable=True)
    assert error.retry_after is not None
    assert 80 < error.retry_after <= 90


@pytest.mark.parametrize(
    "url",
    [
        "",
        "feed.csv",
        "ftp://example.com/feed.csv",
        "file:///etc/passwd",
        "http://",
        "http://a:99999/",
        "http://[x/",
        "http://exa mple.com/",
        "http://[fe80::1%25eth0]/",
    ],
)
async def test_what_is_no_web_address_is_refused(fetch: Fetcher, url: str) -> None:
    await fetch.fails("feed_bad_url", url, retryable=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.1", "[::1]", "[::]", "0.0"])
async def test_loopback_is_refused_in_every_spelling(fetch: Fetcher, host: str) -> None:
    async with other_side(answer(FEED)) as side:
        await fetch.fails("feed_address_refused", side.url(host=host), allowed=(), retryable=False)
    assert side.requests == []


async def test_a_name_with_a_private_address_is_refused_even_beside_a_public_one(fetch: Fetcher) -> None:
    async with other_side(answer(FEED)) as side:
        error = await fetch.fails(
            "feed_address_refused",
            side.url(host="feeds.example"),
            allowed=(),
            resolver=resolves_to("93.184.215.14", "127.0.0.1"),
            retryable=False,
        )
    assert "127.0.0.1" in error.detail
    assert side.requests == []


async def test_the_connection_goes_to_the_checked_address_and_keeps_the_name(fetch: Fetcher) -> None:
    asked = []

    async def resolver(host: str, port: int) -> Sequence[Address]:
        asked.append((host, port))
        # A second question would be answered with another address: it must never be asked.
        return [ipaddress.ip_address("127.0.0.1" if len(asked) == 1 else "169.254.169.254")]

    async with other_side(answer(FEED)) as side:
        await fetch(side.url(host="feeds.example"), resolver=resolver)
    assert asked == [("feeds.example", side.port)]
    assert f"Host: feeds.example:{side.port}\r\n" in side.requests[0]


async def test_the_next_address_is_tried_when_one_does_not_listen(fetch: Fetcher) -> None:
    async with other_side(answer(FEED)) as side:
        resolver = resolves_to("127.0.0.2", "127.0.0.1")
        await fetch(side.url(host="feeds.example"), allowed=["127.0.0.0/8"], resolver=resolver)
    assert fetch.target.read_bytes() == FEED


async def test_a_host_that_does_not_exist_or_listen_is_unreachable(fetch: Fetcher) -> None:
    async def nothing(host: str, port: int) -> Sequence[Address]:
        raise OSError("Name or service not known")

    error = await fetch.fails("feed_unreachable", "http://nosuch.example/", resolver=nothing, retryable=True)
    assert "'nosuch.example'" in error.detail
    async with other_side(answer()) as side:
        pass
    await fetch.fails("feed_unreachable", side.url(), retryable=True)


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2/",
        "http://10.0.0.1/x",
        "http://169.254.169.254/latest/meta-data/",
        "//192.168.1.1/",
        "http://[::1]/",
    ],
)
async def test_a_redirect_to_a_private_address_is_refused(fetch: Fetcher, location: str) -> None:
    async with other_side(redirect(location)) as side:
        await fetch.fails("feed_address_refused", side.url(), retryable=False)
    assert len(side.requests) == 1


async def test_a_redirect_to_another_scheme_is_refused(fetch: Fetcher) -> None:
    async with other_side(redirect("file:///etc/passwd")) as side:
        await fetch.fails("feed_bad_url", side.url(), retryable=False)


async def test_a_redirect_without_a_place_is_an_error(fetch: Fetcher) -> None:
    async with other_side(answer(status="302 Found")) as side:
        await fetch.fails("feed_http_error", side.url(), retryable=False)


async def test_redirects_are_followed_five_times_and_no_more(fetch: Fetcher) -> None:
    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        hop = int(head.split()[1].removeprefix("/"))
        await (redirect(f"/{hop - 1}", "308 Permanent Redirect") if hop else answer(FEED))(head, writer)

    async with other_side(handler) as side:
        fetched = await fetch(side.url("/5"))
        assert fetched.final_url == side.url("/0")
        assert len(side.requests) == 6
        fetch.target.unlink()
        await fetch.fails("feed_redirect_loop", side.url("/6"), retryable=False)
    assert len(side.requests) == 12


async def test_credentials_are_sent_kept_on_their_host_and_never_shown(fetch: Fetcher) -> None:
    def moved(side_of: Callable[[], OtherSide]) -> Any:
        async def handler(head: str, writer: asyncio.StreamWriter) -> None:
            if head.startswith("GET /a "):
                await redirect("/b")(head, writer)
            else:
                await redirect(side_of().url("/c"))(head, writer)

        return handler

    async with other_side(answer(status="403 Forbidden")) as second, other_side(moved(lambda: second)) as first:
        url = first.url("/a", host="jane:s%40fe@127.0.0.1")
        error = await fetch.fails("feed_forbidden", url, retryable=False)
    assert [("Authorization: Basic amFuZTpzQGZl" in head) for head in first.requests] == [True, True]
    assert "authorization" not in second.requests[0].lower()
    assert "s%40fe" not in error.detail
    assert "jane" not in error.detail


async def test_a_body_shorter_than_declared_is_truncated(fetch: Fetcher) -> None:
    async with other_side(answer(FEED, length=5000)) as side:
        error = await fetch.fails("feed_truncated", side.url(), retryable=True)
    assert f"after {len(FEED)} bytes" in error.detail


async def test_a_body_longer_than_declared_ends_where_it_was_declared(fetch: Fetcher) -> None:
    async with other_side(answer(FEED + b"2,Table\n" * 100, length=len(FEED))) as side:
        assert (await fetch(side.url())).bytes == len(FEED)
    assert fetch.target.read_bytes() == FEED


async def test_a_declared_size_beyond_the_bound_is_refused_before_it_comes(fetch: Fetcher) -> None:
    async with other_side(answer(b"x" * 10, length=1_000_001)) as side:
        await fetch.fails("feed_too_large", side.url(), retryable=False)


async def test_an_undeclared_size_stops_at_the_bound(fetch: Fetcher) -> None:
    sent = 0

    async def endless(head: str, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 65536)
            sent += 65536
            await writer.drain()

    async with other_side(endless) as side:
        await fetch.fails("feed_too_large", side.url(), retryable=False)
    assert sent < 50_000_000


async def test_a_connection_reset_in_the_body_can_be_tried_again(fetch: Fetcher) -> None:
    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        await writer.drain()
        writer.transport.abort()

    async with other_side(handler) as side:
        await fetch.fails("feed_truncated", side.url(), retryable=True)


async def test_a_connection_closed_without_an_answer_can_be_tried_again(fetch: Fetcher) -> None:
    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with other_side(handler) as side:
        await fetch.fails("feed_unreachable", side.url(), retryable=True)


async def test_an_answer_that_is_no_http_is_an_error(fetch: Fetcher) -> None:
    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ftp.example.com ready\r\n")

    async with other_side(handler) as side:
        await fetch.fails("feed_unreachable", side.url(), retryable=True)


async def test_a_server_that_never_answers_times_out(fetch: Fetcher) -> None:
    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.6)

    async with other_side(handler) as side:
        await fetch.fails("feed_timeout", side.url(), patience=Patience(answer=0.2), retryable=True)
        await fetch.fails("feed_timeout", side.url(), timeout_seconds=0.2, retryable=True)


async def drip(head: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(60):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def test_a_body_that_drips_is_given_up(fetch: Fetcher) -> None:
    loop = asyncio.get_running_loop()
    async with other_side(drip) as side:
        began = loop.time()
        error = await fetch.fails("feed_timeout", side.url(), patience=Patience(stall=0.2), retryable=True)
        assert 0.2 <= loop.time() - began < 1.0
        assert "stopped sending" in error.detail
        began = loop.time()
        error = await fetch.fails("feed_timeout", side.url(), timeout_seconds=0.3, retryable=True)
        assert 0.2 <= loop.time() - began < 1.0
        assert "within 0.3 seconds" in error.detail


async def test_a_slow_body_that_makes_progress_is_taken(fetch: Fetcher) -> None:
    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
        for _ in range(6):
            writer.write(b"x" * 10000)
            await writer.drain()
            await asyncio.sleep(0.1)

    async with other_side(handler) as side:
        assert (await fetch(side.url(), patience=Patience(stall=0.4))).bytes == 60000


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", packed(FEED)),
        ("x-gzip", packed(FEED[:5]) + packed(FEED[5:])),
        ("deflate", zlib.compress(FEED)),
        ("deflate", zlib.compress(FEED, wbits=-15)),
        ("gzip", FEED),
        ("identity", FEED),
    ],
)
async def test_transport_encodings_are_undone(fetch: Fetcher, encoding: str, body: bytes) -> None:
    async with other_side(answer(body, Content_Encoding=encoding)) as side:
        await fetch(side.url())
    assert fetch.target.read_bytes() == FEED


async def test_a_gzip_file_stays_as_it_is(fetch: Fetcher) -> None:
    body = packed(FEED)
    async with other_side(answer(body, Content_Type="application/gzip")) as side:
        await fetch(side.url("/feed.csv.gz"))
    assert fetch.target.read_bytes() == body


async def test_an_encoding_we_did_not_ask_for_is_refused(fetch: Fetcher) -> None:
    async with other_side(answer(b"...", Content_Encoding="br")) as side:
        assert "'br'" in (await fetch.fails("feed_http_error", side.url(), retryable=False)).detail


async def test_the_bound_counts_decoded_bytes(fetch: Fetcher) -> None:
    body = packed(b"\0" * 50_000_000)
    async with other_side(answer(body, Content_Encoding="gzip")) as side:
        await fetch.fails("feed_too_large", side.url(), retryable=False)


async def test_a_transport_encoding_that_breaks_off_or_is_damaged_can_be_tried_again(fetch: Fetcher) -> None:
    body = packed(FEED * 100)
    for broken in (body[:-5], body[:30] + b"\xff\xff\xff" + body[33:]):
        async with other_side(answer(broken, Content_Encoding="gzip")) as side:
            await fetch.fails("feed_truncated", side.url(), retryable=True)


async def test_proxies_of_the_environment_are_not_used(fetch: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    async with other_side(answer(FEED)) as proxy, other_side(answer(FEED)) as side:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url(""))
        await fetch(side.url())
    assert (len(proxy.requests), len(side.requests)) == (0, 1)


def served_with_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "feeds.example.pem")
    return context


async def test_tls_is_checked_against_the_name_not_the_pinned_address(
    fetch: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "ca.pem"))
    context = served_with_tls()
    names = []
    context.sni_callback = lambda _, name, __: names.append(name)
    loopback = resolves_to("127.0.0.1")
    async with other_side(answer(FEED), context) as side:
        await fetch(side.url(host="feeds.example", scheme="https"), resolver=loopback)
        fetch.target.unlink()
        for host in ("other.example", "127.0.0.1"):
            url = side.url(host=host, scheme="https")
            error = await fetch.fails("feed_unreachable", url, resolver=loopback, retryable=False)
            assert "certificate" in error.detail
    assert names == ["feeds.example", "other.example", None]
    assert len(side.requests) == 1


async def test_a_certificate_nobody_vouches_for_is_refused(fetch: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    async with other_side(answer(FEED), served_with_tls()) as side:
        url = side.url(host="feeds.example", scheme="https")
        await fetch.fails("feed_unreachable", url, resolver=resolves_to("127.0.0.1"), retryable=False)
    assert side.requests == []
