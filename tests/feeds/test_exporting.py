"""Exports of both layers: whatever products hold, reading the file in again changes nothing."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from orion import catalog, feeds
from orion.catalog import GOOGLE_ATTRIBUTES, exporting
from orion.feeds.export_cells import amounts, lists
from orion.feeds.exporting import FORMATS, ExportFormat, export
from orion.feeds.grammar import Grammar
from orion.feeds.mending import plain_text, safe_texts
from orion.feeds.values import parse_list
from orion.kernel import Money, parse_price
from orion.merchants import StoreAccess
from orion.plumbing.runtime import Runtime
from tests.factories.catalog import make_image, make_marketplace_product, make_product
from tests.factories.stores import make_store
from tests.feeds.importing import counters, import_bytes, snapshot

AWKWARD = '=HYPERLINK("x"), \'a\'\n- "b";\tc\r\n\\d é 漢字 🪔 <b>&amp;</b> ]]>'
LINKS = ["https://x.example/a,b.jpg", "https://x.example/c.jpg?q=1,2"]


def everything() -> dict[str, Any]:
    """A value for every Google attribute, none of them an easy one."""
    values: dict[str, Any] = {"text": AWKWARD, "number": 12, "flag": False, "list": ["a, b", '"q"', "c\\:d:e", "=1"]}
    found = {name: values.get(kind) for name, kind in GOOGLE_ATTRIBUTES.items()}
    found |= {
        name: datetime(2026, 11, 1, 8, 30, 0, 250, tzinfo=UTC)
        for name, kind in GOOGLE_ATTRIBUTES.items()
        if kind == "moment"
    }
    found |= {"gtin": "4006381333931", "availability": "preorder", "condition": "used", "is_bundle": True}
    found |= {
        "brand": '-Lumo, "L"',
        "item_group_id": "@group",
        "additional_image_link": LINKS,
        "product_type": ["A > B"],
    }
    found |= {
        "shipping": ["LU:::4.90 EUR", "FR::Express \\: night:9.90 EUR"],
        "installment": "6:50 EUR",
        "video_link": LINKS[:1],
    }
    return found


async def fill(runtime: Runtime, access: StoreAccess) -> None:
    """A store whose products are awkward: described by its own feed, by another store's, and by nobody's."""
    store = access.store
    async with runtime.database.transaction() as session:
        other = (await make_store(session, "OTHER")).store
        mine: dict[str, Any] = {"source_store_id": store.id}
        await make_product(session, store, await make_marketplace_product(
            session, "=ALL", titles={"en": AWKWARD, "fr": "+Lampe", "de": "'=Lampe"}, descriptions={"en": AWKWARD},
            sale_price_minor=1990, **everything(), **mine,
        ))  # fmt: skip
        await make_product(session, store, await make_marketplace_product(
            session, "plain", titles={"de": "Stuhl"}, price_minor=None, currency=None, **mine,
        ))  # fmt: skip
        await make_product(session, store, await make_marketplace_product(
            session, "own, \"values\"", titles={"en": "Table", "fr": "Table"}, descriptions={"en": "Of wood"},
            sale_price_minor=2500, image_link=LINKS[0], sale_price_effective_from=datetime(2026, 1, 1, tzinfo=UTC), **mine,
        ), texts={"en": ("Our table", None), "de": (None, "Aus Holz")}, price_minor=2400, currency="EUR", brand="Ours",
            availability="out_of_stock", additional_image_link=LINKS, product_type=["x, y", "z"], sku="=1+1")  # fmt: skip
        await make_product(session, store, await make_marketplace_product(
            session, "foreign", titles={"en": "Vase"}, source_store_id=other.id, price_minor=100, currency="JPY",
        ), texts={"fr": ("Un vase", None)}, sale_price_minor=1234, currency="KWD", condition="new")  # fmt: skip
        yen = await make_marketplace_product(session, "yen", price_minor=1234, currency="JPY", **mine)
        uploaded = await make_product(session, store, yen, is_active=False, min_quantity=2)
    async with runtime.database.transaction() as session:
        for _ in range(2):
            await make_image(session, access, uploaded.id, runtime.settings)


async def exported(runtime: Runtime, selection: catalog.Selection, format_: ExportFormat, **options: Any) -> bytes:
    return b"".join([piece async for piece in export(runtime, selection, format_, title="Demo & Co", **options)])


@pytest.mark.parametrize("format_", FORMATS)
async def test_reading_an_export_in_changes_nothing(runtime: Runtime, format_: ExportFormat) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session, default_language="fr")
    await fill(runtime, access)
    before = await snapshot(runtime)
    for language in ("en", "fr", "de"):
        for data in (
            await exported(runtime, catalog.listings(access.store, [], language), format_),
            await exported(runtime, catalog.marketplace_products([], language), format_, limit=3),
        ):
            for _ in range(2):
                job = await import_bytes(runtime, access, data, language=language)
                assert job.error_count == 0
                assert counters(job)["unchanged"] == job.processed_count in (3, 5), await what_changed(runtime, job)
    after = await snapshot(runtime)
    assert {name: after[name] for name in ("products", "texts", "links")} == {
        name: before[name] for name in ("products", "texts", "links")
    }


async def what_changed(runtime: Runtime, job: feeds.ImportJob) -> list[Any]:
    async with runtime.database.reading() as session:
        table = feeds.ImportChange
        query = sa.select(table.identifier, table.kind, table.changes).where(table.import_job_id == job.id)
        return [tuple(row) for row in await session.execute(query)]
