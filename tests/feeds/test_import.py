"""A feed comes in: what is in the database afterwards, and what is not."""

import sqlalchemy as sa

from orion import catalog, feeds
from orion.catalog import MarketplaceProduct, MarketplaceProductTranslation, Product
from orion.plumbing.runtime import Runtime
from tests.conftest import count
from tests.feeds.importing import (
    GOOD,
    HEADER,
    counters,
    finish,
    import_bytes,
    issues,
    new_store,
    reload,
    snapshot,
    start,
)


async def test_a_row_becomes_a_product_with_its_text_and_a_listing(runtime: Runtime) -> None:
    access = await new_store(runtime)
    job = await import_bytes(runtime, access, HEADER + GOOD)
    assert (job.status, job.phase, counters(job)) == ("completed", "finished", {"imported": 1, "processed": 1})
    assert (job.total_count, job.failure_code, job.cancel_requested) == (1, None, False)
    assert (job.details["encoding"], job.details["delimiter"]) == ("utf-8", ",")
    assert job.started_at is not None
    assert job.completed_at is not None
    async with runtime.database.reading() as session:
        product = (await session.scalars(sa.select(MarketplaceProduct))).one()
        text = (await session.scalars(sa.select(MarketplaceProductTranslation))).one()
        listing = (await session.scalars(sa.select(Product))).one()
    assert (product.marketplace, product.marketplace_product_id) == ("Letzshop", "A1")
    assert (product.price_minor, product.currency, product.gtin) == (2990, "EUR", "4006381333931")
    assert (product.availability, product.source_store_id, product.attributes) == ("in_stock", access.store.id, None)
    assert (text.language, text.title, text.description) == ("en", "Lamp", "Bright")
    assert (listing.store_id, listing.marketplace_product_id) == (access.store.id, product.id)
    assert (listing.price_minor, listing.is_active, listing.min_quantity) == (None, True, 1)
    async with runtime.database.reading() as session:
        page = await catalog.list_products(session, access)
    assert [(item.title, str(item.price)) for item in page.items] == [("Lamp", "29.90")]
    assert list((runtime.settings.var_dir / "spool").iterdir()) == []
    assert [path for path in (runtime.settings.var_dir / "files").iterdir() if path.is_file()] == []


async def test_an_unchanged_feed_touches_nothing(runtime: Runtime) -> None:
    access = await new_store(runtime)
    feed = HEADER + GOOD + b"A2,Chair,,12,124,in stock\n"
    first = await import_bytes(runtime, access, feed)
    assert counters(first) == {"imported": 2, "warning": 1, "processed": 2}
    before = await snapshot(runtime)
    async with runtime.database.reading() as session:
        touched = (await session.scalars(sa.select(MarketplaceProduct.updated_at))).all()
    again = await import_bytes(runtime, access, feed)
    assert counters(again) == {"unchanged": 2, "warning": 1, "processed": 2}
    assert await issues(runtime, again) == [(3, "warning", "invalid_gtin", "A2")]
    after = await snapshot(runtime)
    assert {k: v for k, v in after.items() if k not in ("jobs", "issues")} == {
        k: v for k, v in before.items() if k not in ("jobs", "issues")
    }
    async with runtime.database.reading() as session:
        assert (await session.scalars(sa.select(MarketplaceProduct.updated_at))).all() == touched


async def test_a_changed_row_is_updated_and_its_neighbour_is_not(runtime: Runtime) -> None:
    access = await new_store(runtime)
    await import_bytes(runtime, access, HEADER + GOOD + b"A2,Chair,,12,,in stock\n")
    job = await import_bytes(runtime, access, HEADER + GOOD + b"A2,Armchair,Soft,13,,out of stock\nA3,New,,1,,\n")
    assert counters(job) == {"imported": 1, "updated": 1, "unchanged": 1, "processed": 3}
    async with runtime.database.reading() as session:
        page = await catalog.list_products(session, access)
    assert [(item.marketplace_product_id, item.title, str(item.price)) for item in page.items] == [
        ("A1", "Lamp", "29.90"),
        ("A2", "Armchair", "13.00"),
        ("A3", "New", "1.00"),
    ]


async def test_columns_that_a_feed_does_not_have_keep_their_values(runtime: Runtime) -> None:
    access = await new_store(runtime)
    await import_bytes(runtime, access, HEADER + GOOD)
    job = await import_bytes(runtime, access, b"id,title\nA1,Lampe\n", language="fr")
    assert counters(job) == {"updated": 1, "processed": 1}
    async with runtime.database.reading() as session:
        product = (await session.scalars(sa.select(MarketplaceProduct))).one()
        texts = (
            await session.execute(
                sa.select(MarketplaceProductTranslation.language, MarketplaceProductTranslation.title)
            )
        ).all()
    assert (product.price_minor, product.gtin) == (2990, "4006381333931")
    assert sorted(tuple(row) for row in texts) == [("en", "Lamp"), ("fr", "Lampe")]


async def test_every_row_is_imported_or_explained(runtime: Runtime) -> None:
    access = await new_store(runtime)
    feed = HEADER + b"".join(
        [
            GOOD,
            b",No id,,1,,\n",
            b"A3,,,1,,\n",
            b"A4,Bad price,,abc,,\n",
            b"A5,Negative,,-1,,\n",
            b"A6,Too few\n",
            b"A7,Too many,,1,,,,\n",
            b"A8,Check digit,,1,4006381333932,\n",
            b"A9,Availability,,1,,perhaps\n",
            b"A10,N\0UL,,1,,\n",
            b"A11,Br\xffken,,1,,\n",
            b'A12,"Two\nlines",,1,,\n',
            b"A13,Digits lost,,1,5.90E+12,\n",
            b"x" * 256 + b",Long id,,1,,\n",
            b"A1,Lamp again,,2,,\n",
            b"A15,Dots,,1.2.3,,\n",
            b'A16,Commas,,"12,34,56",,\n',
            b'A17,"Never closed,,1,,\n',
            b"A18,After it,,1,4006381333931.0,\n",
        ]
    )
    job = await import_bytes(runtime, access, feed)
    assert job.status == "completed_with_errors"
    assert await issues(runtime, job) == [
        (3, "error", "missing_id", None),
        (4, "error", "missing_title", "A3"),
        (5, "error", "invalid_price", "A4"),
        (6, "error", "invalid_price", "A5"),
        (7, "error", "too_few_fields", None),
        (8, "error", "too_many_fields", None),
        (9, "warning", "invalid_gtin", "A8"),
        (10, "warning", "unknown_availability", "A9"),
        (11, "warning", "nul_byte", "A10"),
        (12, "warning", "invalid_encoding", "A11"),
        (14, "warning", "invalid_gtin", "A13"),
        (15, "error", "id_too_long", "x" * 256),
        (16, "warning", "duplicate_id", "A1"),
        (17, "error", "invalid_price", "A15"),
        (18, "error", "invalid_price", "A16"),
        (19, "error", "malformed_quotes", None),
    ]
    assert counters(job) == {"imported": 8, "skipped": 1, "error": 10, "warning": 6, "processed": 19}
    assert job.total_count == 19
    async with runtime.database.reading() as session:
        page = await catalog.list_products(session, access)
    assert [item.title for item in page.items] == [
        "Check digit", "Availability", "NUL", "Br\ufffdken", "Two\nlines", "Digits lost", "Lamp again", "After it",
    ]  # fmt: skip
    assert [item.gtin for item in page.items] == [None] * 7 + ["4006381333931"]


async def test_the_last_good_row_of_an_id_wins_whatever_the_batch(runtime: Runtime) -> None:
    access = await new_store(runtime)
    filler = b"".join(b"F%d,Filler,,1,,\n" % number for number in range(150))
    feed = HEADER + b"D,First,,1,,\n" + filler + b"D,Second,,2,,\nD,Broken,,abc,,\n"
    for expected in ({"imported": 151}, {"unchanged": 151}):
        job = await import_bytes(runtime, access, feed, batch_size=100)
        assert counters(job) == expected | {"skipped": 1, "error": 1, "warning": 1, "processed": 153}
        assert await issues(runtime, job) == [
            (153, "warning", "duplicate_id", "D"),
            (154, "error", "invalid_price", "D"),
        ]
    async with runtime.database.reading() as session:
        page = await catalog.list_products(session, access, catalog.ListingFilter(search="Second"))
    assert [str(item.price) for item in page.items] == ["2.00"]


async def test_another_stores_product_is_listed_and_never_overwritten(runtime: Runtime) -> None:
    first, second = await new_store(runtime, "FIRST"), await new_store(runtime, "SECOND")
    await import_bytes(runtime, first, HEADER + GOOD)
    job = await import_bytes(runtime, second, HEADER + b"A1,Stolen,Mine,1.00,,out of stock\nB2,Own,,5,,\n")
    assert counters(job) == {"imported": 1, "updated": 1, "warning": 1, "processed": 2}
    assert await issues(runtime, job) == [(2, "warning", "shared_product", "A1")]
    async with runtime.database.reading() as session:
        theirs = (await catalog.list_products(session, first)).items
        mine = (await catalog.list_products(session, second)).items
    assert [(item.title, str(item.price), item.availability) for item in theirs] == [("Lamp", "29.90", "in_stock")]
    assert [(item.title, str(item.price), item.availability) for item in mine] == [
        ("Stolen", "1.00", "out_of_stock"),
        ("Own", "5.00", None),
    ]
    await import_bytes(runtime, second, HEADER + b"A1,Changed,Mine,2.00,,out of stock\nB2,Own,,5,,\n")
    async with runtime.database.reading() as session:
        theirs = (await catalog.list_products(session, first)).items
        mine = (await catalog.list_products(session, second)).items
    assert [(item.title, str(item.price)) for item in mine] == [("Changed", "2.00"), ("Own", "5.00")]
    assert [(item.title, str(item.price)) for item in theirs] == [("Lamp", "29.90")]


async def test_text_that_means_something_to_a_database_is_only_text(runtime: Runtime) -> None:
    access = await new_store(runtime)
    tricky = (
        b'id,title,description,note\nT1,"\\.\n\\.","a\n\\.\nb\\N","{""x"": ""\\u0000""}"\n'
        b'T2,\\N,NULL,"\'; DROP TABLE users; --"\n'
    )
    job = await import_bytes(runtime, access, tricky)
    assert counters(job) == {"imported": 2, "processed": 2}
    async with runtime.database.reading() as session:
        items = (await catalog.list_products(session, access)).items
        notes = (await session.scalars(sa.select(MarketplaceProduct.attributes).order_by(MarketplaceProduct.id))).all()
    assert [(item.title, item.description) for item in items] == [("\\.\n\\.", "a\n\\.\nb\\N"), ("\\N", "NULL")]
    assert notes == [{"note": '{"x": "\\u0000"}'}, {"note": "'; DROP TABLE users; --"}]


async def test_a_cancelled_import_keeps_what_came_in_and_stops(runtime: Runtime) -> None:
    access = await new_store(runtime)
    job = await start(runtime, access, HEADER + b"".join(b"C%d,Thing,,1,,\n" % n for n in range(5000)), batch_size=100)
    async with runtime.database.transaction() as session:
        row = await session.get_one(feeds.ImportJob, job.id)
        row.status, row.cancel_requested = "processing", True
    done = await finish(runtime, job.id)
    assert (done.status, done.phase, counters(done)) == ("cancelled", "finished", {})
    assert await count(runtime.database, MarketplaceProduct) == 0
    assert (await reload(runtime, job.id)).completed_at is not None
