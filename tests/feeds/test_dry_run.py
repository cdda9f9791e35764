"""A dry run tells what the import then does, and undoing that leaves nothing of it."""

import csv
import io
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orion import feeds
from orion.catalog import MarketplaceProduct, Product, main_values
from orion.feeds.changes import shown_fields
from orion.feeds.models import FeedRow
from orion.kernel import Conflict
from orion.merchants import StoreAccess
from orion.plumbing.runtime import Runtime
from tests.feeds.importing import counters, finish, import_bytes, issues, new_store, reload, snapshot

COLUMNS = (
    "id",
    "title",
    "description",
    "price",
    "sale_price",
    "availability",
    "brand",
    "additional_image_link",
    "shelf",
)

rows = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["A", "B", "C", "D", "E", ""]),
        "title": st.sampled_from(["Lamp", "Mug", ""]),
        "description": st.sampled_from(["", "Bright"]),
        "price": st.sampled_from(["", "5 EUR", "7.50 EUR", "7.50 CHF", "abc"]),
        "sale_price": st.sampled_from(["", "4 EUR", "4 CHF"]),
        "availability": st.sampled_from(["in stock", "out of stock", "someday"]),
        "brand": st.sampled_from(["", "Lumo"]),
        "additional_image_link": st.sampled_from(
            ["", "https://x.example/1.jpg", "https://x.example/1.jpg,https://x.example/2.jpg"]
        ),
        "shelf": st.sampled_from(["", "7"]),
    }
)
files = st.lists(rows, min_size=1, max_size=7)
policies = st.sampled_from(feeds.ON_MISSING)


def as_feed(found: list[dict[str, str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS)
    writer.writeheader()
    writer.writerows(found)
    return buffer.getvalue().encode()


async def all_changes(runtime: Runtime, access: StoreAccess, job: feeds.ImportJob) -> list[dict[str, Any]]:
    """Every change of an import as the API tells it, without numbers that a dry run cannot know."""
    told = []
    async with runtime.database.reading() as session:
        for kind in ("created", "updated", "gone", "error"):
            found = await feeds.list_changes(session, access, job.id, kind=kind, limit=200)
            assert found.page.total == len(found.page.items) == found.counts[kind]
            told += [
                {
                    "kind": view.kind,
                    "row": view.row_number,
                    "id": view.identifier,
                    "title": view.title,
                    "fields": sorted(
                        (change.field, change.layer, str(change.before), str(change.after)) for change in view.changes
                    ),
                    "problems": list(view.problems),
                }
                for view in found.page.items
            ]
    return told


async def catalogue(runtime: Runtime) -> dict[str, list[tuple[Any, ...]]]:
    found = await snapshot(runtime)
    return {name: found[name] for name in ("products", "texts", "links")}


async def values(runtime: Runtime, access: StoreAccess) -> dict[str, dict[str, Any]]:
    """Each listed product's columns, texts and the listing's own values, as changes call them."""
    async with runtime.database.reading() as session:
        listed = sa.and_(Product.marketplace_product_id == MarketplaceProduct.id, Product.store_id == access.store.id)
        found = await session.execute(sa.select(MarketplaceProduct, Product).join(Product, listed))
        products = {base.marketplace_product_id: (base, own) for base, own in found}
        main = await main_values(session, "Letzshop", list(products), "en")
    names = (
        "price_minor",
        "sale_price_minor",
        "currency",
        "availability",
        "brand",
        "additional_image_link",
        "attributes",
    )
    return {
        id_: {"title": main[id_]["title"]}
        | {name: getattr(base, name) for name in names}
        | {
            f"own_{name}": getattr(own, name)
            for name in ("is_active", "availability", "price_minor", "sale_price_minor", "currency")
        }
        for id_, (base, own) in products.items()
    }


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(old=files, new=files, policy=policies, shared=st.booleans())
async def test_a_dry_run_is_what_the_import_then_does(
    runtime: Runtime, old: list[dict[str, str]], new: list[dict[str, str]], policy: str, shared: bool
) -> None:
    async with runtime.database.transaction() as session:
        for table in (FeedRow, Product, MarketplaceProduct):
            await session.execute(sa.delete(table))
        stores = await session.scalar(sa.select(sa.func.count()).select_from(sa.table("stores")))
    access = await new_store(runtime, f"S{stores}")
    if shared:  # another store describes some of them first
        await import_bytes(runtime, await new_store(runtime, f"S{(stores or 0) + 1}"), as_feed(old[:3]))
    await import_bytes(runtime, access, as_feed(old))
    before, was = await catalogue(runtime), await values(runtime, access)
    dry = await import_bytes(runtime, access, as_feed(new), on_missing=policy, dry_run=True)
    assert await catalogue(runtime) == before
    foretold = await all_changes(runtime, access, dry)
    async with runtime.database.transaction() as session:
        started = await feeds.apply_dry_run(session, access, dry.id)
    real = await finish(runtime, started.id)
    assert (real.status, counters(real)) == (dry.status, counters(dry))
    assert await all_changes(runtime, access, real) == foretold
    assert [issue[1:] for issue in await issues(runtime, real)] == [issue[1:] for issue in await issues(runtime, dry)]

    now = await values(runtime, access)
    for id_ in was.keys() & now.keys():
        pairs = {name: [was[id_][name], now[id_][name]] for name in now[id_]}
        told = {
            field
            for change in foretold
            if change["id"] == id_
            for field in change["fields"]
            if change["kind"] != "error"
        }
        for change in shown_fields(pairs):
            assert (change.field, change.layer, str(change.before), str(change.after)) in told
    assert now.keys() - was.keys() == {change["id"] for change in foretold if change["kind"] in ("created", "listed")}

    if await catalogue(runtime) != before:
        async with runtime.database.transaction() as session:
            done = await feeds.undo_import(session, access, real.id)
            assert (await feeds.list_undo_conflicts(session, access, real.id)).items == []
        assert done.kept_count == 0
        assert await catalogue(runtime) == before


async def test_unchanged_rows_are_named_and_mended_rows_come_alone(runtime: Runtime) -> None:
    access = await new_store(runtime)
    feed = b"id,title,price\nA1,Lamp,=1+1\nA2,+Mug,5 EUR\nA3,,7 EUR\n"
    first = await import_bytes(runtime, access, feed)
    assert counters(first) == {"imported": 1, "error": 2, "processed": 3}
    dry = await import_bytes(runtime, access, feed, dry_run=True)
    async with runtime.database.reading() as session:
        unchanged = await feeds.list_changes(session, access, dry.id, kind="unchanged")
        assert [(view.row_number, view.identifier, view.title) for view in unchanged.page.items] == [(3, "A2", "+Mug")]
        header = feeds.failed_rows_header(first)
    cells = [row async for rows in feeds.failed_row_steps(runtime.database, first) for row in rows]
    assert (header[:3], [row[:3] for row in cells]) == (
        ["id", "title", "price"], [["A1", "Lamp", "'=1+1"], ["A3", "", "7 EUR"]],
    )  # fmt: skip
    assert [row[header.index("error_code")] for row in cells] == ["invalid_price", "missing_title"]
    cells[0][2], cells[1][1] = "9 EUR", "'=Box"
    buffer = io.StringIO()
    csv.writer(buffer).writerows([header, *cells])
    mended = await import_bytes(runtime, access, buffer.getvalue().encode(), on_missing="unpublish")
    assert (mended.mode, counters(mended)) == ("partial", {"imported": 2, "processed": 2})
    async with runtime.database.reading() as session:
        main = await main_values(session, "Letzshop", ["A1", "A2", "A3"], "en")
        assert {id_: found["title"] for id_, found in main.items()} == {"A1": "Lamp", "A2": "+Mug", "A3": "=Box"}


async def test_failed_rows_are_tried_again_as_they_were(runtime: Runtime) -> None:
    access = await new_store(runtime)
    first = await import_bytes(runtime, access, "Nr;title;price\n1;Lamp;x\n2;;5\n".replace("Nr", "id").encode())
    async with runtime.database.transaction() as session:
        again = await feeds.retry_failed_rows(session, access, first.id)
    done = await finish(runtime, again.id)
    assert (done.mode, done.retry_of, counters(done)) == ("partial", first.id, {"error": 2, "processed": 2})
    async with runtime.database.transaction() as session:  # the price column means nothing to the store
        await feeds.save_mapping(session, access, columns={"price": "ignore"})
        again = await feeds.retry_failed_rows(session, access, first.id)
    assert counters(await finish(runtime, again.id)) == {"imported": 1, "error": 1, "processed": 2}
    good = await import_bytes(runtime, access, b"id,title\nX,Y\n")
    async with runtime.database.transaction() as session:
        with pytest.raises(Conflict) as raised:
            await feeds.retry_failed_rows(session, access, good.id)
    assert raised.value.code == "nothing_to_retry"


async def test_old_changes_are_forgotten(runtime: Runtime) -> None:
    access = await new_store(runtime)
    first = await import_bytes(runtime, access, b"id,title\nA1,Lamp\nA2,\n")
    dry = await import_bytes(runtime, access, b"id,title\nA1,Mug\n", dry_run=True)
    second = await import_bytes(runtime, access, b"id,title\nA1,Box\n")
    await feeds.purge_import_changes(runtime)
    assert not (await reload(runtime, first.id)).changes_purged
    few = Runtime(runtime.settings.model_copy(update={"import_changes_keep_rows": 1}), runtime.database)
    await feeds.purge_import_changes(few)
    purged = [(await reload(runtime, job.id)).changes_purged for job in (first, dry, second)]
    assert purged == [True, True, False]
    async with runtime.database.transaction() as session:
        left = await session.execute(sa.select(feeds.ImportChange.import_job_id))
        assert {row[0] for row in left} == {second.id}
        for verb in (feeds.undo_import, feeds.retry_failed_rows, feeds.list_changes):
            with pytest.raises(Conflict) as raised:
                await verb(session, access, first.id)
            assert raised.value.code == "import_changes_expired"
        old = sa.update(feeds.ImportJob).values(completed_at=second.created_at.replace(year=2020))
        await session.execute(old)
    await feeds.purge_import_changes(runtime)
    assert (await reload(runtime, second.id)).changes_purged
