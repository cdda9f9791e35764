"""Where the fetcher must not go: private addresses, redirects to them, names that change, servers it cannot trust."""

import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from orion.plumbing.addresses import Address
from tests.plumbing.fetching import FEED, Fetcher, resolves_to
from tests.plumbing.other_side import OtherSide, answer, other_side, redirect

TLS = Path(__file__).parent / "tls"


@pytest.fixture
def fetch(tmp_path: Path) -> Fetcher:
    return Fetcher(tmp_path)


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
