"""Products that a full feed no longer has."""

from collections.abc import Iterable

import pytest
import sqlalchemy as sa

from orion import feeds
from orion.catalog import MarketplaceProduct, Product
from orion.feeds import state
from orion.feeds.models import FeedRow
from orion.kernel import Conflict
from orion.merchants import StoreAccess
from orion.plumbing.runtime import Runtime
from tests.feeds.importing import counters, finish, import_bytes, new_store, reload, start


def feed(numbers: Iterable[int], header: str = "id,title,availability\n", extra: str = "") -> bytes:
    return (header + "".join(f"G{n},Thing {n},in stock\n" for n in numbers) + extra).encode()


async def listings(runtime: Runtime) -> dict[str, tuple[bool, str | None]]:
    """Published?, own availability, of every listing by its id."""
    query = sa.select(MarketplaceProduct.marketplace_product_id, Product.is_active, Product.availability).join(Product)
    async with runtime.database.reading() as session:
        return {row[0]: (row[1], row[2]) for row in (await session.execute(query)).all()}


async def off(runtime: Runtime) -> list[str]:
    return sorted(id_ for id_, (active, own) in (await listings(runtime)).items() if not active or own)


async def test_keep_is_the_default_and_touches_nothing(runtime: Runtime) -> None:
    access = await new_store(runtime)
    await import_bytes(runtime, access, feed(range(5)))
    job = await import_bytes(runtime, access, feed(range(3)))
    assert await off(runtime) == []
    assert "gone_count" not in job.details


@pytest.mark.parametrize(("policy", "gone"), [("unpublish", (False, None)), ("out_of_stock", (True, "out_of_stock"))])
async def test_the_policy_takes_what_is_gone_and_gives_back_what_returns(
    runtime: Runtime, policy: str, gone: tuple[bool, str | None]
) -> None:
    access = await new_store(runtime)
    await import_bytes(runtime, access, feed(range(5)), on_missing=policy)
    job = await import_bytes(runtime, access, feed(range(3), extra="G3,,in stock\nG4\n"), on_missing=policy)
    assert await off(runtime) == []  # a bad row is in the feed all the same
    assert (job.error_count, "gone_count" in job.details) == (2, False)
    job = await import_bytes(runtime, access, feed(range(3)), on_missing=policy)
    assert await off(runtime) == ["G3", "G4"]
    assert (await listings(runtime))["G3"] == gone
    assert (job.status, job.details["gone_count"], job.details["gone_withdrawn"]) == ("completed", 2, 2)
    again = await import_bytes(runtime, access, feed(range(3)), on_missing=policy)
    assert counters(again) == {"unchanged": 3, "processed": 3}
    assert "gone_count" not in again.details
    back = await import_bytes(runtime, access, feed([0, 1, 2, 4]))
    assert back.details["gone_restored"] == 1
    assert await off(runtime) == ["G3"]


async def test_what_a_person_took_from_sale_stays_there(runtime: Runtime) -> None:
    access = await new_store(runtime)
    await import_bytes(runtime, access, feed(range(3)))
    async with runtime.database.transaction() as session:
        await session.execute(sa.update(Product).values(is_active=False))
    job = await import_bytes(runtime, access, feed(range(2)), on_missing="unpublish")
    assert job.details["gone_withdrawn"] == 0
    await import_bytes(runtime, access, feed(range(3)))
    assert await off(runtime) == ["G0", "G1", "G2"]


async def test_many_at_once_wait_for_a_person(runtime: Runtime) -> None:
    access = await new_store(runtime)
    await import_bytes(runtime, access, feed(range(60)))
    job = await import_bytes(runtime, access, feed(range(30)), on_missing="unpublish")
    assert job.status == "completed"
    assert job.details["gone_held_back"] == {"count": 30, "of": 60, "reason": "too_many"}
    assert await off(runtime) == []
    async with runtime.database.transaction() as session:
        done = await feeds.confirm_gone(session, access, job.id)
    assert (done.details["gone_withdrawn"], "gone_held_back" in done.details) == (30, False)
    assert len(await off(runtime)) == 30
    async with runtime.database.transaction() as session:
        with pytest.raises(Conflict) as raised:
            await feeds.confirm_gone(session, access, job.id)
    assert raised.value.code == "nothing_held_back"


async def test_a_newer_import_judges_anew(runtime: Runtime) -> None:
    access = await new_store(runtime)
    await import_bytes(runtime, access, feed(range(60)))
    job = await import_bytes(runtime, access, feed(range(30)), on_missing="unpublish")
    whole = await import_bytes(runtime, access, feed(range(60)), on_missing="unpublish")
    assert "gone_held_back" not in whole.details
    async with runtime.database.transaction() as session:
        with pytest.raises(Conflict) as raised:
            await feeds.confirm_gone(session, access, job.id)
    assert raised.value.code == "newer_import"
    assert await off(runtime) == []


async def test_rows_whose_id_nobody_can_read_hold_the_policy_back(runtime: Runtime) -> None:
    access = await new_store(runtime)
    await import_bytes(runtime, access, feed(range(4)))
    broken = feed(range(2)) + b'G2,"never closed,in stock\nG9,Nine,in stock\n'
    job = await import_bytes(runtime, access, broken, on_missing="unpublish")
    assert job.details["gone_held_back"] == {"count": 2, "of": 5, "reason": "unreadable_rows"}
    assert await off(runtime) == []


async def test_a_product_is_gone_when_the_feeds_of_all_languages_have_lost_it(runtime: Runtime) -> None:
    access = await new_store(runtime)
    for language in ("en", "fr"):
        await import_bytes(runtime, access, feed(range(3)), language=language)
    job = await import_bytes(runtime, access, feed(range(2)), language="fr", on_missing="unpublish")
    assert (job.details["gone_in_other_feeds"], job.details["gone_withdrawn"]) == (1, 0)
    assert await off(runtime) == []
    job = await import_bytes(runtime, access, feed(range(2)), language="en", on_missing="unpublish")
    assert job.details["gone_withdrawn"] == 1
    assert await off(runtime) == ["G2"]
    await import_bytes(runtime, access, feed(range(3)), language="fr")
    assert await off(runtime) == []


async def test_another_stores_listing_stays(runtime: Runtime) -> None:
    first, second = await new_store(runtime, "ONE"), await new_store(runtime, "TWO")
    await import_bytes(runtime, first, feed(range(2)))
    await import_bytes(runtime, second, feed(range(2)))
    await import_bytes(runtime, first, feed(range(1)), on_missing="unpublish")
    async with runtime.database.reading() as session:
        off_sale = (await session.scalars(sa.select(Product.store_id).where(Product.is_active.is_(False)))).all()
    assert off_sale == [first.store.id]


async def test_an_import_that_dies_behind_the_policy_counts_the_same(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    access: StoreAccess = await new_store(runtime)
    await import_bytes(runtime, access, feed(range(5)))
    job = await start(runtime, access, feed(range(3)), on_missing="unpublish")

    async def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(state, "complete", die)
        with pytest.raises(KeyboardInterrupt):
            await finish(runtime, job.id)
    assert (await reload(runtime, job.id)).status == "processing"
    done = await finish(runtime, job.id)
    assert (done.status, done.details["gone_count"], done.details["gone_withdrawn"]) == ("completed", 2, 2)
    async with runtime.database.reading() as session:
        marks = (await session.scalars(sa.select(FeedRow.missing_since).where(FeedRow.withdrawn == "unpublish"))).all()
    assert marks == [job.id, job.id]


async def test_a_dry_run_foretells_what_would_go_and_takes_nothing(runtime: Runtime) -> None:
    access = await new_store(runtime)
    await import_bytes(runtime, access, feed(range(5)))
    dry = await import_bytes(runtime, access, feed(range(3)), on_missing="unpublish", dry_run=True)
    assert (dry.details["gone_count"], "gone_withdrawn" in dry.details) == (2, False)
    assert await off(runtime) == []
    async with runtime.database.transaction() as session:
        job = await feeds.apply_dry_run(session, access, dry.id)
    assert (await finish(runtime, job.id)).details["gone_withdrawn"] == 2


async def test_some_rows_of_a_feed_say_nothing_of_the_others(runtime: Runtime) -> None:
    access = await new_store(runtime)
    first = await import_bytes(runtime, access, feed(range(3), extra="G3,,in stock\n"))
    job = await import_bytes(runtime, access, feed([3]), retry_of=first.id, on_missing="unpublish")
    assert (job.mode, await off(runtime)) == ("partial", [])
