"""The fetcher against servers that misbehave on purpose."""

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from orion.plumbing.http import Fetched, Patience
from tests.plumbing.fetching import FEED, Fetcher
from tests.plumbing.other_side import answer, other_side


def packed(body: bytes) -> bytes:
    """Gzip of the body, the same bytes at every run (they are in test names)."""
    return gzip.compress(body, 6, mtime=0)


@pytest.fixture
def fetch(tmp_path: Path) -> Fetcher:
    return Fetcher(tmp_path)


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


Wait = Callable[[float], Awaitable[None]]


@pytest.fixture
async def wait(fetch: Fetcher, monkeypatch: pytest.MonkeyPatch) -> Wait:
    """Has seconds pass for everybody in no time, when a body is being read and all have done what they could."""
    loop = asyncio.get_running_loop()
    by_the_clock, passed = loop.time, 0.0
    monkeypatch.setattr(loop, "time", lambda: by_the_clock() + passed)

    async def wait(seconds: float) -> None:
        nonlocal passed
        while not fetch.target.with_name("feed.part").exists():  # noqa: ASYNC110 (a thread makes it, at its own pace)
            await asyncio.sleep(0.001)
        for _ in range(50):
            await asyncio.sleep(0)
        passed += seconds
        await asyncio.sleep(0)

    return wait


async def test_a_body_that_drips_is_given_up(fetch: Fetcher, wait: Wait) -> None:
    dripped = 0

    async def drip(head: str, writer: asyncio.StreamWriter) -> None:
        nonlocal dripped
        dripped = 0
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while dripped < 100:
            writer.write(b"x")
            await writer.drain()
            dripped += 1
            await wait(100)

    async with other_side(drip) as side:
        long: dict[str, Any] = {"timeout_seconds": 1_000_000.0, "patience": Patience(answer=5000, stall=950)}
        error = await fetch.fails("feed_timeout", side.url(), retryable=True, **long)
        assert "stopped sending: less than 4096 bytes in 950 seconds" in error.detail
        assert 10 <= dripped < 15
        long["timeout_seconds"] = 450.0
        error = await fetch.fails("feed_timeout", side.url(), retryable=True, **long)
        assert "within 450 seconds" in error.detail
        assert 5 <= dripped < 10


async def test_a_slow_body_that_makes_progress_is_taken(fetch: Fetcher, wait: Wait) -> None:
    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
        for _ in range(6):
            writer.write(b"x" * 10000)
            await writer.drain()
            await wait(500)

    async with other_side(handler) as side:
        long: dict[str, Any] = {"timeout_seconds": 1_000_000.0, "patience": Patience(answer=5000, stall=950)}
        assert (await fetch(side.url(), **long)).bytes == 60000


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
