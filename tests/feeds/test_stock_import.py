"""Stock from files: what a file does, row by row, and what it does not."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from orion import feeds, inventory, notifications
from orion.feeds.stock import run as running
from orion.feeds.stock.run import run
from orion.inventory import ItemKey, Line, MovementFilter, StockRow
from orion.kernel import Conflict, Invalid, NotFound, OrionError
from orion.main.wiring import HANDLERS
from orion.merchants import StoreAccess, StoreJudged
from orion.plumbing import files
from orion.plumbing.db import Database, utcnow
from orion.plumbing.events import publish
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from orion.webhooks import WebhookEvent
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.stores import make_store
from tests.inventory.stocking import gtin

ONE, TWO, THREE = (gtin(number) for number in (1, 2, 3))


@pytest.fixture
async def wired(settings: Settings) -> AsyncIterator[Runtime]:
    """With everybody who listens."""
    runtime = Runtime(settings, Database(settings.effective_database_url, handlers=HANDLERS))
    yield runtime
    await runtime.database.dispose()


@pytest.fixture
async def access(wired: Runtime) -> StoreAccess:
    async with wired.database.transaction() as session:
        return await make_store(session, "DEMO")


async def start(runtime: Runtime, access: StoreAccess, text: str | bytes, **options: Any) -> feeds.StockImport:
    content = text.encode() if isinstance(text, str) else text

    async def once() -> AsyncIterator[bytes]:
        yield content

    key = await files.save_upload(once(), name="stock.csv", settings=runtime.settings, max_bytes=1 << 30)
    async with runtime.database.transaction() as session:
        return await feeds.start_stock_import(session, access, upload_key=key, filename="stock.csv", **options)


async def take(runtime: Runtime, access: StoreAccess, text: str | bytes, **options: Any) -> feeds.StockImport:
    job = await start(runtime, access, text, **options)
    await run(runtime, job.id)
    async with runtime.database.reading() as session:
        return (await feeds.get_stock_import(session, access, job.id)).job


def outcome(job: feeds.StockImport) -> tuple[str, int, int, int]:
    return job.status, job.changed, job.unchanged, job.failed


async def levels(runtime: Runtime, access: StoreAccess) -> dict[tuple[str | None, str], tuple[int, int]]:
    async with runtime.database.reading() as session:
        entries = (await inventory.list_entries(session, inventory.stockroom(access))).items
        assert await inventory.check(session) == []
    return {(entry.gtin, entry.level.location): (entry.level.on_hand, entry.level.reserved) for entry in entries}


async def errors(runtime: Runtime, access: StoreAccess, job: feeds.StockImport) -> list[feeds.StockImportError]:
    async with runtime.database.reading() as session:
        return list((await feeds.list_stock_errors(session, access, job.id)).items)


async def test_the_same_file_sets_the_same_and_every_change_says_where_it_came_from(
    wired: Runtime, access: StoreAccess
) -> None:
    text = f"EAN;Lager;Menge;Modus;Notiz\n{ONE};Lager A;12;;\n'{TWO};LAGER_A;7,00;;delivery\n\n{ONE};B;3;add;\n"
    job = await take(wired, access, text.replace("Notiz", "Grund").encode("utf-16"), reason="yearly count")
    assert outcome(job) == ("completed", 3, 0, 0)
    assert await levels(wired, access) == {(ONE, "LAGER_A"): (12, 0), (TWO, "LAGER_A"): (7, 0), (ONE, "B"): (3, 0)}
    again = await take(wired, access, text.replace("add", "set"))
    assert outcome(again) == ("completed", 0, 3, 0)
    async with wired.database.reading() as session:
        found = await inventory.list_movements(session, inventory.stockroom(access), MovementFilter())
        events = list(await session.scalars(sa.select(WebhookEvent).order_by(WebhookEvent.id)))
    assert [(m.kind, m.delta, m.reason, m.reference, m.actor) for m in reversed(found.items)] == [
        ("import", 12, "yearly count", f"stock-import:{job.id}", access.user.username),
        ("import", 7, "delivery", f"stock-import:{job.id}", access.user.username),
        ("import", 3, "yearly count", f"stock-import:{job.id}", access.user.username),
    ]
    assert [(event.type, event.data["changed"]) for event in events] == [("stock.imported", 3), ("stock.imported", 0)]
    kept = wired.settings.var_dir
    assert [path for folder in ("files", "spool") for path in (kept / folder).rglob("*")] == []


async def test_a_bad_row_says_where_and_how_and_sinks_no_other(wired: Runtime, access: StoreAccess) -> None:
    async with wired.database.transaction() as session:
        room = inventory.stockroom(access)
        await inventory.set_level(session, room, ItemKey(gtin=TWO), "A", 5)
        await inventory.reserve(session, room, [Line(ItemKey(gtin=TWO), 4)], reference="order-1")
        closed = await inventory.create_location(session, room, name="Closed")
        await inventory.update_location(session, room, closed.id, is_active=False)
        listed = await make_marketplace_product(session, "SKU-9", gtin=None)
        product = await make_product(session, access.store, listed)
    rows = {
        f"{ONE},,A,a dozen": ("Qty", "a dozen", "quantity_invalid"),
        f"{ONE},,A,-1": ("Qty", "-1", "quantity_invalid"),
        f"{ONE},,A,2147483648": ("Qty", "2147483648", "quantity_invalid"),
        f"{ONE},,A,": ("Qty", None, "quantity_missing"),
        "4006381333932,,A,1": ("GTIN", "4006381333932", "gtin_invalid"),
        "4.00638E+12,,A,1": ("GTIN", "4.00638E+12", "gtin_invalid"),
        ",,A,1": ("GTIN", None, "item_missing"),
        ",SKU-9,A,8": None,
        ",SKU-8,A,1": ("Sku", "SKU-8", "product_not_found"),
        f"{TWO},,A,3": ("Qty", "3", "stock_reserved"),
        f"{ONE},,???,1": ("Location", "???", "location_invalid"),
        f"{ONE},,CLOSED,1": ("Location", "CLOSED", "location_closed"),
        f"{ONE},,,6": None,
        f"{ONE}": ("Qty", None, "quantity_missing"),
    }
    job = await take(wired, access, "GTIN,Sku,Location,Qty\n" + "\n".join(rows) + "\n")
    assert outcome(job) == ("completed_with_errors", 2, 0, 12)
    found = {error.row_number: error for error in await errors(wired, access, job)}
    expected = {number: wanted for number, wanted in enumerate(rows.values(), start=2) if wanted}
    assert {number: (e.column, e.value, e.code) for number, e in found.items()} == expected
    assert found[5].message == "The quantity is empty: write 0 if there are none"
    assert found[2].cells == [ONE, "", "A", "a dozen"]
    assert (await levels(wired, access))[ONE, "A"] == (6, 0)  # the default location, and nothing else of ONE
    assert (await levels(wired, access))[TWO, "A"] == (5, 4)
    assert (await levels(wired, access))[None, "A"] == (8, 0)
    async with wired.database.reading() as session:
        header = feeds.failed_stock_header(job)
        told = (await notifications.list_notifications(session, access.user)).items
        assert (await inventory.find_item(session, room, ItemKey(product_id=product.id))) is not None
    assert header == ["GTIN", "Sku", "Location", "Qty", "error_column", "error"]
    failed = [row async for rows in feeds.failed_stock_rows(wired.database, job) for row in rows]
    assert len(failed) == 12
    assert failed[8][:4] == [TWO, "", "A", "3"]
    assert [item.kind for item in told] == ["stock_import_finished_with_errors"]
    mended = [",".join(header)] + [",".join([*row[:3], "4", row[4], '"' + row[5] + '"']) for row in failed[8:9]]
    assert outcome(await take(wired, access, "\n".join(mended))) == ("completed", 1, 0, 0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("gtin,location\n1,A\n", "stock_columns_missing"),
        ("quantity,location\n1,A\n", "stock_columns_missing"),
        ("gtin,ean,quantity\n1,1,1\n", "stock_columns_twice"),
        ("", "feed_empty"),
        ("%PDF-1.7 and so on", "feed_not_csv"),
    ],
)
async def test_a_file_that_is_none_fails_as_a_whole(wired: Runtime, access: StoreAccess, text: str, code: str) -> None:
    job = await take(wired, access, text)
    assert (job.status, job.failure_code) == ("failed", code)
    assert job.failure_message
    assert job.upload_key is None
    async with wired.database.reading() as session:
        assert [n.kind for n in (await notifications.list_notifications(session, access.user)).items] == [
            "stock_import_failed"
        ]


async def test_a_killed_import_goes_on_behind_the_last_row_it_took(
    wired: Runtime, access: StoreAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "ROWS_AT_ONCE", 2)
    rows = "".join(f"{gtin(number % 3)},A,1\n" for number in range(7))
    job = await start(wired, access, "gtin,location,quantity\n" + rows, mode="add")
    write = running._write

    async def killed(runtime: Runtime, import_id: int, columns: Any, batch: Any) -> None:
        await write(runtime, import_id, columns, batch)
        if batch[0].number == 4:
            raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(running, "_write", killed)
        with pytest.raises(asyncio.CancelledError):
            await run(wired, job.id)
    assert {on_hand for on_hand, _ in (await levels(wired, access)).values()} == {1, 2}
    await run(wired, job.id)
    await run(wired, job.id)
    assert sorted(on_hand for on_hand, _ in (await levels(wired, access)).values()) == [2, 2, 3]


async def test_one_at_a_time_and_only_what_makes_sense(wired: Runtime, access: StoreAccess) -> None:
    first = await start(wired, access, "gtin,quantity\n")
    async with wired.database.transaction() as session:
        with pytest.raises(Conflict) as refused:
            await feeds.start_stock_import(session, access, source_url="https://example.com/a.csv")
        assert refused.value.code == "stock_import_running"
        assert str(first.id) in refused.value.detail
        for options, code in (
            ({"source_url": "ftp://x"}, "invalid_source_url"),
            ({}, "one_source_needed"),
            ({"source_url": "https://example.com", "mode": "more"}, "unknown_mode"),
            ({"source_url": "https://example.com", "reason": "x" * 256}, "reason_invalid"),
        ):
            with pytest.raises(Invalid) as problem:
                await feeds.start_stock_import(session, access, **options)
            assert problem.value.code == code


async def test_rows_on_the_same_level_count_from_each_other(wired: Runtime, access: StoreAccess) -> None:
    key = ItemKey(gtin=THREE)
    rows = [
        StockRow(key, "A", 5),
        StockRow(key, "a ", 2, add=True),
        StockRow(key, "A", 7),
        StockRow(key, "A", 2**31 - 1, add=True),
    ]
    async with wired.database.transaction() as session:
        said = await inventory.apply_rows(session, inventory.stockroom(access), rows)
    effects = [(each.before, each.after, each.is_new) for each in said if not isinstance(each, OrionError)]
    assert effects == [(0, 5, True), (5, 7, False), (7, 7, False)]
    assert isinstance(said[3], Invalid)
    assert said[3].code == "quantity_too_large"
    assert await levels(wired, access) == {(THREE, "A"): (7, 0)}


async def changes(runtime: Runtime, access: StoreAccess, job: feeds.StockImport, **options: Any) -> feeds.Differences:
    async with runtime.database.reading() as session:
        return await feeds.list_stock_changes(session, access, job.id, **options)


def rows_of(found: feeds.Differences) -> list[tuple[Any, ...]]:
    return [
        (row.kind, row.row_number, row.identifier, row.location, *((c.before, c.after) for c in row.changes))
        for row in found.page.items
    ]


async def test_a_dry_run_tells_what_the_import_does_then_and_changes_nothing(
    wired: Runtime, access: StoreAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "ROWS_AT_ONCE", 2)
    async with wired.database.transaction() as session:
        room = inventory.stockroom(access)
        await inventory.set_level(session, room, ItemKey(gtin=ONE), "A", 5)
        listed = await make_marketplace_product(session, "SKU-9", gtin=None)
        await make_product(session, access.store, listed)
    lines = [f"{ONE},,A,1", f"{TWO},,NEW,4", f"{ONE},,A,2", f"0{TWO},,NEW,3", ",SKU-9,A,8", ",SKU-9,A,1", f"{ONE},,A,0"]
    text = "gtin,sku,location,quantity\n" + "\n".join([*lines, f"{ONE},,A,many"])
    job = await take(wired, access, text, mode="add", dry_run=True, reason="delivery")
    assert (*outcome(job), job.created) == ("completed_with_errors", 6, 1, 1, 2)
    assert await levels(wired, access) == {(ONE, "A"): (5, 0)}
    async with wired.database.reading() as session:
        assert [place.code for place in await inventory.list_locations(session, room)] == ["A"]
        assert len((await inventory.list_movements(session, room, MovementFilter())).items) == 1
        assert list(await session.scalars(sa.select(WebhookEvent.type))) == ["stock.changed"]
        assert (await notifications.list_notifications(session, access.user)).items == []
    tried = await changes(wired, access, job)
    expected = [
        ("updated", 2, ONE, "A", (5, 6)),
        ("created", 3, TWO, "NEW", (None, 4)),
        ("updated", 4, ONE, "A", (6, 8)),
        ("updated", 5, TWO, "NEW", (4, 7)),
        ("created", 6, "SKU-9", "A", (None, 8)),
        ("updated", 7, "SKU-9", "A", (8, 9)),
    ]
    assert (tried.dry_run, rows_of(tried), tried.page.total) == (True, expected, 6)
    assert dict(tried.counts) == {"created": 2, "updated": 4, "unchanged": 1, "gone": 0, "error": 1}
    assert rows_of(await changes(wired, access, job, kind="unchanged")) == [("unchanged", 8, ONE, "A", (8, 8))]
    assert [row.problems[0].code for row in (await changes(wired, access, job, kind="error")).page.items] == [
        "quantity_invalid"
    ]
    async with wired.database.transaction() as session:
        applied = await feeds.apply_stock_dry_run(session, access, job.id)
    await run(wired, applied.id)
    done = await changes(wired, access, applied)
    assert (done.dry_run, rows_of(done), done.counts) == (False, expected, tried.counts)
    assert await levels(wired, access) == {(ONE, "A"): (8, 0), (TWO, "NEW"): (7, 0), (None, "A"): (9, 0)}
    async with wired.database.transaction() as session:
        for import_id, code in ((job.id, "dry_run_applied"), (applied.id, "not_a_dry_run")):
            with pytest.raises(Conflict) as refused:
                await feeds.apply_stock_dry_run(session, access, import_id)
            assert refused.value.code == code
        stored = (await feeds.get_stock_import(session, access, applied.id)).job
    assert (stored.mode, stored.reason, stored.dry_run_id) == ("add", "delivery", job.id)
    assert list((wired.settings.var_dir / "files").rglob("*")) == []


async def test_an_import_is_cancelled_before_it_begins_and_after_its_batch(
    wired: Runtime, access: StoreAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await start(wired, access, "gtin,location,quantity\n")
    async with wired.database.transaction() as session:
        stranger = await make_store(session, "OTHER")
        with pytest.raises(NotFound):
            await feeds.cancel_stock_import(session, stranger, job.id)
        assert (await feeds.cancel_stock_import(session, access, job.id)).status == "cancelled"
        with pytest.raises(Conflict) as refused:
            await feeds.cancel_stock_import(session, access, job.id)
        assert refused.value.code == "import_already_finished"
    await run(wired, job.id)
    assert list((wired.settings.var_dir / "files").rglob("*")) == []

    monkeypatch.setattr(running, "ROWS_AT_ONCE", 2)
    write = running._write

    async def then_cancelled(runtime: Runtime, import_id: int, *rest: Any) -> None:
        await write(runtime, import_id, *rest)
        async with runtime.database.transaction() as session:
            assert (await feeds.cancel_stock_import(session, access, import_id)).status == "processing"

    with monkeypatch.context() as patch:
        patch.setattr(running, "_write", then_cancelled)
        rows = f"gtin,location,quantity\n{ONE},A,1\n{TWO},A,2\n{THREE},A,3\n"
        stopped = await take(wired, access, rows)
    assert (*outcome(stopped), stopped.position, stopped.upload_key) == ("cancelled", 2, 0, 0, 2, None)
    assert await levels(wired, access) == {(ONE, "A"): (1, 0), (TWO, "A"): (2, 0)}

    waiting = await start(wired, access, rows)
    store = access.store
    judged = StoreJudged(store.id, store.merchant_id, store.code, "active", True, False, None, access.user.id)
    async with wired.database.transaction() as session:
        await publish(session, judged)
        assert (await feeds.get_stock_import(session, access, waiting.id)).job.status == "cancelled"


async def test_old_changes_are_forgotten_and_the_file_of_a_dry_run_with_them(
    wired: Runtime, access: StoreAccess
) -> None:
    job = await take(wired, access, f"gtin,location,quantity\n{ONE},A,1\n{TWO},A,?\n", dry_run=True)
    await feeds.purge_stock_import_changes(wired)
    assert len((await changes(wired, access, job)).page.items) == 1
    async with wired.database.transaction() as session:
        long_ago = utcnow() - timedelta(days=wired.settings.import_changes_keep_days + 1)
        await session.execute(sa.update(feeds.StockImport).values(completed_at=long_ago))
    await feeds.purge_stock_import_changes(wired)
    with pytest.raises(Conflict) as refused:
        await changes(wired, access, job)
    assert refused.value.code == "import_changes_expired"
    assert len((await changes(wired, access, job, kind="error")).page.items) == 1
    assert list((wired.settings.var_dir / "files").rglob("*")) == []
