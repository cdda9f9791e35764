"""Undoing imports."""

import pytest
import sqlalchemy as sa

from orion import catalog, feeds, inventory
from orion.catalog import MarketplaceProduct, PricePeriod, Product
from orion.feeds.jobs import undo_import as undo_job
from orion.feeds.models import FeedRow, ImportChange
from orion.feeds.undo import AT_ONCE
from orion.kernel import Conflict
from orion.merchants import StoreAccess
from orion.plumbing.runtime import Runtime
from tests.feeds.importing import counters, import_bytes, new_store, snapshot

COLUMNS = b"id,title,description,price,availability,brand,additional_image_link,expiration_date,shelf\n"
OLD = COLUMNS + (
    b"A1,Lamp,Bright,29.90 EUR,in stock,Lumo,https://x.example/1.jpg,2027-01-01,7\n"
    b"A2,Mug,,9.90 EUR,in stock,,,,\n"
    b"A3,Box,,5.00 EUR,in stock,,,,\n"
)
NEW = COLUMNS + (
    b'A1,Better lamp,,34.90 CHF,out of stock,,"https://x.example/2.jpg,https://x.example/3.jpg",2027-02-01,9\n'
    b"A2,Mug,Blue,8.90 EUR,in stock,Tass,,,\n"
    b"A3,Box,,5.00 EUR,in stock,,,,\n"
    b"B1,Chair,,80.00 EUR,in stock,,,,\n"
    b"B2,Table,,90.00 EUR,in stock,,,,\n"
)


async def undo(runtime: Runtime, access: StoreAccess, job: feeds.ImportJob) -> feeds.ImportUndo:
    async with runtime.database.transaction() as session:
        return await feeds.undo_import(session, access, job.id)


async def conflicts(runtime: Runtime, access: StoreAccess, job: feeds.ImportJob) -> list[tuple[str, str, str]]:
    """(product, field, reason) of what an undo left alone."""
    async with runtime.database.reading() as session:
        found = await feeds.list_undo_conflicts(session, access, job.id)
        return sorted((item.identifier, item.field, item.reason) for item in found.items)


async def products(runtime: Runtime) -> dict[str, list[tuple[object, ...]]]:
    """The catalogue, without what feeds remember of it."""
    found = await snapshot(runtime)
    return {name: found[name] for name in ("products", "texts", "links")}


async def product_id(runtime: Runtime, identifier: str) -> int:
    async with runtime.database.reading() as session:
        query = sa.select(Product.id).join(MarketplaceProduct)
        return (await session.scalars(query.where(MarketplaceProduct.marketplace_product_id == identifier))).one()


def counts(done: feeds.ImportUndo) -> tuple[int, int, int]:
    return done.restored_count, done.removed_count, done.kept_count


async def test_everything_is_as_it_was_and_the_feed_can_be_imported_again(runtime: Runtime) -> None:
    access = await new_store(runtime)
    await import_bytes(runtime, access, OLD)
    before = await products(runtime)
    job = await import_bytes(runtime, access, NEW)
    after = await products(runtime)
    done = await undo(runtime, access, job)
    assert (done.status, counts(done), await conflicts(runtime, access, job)) == ("completed", (2, 2, 0), [])
    assert await products(runtime) == before
    again = await import_bytes(runtime, access, NEW)
    assert counters(again) == {"imported": 2, "updated": 2, "unchanged": 1, "processed": 5}
    assert await products(runtime) == after
    async with runtime.database.reading() as session:
        history = await catalog.price_history(session, access, await product_id(runtime, "A1"))
    assert [_price(period) for period in history] == ["34.90 CHF", "29.90 EUR", "34.90 CHF", "29.90 EUR"]


def _price(period: PricePeriod) -> str:
    return f"{period.price} {period.price.currency}" if period.price else "none"


async def test_what_was_edited_since_stays_and_is_told(runtime: Runtime) -> None:
    access = await new_store(runtime)
    await import_bytes(runtime, access, OLD)
    job = await import_bytes(runtime, access, NEW)
    async with runtime.database.transaction() as session:
        changes = {"brand": "=Mine", "price": "7.50 EUR"}
        await catalog.update_marketplace_product(session, access.user, "A2", texts={}, values=changes)
        await catalog.update_product(session, access, await product_id(runtime, "B1"), {"brand": "Own"})
    done = await undo(runtime, access, job)
    assert counts(done) == (1, 1, 2)
    assert await conflicts(runtime, access, job) == [
        ("A2", "brand", "edited_since"),
        ("A2", "price", "edited_since"),
        ("B1", "", "edited_since"),
    ]
    async with runtime.database.reading() as session:
        found = await feeds.list_undo_conflicts(session, access, job.id)
        price = next(item for item in found.items if item.field == "price")
        told = {name: price.details[name] for name in ("before", "expected", "found")}
        assert told == {"before": "9.90 EUR", "expected": "8.90 EUR", "found": "7.50 EUR"}
        mug = (await session.scalars(sa.select(MarketplaceProduct).filter_by(marketplace_product_id="A2"))).one()
        assert (mug.brand, mug.price_minor) == ("=Mine", 750)
        report = await feeds.undo_report(session, runtime.database, access, job.id)
    rows = [dict(zip(feeds.UNDO_COLUMNS, map(str, row), strict=True)) async for step in report for row in step]
    told_of = {(row["identifier"], row["field"]): row for row in rows}
    columns = ("outcome", "reason", "before_import", "import_wrote", "now")
    assert {
        key: tuple(row[name] for name in columns) for key, row in told_of.items() if key[0] in ("A2", "B1", "B2")
    } == {
        ("A2", "price"): ("left", "edited_since", "9.90 EUR", "8.90 EUR", "7.50 EUR"),
        ("A2", "brand"): ("left", "edited_since", "None", "Tass", "'=Mine"),
        ("A2", "description"): ("restored", "", "None", "Blue", "None"),
        ("B1", ""): ("left", "edited_since", "None", "None", "None"),
        ("B2", ""): ("removed", "", "None", "None", "None"),
    }
    assert told_of["A1", "price"]["now"] == "29.90 EUR"
    assert told_of["A1", "additional_image_link"]["now"] == '["https://x.example/1.jpg"]'
    with pytest.raises(Conflict) as raised:
        await undo(runtime, access, job)
    assert raised.value.code == "import_undone"


async def test_a_later_import_keeps_its_own_values_and_can_be_undone_first(runtime: Runtime) -> None:
    access = await new_store(runtime)
    await import_bytes(runtime, access, b"id,title,price,brand\nA1,Lamp,10 EUR,One\n")
    start = await products(runtime)
    first = await import_bytes(runtime, access, b"id,title,price,brand\nA1,Lamp,12 EUR,Two\n")
    second = await import_bytes(runtime, access, b"id,title,price,brand\nA1,Lamp,14 EUR,Two\n")
    assert counts(await undo(runtime, access, second)) == (1, 0, 0)
    assert counts(await undo(runtime, access, first)) == (1, 0, 0)
    assert await products(runtime) == start
    third = await import_bytes(runtime, access, b"id,title,price,brand\nA1,Lamp,12 EUR,Two\n")
    await import_bytes(runtime, access, b"id,title,price,brand\nA1,Lamp,14 EUR,Two\n")
    assert counts(await undo(runtime, access, third)) == (0, 0, 1)
    assert await conflicts(runtime, access, third) == [("A1", "price", "edited_since")]


async def test_two_stores_and_two_languages(runtime: Runtime) -> None:
    one, two = await new_store(runtime, "ONE"), await new_store(runtime, "TWO")
    feed = b"id,title,price,availability\nA1,Lamp,10 EUR,in stock\nA2,Mug,5 EUR,in stock\n"
    first = await import_bytes(runtime, one, feed)
    before = await products(runtime)
    second = await import_bytes(runtime, two, feed.replace(b"10 EUR", b"11 EUR"))
    changed = await import_bytes(runtime, two, feed.replace(b"10 EUR,in stock", b"12 EUR,preorder"))
    assert counts(await undo(runtime, two, changed)) == (1, 0, 0)
    async with runtime.database.reading() as session:
        own = sa.select(Product.price_minor).where(Product.store_id == two.store.id, Product.price_minor.is_not(None))
        assert sorted((await session.scalars(own)).all()) == [500, 1100]
    french = feed.replace(b"Lamp", b"Lampe").replace(b"Mug", b"Tasse")
    undone = await import_bytes(runtime, one, french, language="fr")
    assert counts(await undo(runtime, one, undone)) == (2, 0, 0)  # the French texts are gone again
    assert counts(await undo(runtime, two, second)) == (0, 2, 0)
    assert await products(runtime) == before
    await import_bytes(runtime, two, feed)
    # French texts came and went since: what two feeds have touched stays
    assert counts(await undo(runtime, one, first)) == (0, 0, 2)
    assert await conflicts(runtime, one, first) == [("A1", "", "edited_since"), ("A2", "", "edited_since")]


async def test_gone_products_come_back_and_returned_ones_go(runtime: Runtime) -> None:
    access = await new_store(runtime)
    whole = b"id,title\n" + b"".join(b"G%d,Thing\n" % n for n in range(4))
    await import_bytes(runtime, access, whole)
    before = await products(runtime)
    gone = await import_bytes(runtime, access, b"id,title\nG0,Thing\nG1,Thing\n", on_missing="unpublish")
    without = await products(runtime)
    assert counts(await undo(runtime, access, gone)) == (2, 0, 0)
    assert await products(runtime) == before
    again = await import_bytes(runtime, access, b"id,title\nG0,Thing\nG1,Thing\n", on_missing="unpublish")
    assert (again.details["gone_withdrawn"], await products(runtime)) == (2, without)
    back = await import_bytes(runtime, access, whole)
    assert counts(await undo(runtime, access, back)) == (2, 0, 0)
    assert await products(runtime) == without
    assert (await import_bytes(runtime, access, whole)).details["gone_restored"] == 2
    assert await products(runtime) == before


async def test_many_changes_are_a_job_that_may_die(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    access = await new_store(runtime)
    size = AT_ONCE + 100
    job = await import_bytes(runtime, access, b"id,title\n" + b"".join(b"G%d,Thing\n" % n for n in range(size)))
    asked = await undo(runtime, access, job)
    assert (asked.status, asked.total_count, asked.processed_count) == ("pending", size, 0)
    with pytest.raises(Conflict) as raised:
        await import_bytes(runtime, access, b"id,title\nX,Y\n")
    assert raised.value.code == "undo_running"
    monkeypatch.setattr("orion.feeds.undo.STEP", 400)
    put_back = catalog.put_back

    async def die(*arguments: object, **options: object) -> object:
        monkeypatch.setattr(catalog, "put_back", put_back)
        raise KeyboardInterrupt

    monkeypatch.setattr(catalog, "put_back", die)
    with pytest.raises(KeyboardInterrupt):
        await undo_job(runtime, job.id)
    await undo_job(runtime, job.id)
    async with runtime.database.reading() as session:
        done = await feeds.get_undo(session, access, job.id)
        assert (done.status, counts(done)) == ("completed", (0, size, 0))
        assert await session.scalar(sa.select(sa.func.count()).select_from(MarketplaceProduct)) == 0
        assert await session.scalar(sa.select(sa.func.count()).select_from(FeedRow)) == 0


async def test_what_cannot_be_undone(runtime: Runtime) -> None:
    access = await new_store(runtime)
    job = await import_bytes(runtime, access, OLD)
    dry = await import_bytes(runtime, access, NEW, dry_run=True)
    same = await import_bytes(runtime, access, OLD)
    async with runtime.database.transaction() as session:
        expired = sa.update(feeds.ImportJob).where(feeds.ImportJob.id == job.id).values(changes_purged=True)
        await session.execute(expired)
        await session.execute(sa.delete(ImportChange).where(ImportChange.import_job_id == job.id))
    for bad, code in ((dry, "undo_of_dry_run"), (same, "nothing_to_undo"), (job, "import_changes_expired")):
        with pytest.raises(Conflict) as raised:
            await undo(runtime, access, bad)
        assert raised.value.code == code


async def test_what_stock_refers_to_is_unpublished_instead(runtime: Runtime) -> None:
    access = await new_store(runtime)
    job = await import_bytes(runtime, access, b"id,title,gtin\nA1,Lamp,4006381333931\nA2,Mug,\nA3,Box,\n")
    async with runtime.database.transaction() as session:
        session.add(inventory.InventoryItem(store_id=access.store.id, product_id=await product_id(runtime, "A2")))
    assert counts(await undo(runtime, access, job)) == (0, 3, 0)
    assert await conflicts(runtime, access, job) == [("A2", "", "referred_to")]
    async with runtime.database.reading() as session:
        left = await session.execute(
            sa.select(MarketplaceProduct.marketplace_product_id, Product.is_active).join(Product)
        )
        assert [tuple(row) for row in left] == [("A2", False)]
