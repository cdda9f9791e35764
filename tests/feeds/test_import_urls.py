"""Feeds behind an address: what the other side does, and what the import makes of it."""

import gzip
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from orion import feeds, identity
from orion.catalog import MarketplaceProduct
from orion.feeds.run import run
from orion.feeds.spool import forget_spools, spool_of
from orion.plumbing.jobs import RetryLater
from orion.plumbing.runtime import Runtime
from tests.conftest import count
from tests.feeds.importing import GOOD, HEADER, counters, import_url, new_store, reload
from tests.plumbing.other_side import Handler, answer, other_side, redirect


async def _fails(runtime: Runtime, handler: Handler) -> feeds.ImportJob:
    access = await new_store(runtime)
    async with other_side(handler) as side:
        job = await import_url(runtime, access, side.url())
    assert job.status == "failed"
    assert counters(job) == {}
    assert await count(runtime.database, MarketplaceProduct) == 0
    return job


async def test_a_feed_comes_in_from_an_address(runtime: Runtime) -> None:
    access = await new_store(runtime)
    async with other_side(answer(gzip.compress(HEADER + GOOD))) as side:
        job = await import_url(runtime, access, side.url())
    assert (job.status, counters(job)) == ("completed", {"imported": 1, "processed": 1})


@pytest.mark.parametrize(
    ("handler", "code", "words"),
    [
        (answer(status="404 Not Found"), "feed_not_found", "404"),
        (answer(status="403 Forbidden"), "feed_forbidden", "403"),
        (redirect("http://10.0.0.7/feed.csv"), "feed_address_refused", "10.0.0.7"),
        (redirect("http://169.254.169.254/latest/meta-data"), "feed_address_refused", "169.254.169.254"),
        (answer(b"<html><title>Shop</title></html>"), "feed_not_csv", "Shop"),
    ],
    ids=["404", "403", "redirect_private", "redirect_metadata", "html"],
)
async def test_it_fails_for_good_with_a_reason(runtime: Runtime, handler: Handler, code: str, words: str) -> None:
    job = await _fails(runtime, handler)
    assert job.failure_code == code, job.failure_message
    assert words in (job.failure_message or "")


async def test_an_address_inside_our_network_is_refused(runtime: Runtime) -> None:
    access = await new_store(runtime)
    job = await import_url(runtime, access, "http://127.0.0.2:1/feed.csv")
    assert (job.status, job.failure_code) == ("failed", "feed_address_refused")


async def test_a_passing_failure_is_tried_again_and_then_given_up(runtime: Runtime) -> None:
    access = await new_store(runtime)
    async with other_side(answer(status="503 Busy", Retry_After="7")) as side:
        async with runtime.database.transaction() as session:
            job = await feeds.start_import(session, access, source_url=side.url())
        for tries in range(1, 5):
            with pytest.raises(RetryLater) as later:
                await run(runtime, job.id)
            assert later.value.delay == 7
            now = await reload(runtime, job.id)
            assert (now.status, now.phase, now.details["downloads"]) == ("processing", "waiting", tries)
            assert "503" in now.details["problem"]
        await run(runtime, job.id)
        assert len(side.requests) == 5
    end = await reload(runtime, job.id)
    assert (end.status, end.failure_code) == ("failed", "feed_http_error")


async def test_a_truncated_answer_is_tried_again_and_then_comes_in(runtime: Runtime) -> None:
    access = await new_store(runtime)
    bodies: Iterator[Handler] = iter([answer(HEADER + GOOD, length=10_000), answer(HEADER + GOOD)])

    async def handler(head: str, writer: object) -> None:
        await next(bodies)(head, writer)  # type: ignore[arg-type]  # the server's own writer

    async with other_side(handler) as side:
        async with runtime.database.transaction() as session:
            job = await feeds.start_import(session, access, source_url=side.url())
        with pytest.raises(RetryLater):
            await run(runtime, job.id)
        assert await count(runtime.database, MarketplaceProduct) == 0
        await run(runtime, job.id)
    assert counters(await reload(runtime, job.id)) == {"imported": 1, "processed": 1}


async def test_an_unmodified_feed_is_not_even_downloaded(runtime: Runtime) -> None:
    access = await new_store(runtime)

    async def handler(head: str, writer: object) -> None:
        known = 'if-none-match: "v1"' in head.lower()
        reply = answer(status="304 Not Modified", length=None) if known else answer(HEADER + GOOD, ETag='"v1"')
        await reply(head, writer)  # type: ignore[arg-type]  # the server's own writer

    async with other_side(handler) as side:
        assert counters(await import_url(runtime, access, side.url())) == {"imported": 1, "processed": 1}
        again = await import_url(runtime, access, side.url())
        assert (again.status, counters(again)) == ("completed", {"unchanged": 1, "processed": 1})
        assert again.details["not_modified"] is True
        other = await import_url(runtime, access, side.url("/other.csv"))
        assert "not_modified" not in other.details
    assert [("if-none-match" in head.lower()) for head in side.requests] == [False, True, False]


async def test_a_feed_with_something_to_tell_is_always_read_again(runtime: Runtime) -> None:
    access = await new_store(runtime)
    async with other_side(answer(HEADER + GOOD + b"A2,Chair,,abc,,\n", ETag='"v1"')) as side:
        first = await import_url(runtime, access, side.url())
        again = await import_url(runtime, access, side.url())
    assert counters(first) == {"imported": 1, "error": 1, "processed": 2}
    assert counters(again) == {"unchanged": 1, "error": 1, "processed": 2}
    assert "if-none-match" not in side.requests[1].lower()


async def test_a_source_that_changed_between_two_lives_is_counted_from_the_start(runtime: Runtime) -> None:
    access = await new_store(runtime)
    async with other_side(answer(HEADER + GOOD)) as side:
        async with runtime.database.transaction() as session:
            job = await feeds.start_import(session, access, source_url=side.url())
            job.status, job.phase, job.digest = "processing", "importing", "0" * 64  # as another machine left it
            job.next_offset, job.next_row, job.imported_count, job.processed_count = 9_999, 77, 75, 75
        await run(runtime, job.id)
    assert counters(await reload(runtime, job.id)) == {"imported": 1, "processed": 1}


async def test_folders_of_imports_that_are_over_are_forgotten(runtime: Runtime) -> None:
    access = await new_store(runtime)
    async with runtime.database.transaction() as session:
        job = await feeds.start_import(session, access, source_url="https://example.com/feed.csv")
    kept, gone = spool_of(runtime.settings, job.id), spool_of(runtime.settings, job.id + 1)
    kept.mkdir(parents=True)
    gone.mkdir()
    await forget_spools(runtime)
    assert (kept.exists(), gone.exists()) == (True, False)


async def test_who_asked_and_how_it_ended_is_in_the_audit_log(runtime: Runtime) -> None:
    access = await new_store(runtime)
    async with other_side(answer(HEADER + GOOD)) as side:
        job = await import_url(runtime, access, side.url())
    async with runtime.database.reading() as session:
        entry = identity.AuditEntry
        query = sa.select(entry.action, entry.actor_id).where(entry.subject == f"import:{job.id}").order_by(entry.id)
        found = [tuple(row) for row in (await session.execute(query)).all()]
    assert found == [("import.requested", access.user.id), ("import.completed", None)]
