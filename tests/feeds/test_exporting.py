"""Exports of both layers: whatever products hold, reading the file in again changes nothing."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from orion import catalog, feeds
from orion.catalog import GOOGLE_ATTRIBUTES, ListingFilter, MarketplaceFilter, exporting
from orion.feeds.exporting import ExportFormat, export
from orion.merchants import StoreAccess
from orion.plumbing.runtime import Runtime
from tests.factories.catalog import make_image, make_marketplace_product, make_product
from tests.factories.stores import make_store
from tests.feeds.importing import counters, import_bytes, snapshot

AWKWARD = '=HYPERLINK("x"), \'a\'\n- "b";\tc\r\n\\d é 漢字 🪔 <b>&amp;</b> ]]>'
LINKS = ["https://x.example/a,b.jpg", "https://x.example/c.jpg?q=1,2"]


def everything() -> dict[str, Any]:
    """A value for every Google attribute, none of them an easy one."""
    moment = datetime(2026, 11, 1, 8, 30, 0, 250, tzinfo=UTC)
    hard = ["a, b", '"q"', "c\\:d:e", "=1"]
    values: dict[str, Any] = {"text": AWKWARD, "number": 12, "flag": False, "list": hard, "moment": moment}
    return {name: values[kind] for name, kind in GOOGLE_ATTRIBUTES.items()} | {
        "gtin": "4006381333931",
        "availability": "preorder",
        "condition": "used",
        "is_bundle": True,
        "brand": '-Lumo, "L"',
        "item_group_id": "@group",
        "additional_image_link": LINKS,
        "product_type": ["A > B"],
        "shipping": ["LU:::4.90 EUR", "FR::Express \\: night:9.90 EUR", "US: CA"],
        "installment": "6:50 EUR",
        "video_link": LINKS[:1],
    }


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
            sale_price_minor=2500, image_link=LINKS[0],
            sale_price_effective_from=datetime(2026, 1, 1, tzinfo=UTC), **mine,
        ), texts={"en": ("Our table", None), "de": (None, "Aus Holz")}, price_minor=2400, currency="EUR", brand="Ours",
            availability="out_of_stock", additional_image_link=LINKS, product_type=["x, y", "z"],
            sku="=1+1")  # fmt: skip
        await make_product(session, store, await make_marketplace_product(
            session, "foreign", titles={"en": "Vase"}, source_store_id=other.id, price_minor=100, currency="JPY",
        ), texts={"fr": ("Un vase", None)}, sale_price_minor=1234, currency="KWD", condition="new")  # fmt: skip
        yen = await make_marketplace_product(session, "yen", price_minor=1234, currency="JPY", **mine)
        uploaded = await make_product(session, store, yen, is_active=False, min_quantity=2)
    async with runtime.database.transaction() as session:
        for _ in range(2):
            await make_image(session, access, uploaded.id, runtime.settings)


STORE_LANGUAGES: dict[ExportFormat, str] = {"csv": "fr", "google-tsv": "de", "google-xml": "fr", "letzshop-csv": "en"}


async def test_reading_an_export_in_changes_nothing(runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session, default_language="fr")
    await fill(runtime, access)
    before = await snapshot(runtime)
    files = []
    async with runtime.database.reading() as session:
        for format_, language in STORE_LANGUAGES.items():
            wanted = ListingFilter(language=language)
            selection = await catalog.select_listings(session, access.store, wanted)
            files.append((language, 5, await exported(runtime, selection, format_)))
        shared = await catalog.select_marketplace_products(session, MarketplaceFilter(language="de"))
        files.append(("de", 3, await exported(runtime, shared, "csv", limit=3)))
    for language, rows, data in files:
        job = await import_bytes(runtime, access, data, language=language)
        changed = await what_changed(runtime, job)
        assert (job.error_count, counters(job)["unchanged"], job.processed_count, changed) == (0, rows, rows, [])
    after = await snapshot(runtime)
    unmoved = ("products", "texts", "links")
    assert {name: after[name] for name in unmoved} == {name: before[name] for name in unmoved}


async def test_exports_say_what_the_lists_say(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "FIRST_STEP", 2)
    monkeypatch.setattr(exporting, "LARGEST_STEP", 2)
    monkeypatch.setattr(exporting, "NUMBERS_AT_ONCE", 3)
    async with runtime.database.transaction() as session:
        access = await make_store(session, default_language="fr")
    await fill(runtime, access)
    async with runtime.database.reading() as session:
        narrows: list[dict[str, Any]] = [{}, {"is_active": True}, {"brand": "Ours"}]
        for narrow in [*narrows, {"search": "lampe"}, {"search": "lampr"}]:
            wanted = ListingFilter(language="de", **narrow)
            listed = (await catalog.list_products(session, access, wanted, sort="oldest")).items
            selection = await catalog.select_listings(session, access.store, wanted)
            rows = rows_of(await exported(runtime, selection, "csv"))
            assert [row["orion_id"] for row in rows] == [str(product.id) for product in listed]
            for row, product in zip(rows, listed, strict=True):
                assert plain(row["title"]) == product.title
                assert plain(row["description"]) == (product.description or "")
                assert (row["language"], row["availability"]) == (product.language, product.availability)
                assert (row["price"], row["sale_price"]) == (str(product.price or ""), str(product.sale_price or ""))
                assert (row["currency"], plain(row["sku"])) == (product.currency or "", product.sku or "")
                assert row["is_active"] == ("yes" if product.is_active else "no")


async def test_the_words_that_engines_read(runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
        listed = await make_marketplace_product(
            session, "L-1", titles={"en": "Lamp & <b>"}, is_bundle=False, shipping=["LU:::4.90 EUR"],
            additional_image_link=["https://x.example/1.jpg", "https://x.example/2.jpg"], cost_of_goods_sold="9 EUR",
            sale_price_effective_from=datetime(2026, 11, 1, tzinfo=UTC), multipack=3, size_type=["petite", "tall"],
            expiration_date=datetime(2026, 12, 31, 23, 59, 59, 250, tzinfo=UTC), product_highlight=["a, b", 'c "d"'],
        )  # fmt: skip
        await make_product(session, access.store, listed, price_minor=2790, currency="EUR")
        selection = await catalog.select_listings(session, access.store, ListingFilter())
    (row,) = rows_of(await exported(runtime, selection, "google-tsv"), "\t")
    assert {name: text for name, text in row.items() if text} == {
        "id": "L-1",
        "title": "Lamp & <b>",
        "price": "27.90 EUR",
        "availability": "in_stock",
        "additional_image_link": "https://x.example/1.jpg,https://x.example/2.jpg",
        "is_bundle": "no",
        "shipping": "LU:::4.90 EUR",
        "sale_price_effective_date": "2026-11-01T00:00:00+00:00/",
        "cost_of_goods_sold": "9 EUR",
        "multipack": "3",
        "size_type": "petite,tall",
        "expiration_date": "2026-12-31T23:59:59.000250+00:00",
        "product_highlight": '"a, b","c ""d"""',
    }
    xml = (await exported(runtime, selection, "google-xml", is_public=True)).decode()
    assert "<title>Demo &amp; Co</title>" in xml
    assert "<g:title>Lamp &amp; &lt;b&gt;</g:title>" in xml
    assert "<g:shipping><g:country>LU</g:country><g:price>4.90 EUR</g:price></g:shipping>" in xml
    assert "<g:additional_image_link>https://x.example/2.jpg</g:additional_image_link>" in xml
    assert "<g:size_type>petite</g:size_type><g:size_type>tall</g:size_type>" in xml
    assert '<g:product_highlight>a, b</g:product_highlight><g:product_highlight>c "d"</g:product_highlight>' in xml
    assert "cost_of_goods_sold" not in xml
    nothing = await exported(runtime, replace_numbers(selection), "google-xml")
    assert nothing.endswith(b"</channel></rss>\n")


async def test_a_failure_midway_is_raised(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "FIRST_STEP", 1)
    monkeypatch.setattr(exporting, "LARGEST_STEP", 1)
    async with runtime.database.transaction() as session:
        access = await make_store(session)
        for _ in range(4):
            await make_product(session, access.store)
        selection = await catalog.select_listings(session, access.store, ListingFilter())
    pieces = export(runtime, selection, "csv", title="Demo")
    assert b"product_id" in await anext(pieces)
    monkeypatch.setattr(exporting, "read_bytes", None)
    with pytest.raises(TypeError):
        [piece async for piece in pieces]


async def exported(runtime: Runtime, selection: catalog.Selection, format_: ExportFormat, **options: Any) -> bytes:
    return b"".join([piece async for piece in export(runtime, selection, format_, title="Demo & Co", **options)])


def rows_of(data: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), delimiter=delimiter))


def plain(text: str) -> str:
    return text.removeprefix("'") if text.lstrip("'")[:1] in set("=+-@\t\r") else text


def replace_numbers(selection: catalog.Selection) -> catalog.Selection:
    """The same without any products."""
    return replace(selection, numbers=selection.numbers.where(sa.false()))


async def what_changed(runtime: Runtime, job: feeds.ImportJob) -> list[Any]:
    async with runtime.database.reading() as session:
        table = feeds.ImportChange
        query = sa.select(table.identifier, table.kind, table.changes).where(table.import_job_id == job.id)
        return [tuple(row) for row in await session.execute(query)]
