"""Lists of products in both layers: words, filters in effect, orders, pages, and what they cost."""

import itertools
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog import (
    LISTING_SORTS,
    SHARED_SORTS,
    ListingFilter,
    MarketplaceFilter,
    Product,
    list_marketplace_products,
    list_products,
    listing_facets,
    marketplace_facets,
)
from orion.kernel import Found
from orion.merchants import StoreAccess
from orion.plumbing.db import Database
from tests.factories.catalog import load_taxonomy, make_marketplace_product, make_product
from tests.factories.stores import make_store

Lister = Callable[..., Awaitable[Found[Any]]]


async def _all(list_: Lister, *, limit: int = 3, **asked: Any) -> list[str]:
    """The ids of the feed, page by page to the end."""
    seen: list[str] = []
    after: Sequence[Any] | None = None
    while after is not None or not seen:
        page = await list_(after=after, limit=limit, **asked)
        seen += [product.marketplace_product_id for product in page.items]
        after = page.after
        if after is None:
            break
    return seen


def _of(session: AsyncSession, access: StoreAccess) -> Callable[..., Awaitable[list[str]]]:
    async def ids(sort: str | None = None, **wanted: Any) -> list[str]:
        async def one(**page: Any) -> Found[Any]:
            return await list_products(session, access, ListingFilter(**wanted), sort=sort, **page)

        found = await _all(one)
        assert len(set(found)) == len(found)
        assert (await one(limit=200)).total == len(found)
        facets = await listing_facets(session, access, ListingFilter(**wanted))
        assert facets.total == len(found)
        return found

    return ids


async def test_words_are_found_unfinished_misspelt_and_without_accents(session: AsyncSession) -> None:
    access, other = await make_store(session), await make_store(session, "OTHER")
    for name, titles, columns in (
        ("LAMP-1", {"en": "Desk lamp", "fr": "Lampe de bureau"}, {"brand": "Lumière", "gtin": "4006381333931"}),
        ("LAMP-2", {"en": "Lamp for a desk", "fr": "Éclairage"}, {"mpn": "XZ-900"}),
        ("MUG", {"en": "Travel mug", "de": "Reisebecher Größe L"}, {}),
    ):
        listed = await make_marketplace_product(session, name, titles=titles, **columns)
        await make_product(session, access.store, listed, sku=f"own-{name}")
        await make_product(session, other.store, listed, texts={"en": ("Foreign words", None)})
    ids = _of(session, access)
    assert await ids(search="desk lam") == ["LAMP-1", "LAMP-2"]
    assert await ids(search="lamp desk") == ["LAMP-1", "LAMP-2"]
    assert await ids(search="lamp") == ["LAMP-1", "LAMP-2"]
    assert await ids(search="eclairage") == ["LAMP-2"]
    assert await ids(search="LUMIERE") == ["LAMP-1"]
    assert await ids(search="größe") == await ids(search="GROßE") == ["MUG"]
    assert await ids(search="xz-9") == ["LAMP-2"]
    assert await ids(search="40063813") == ["LAMP-1"]
    assert await ids(search="own-MUG") == ["MUG"]
    assert await ids(search="foreign") == []
    assert await ids(search="desk mug") == []
    for misspelt, meant in (("lmap", "lamp"), ("trvel mug", "travel mug"), ("eclarage", "eclairage")):
        page = await list_products(session, access, ListingFilter(search=misspelt), limit=1)
        assert (page.searched, page.total) == (meant, len(await ids(search=meant)))
        rest = await list_products(session, access, ListingFilter(search=misspelt), after=page.after)
        assert len(page.items) + (len(rest.items) if page.after else 0) == page.total
    shared = await list_marketplace_products(session, MarketplaceFilter(search="travle"))
    assert ([item.marketplace_product_id for item in shared.items], shared.searched) == (["MUG"], "travel")
    if session.get_bind().dialect.name == "postgresql":  # SQLite has no stems, and takes ß for a letter of its own
        assert await ids(search="GROSSE") == ["MUG"]
        assert await ids(search="bureaux de lampes", language="fr") == ["LAMP-1"]


async def test_filters_mean_what_is_in_effect(session: AsyncSession) -> None:
    access = await make_store(session)
    await load_taxonomy(session)
    lamps, animals = 4636, 3237
    plain = await make_marketplace_product(session, "PLAIN", brand="Lumo", condition="new", titles={"fr": "Lampe"})
    changed = await make_marketplace_product(session, "CHANGED", brand="Lumo", sale_price_minor=1000, is_digital=True)
    await make_product(session, access.store, plain, is_featured=True)
    await make_product(
        session,
        access.store,
        changed,
        brand="Own",
        condition="used",
        price_minor=900,
        currency="EUR",
        texts={"de": ("Licht", None)},
    )
    category = (await session.execute(sa.text("SELECT google_id, id FROM categories"))).all()
    numbers = dict(category)  # type: ignore[arg-type]
    plain.category_id, plain.google_product_category = numbers[lamps], str(lamps)
    changed.category_id, changed.google_product_category = numbers[animals], "odd > text"
    await session.flush()
    ids = _of(session, access)
    assert await ids() == ["PLAIN", "CHANGED"]
    assert (await ids(brand="Lumo"), await ids(brand="Own")) == (["PLAIN"], ["CHANGED"])
    assert (await ids(condition="new"), await ids(condition="Used ")) == (["PLAIN"], ["CHANGED"])
    assert (await ids(is_digital=True), await ids(is_digital=False)) == (["CHANGED"], ["PLAIN"])
    assert (await ids(is_featured=True), await ids(is_active=False)) == (["PLAIN"], [])
    assert (await ids(text_language="de"), await ids(text_language="fr")) == (["CHANGED"], ["PLAIN"])
    assert (await ids(max_price="9.00"), await ids(min_price="9.01")) == (["CHANGED"], ["PLAIN"])
    assert (await ids(currency="EUR"), await ids(currency="CHF")) == (["PLAIN", "CHANGED"], [])
    assert await ids(category=str(numbers[536])) == ["PLAIN"]  # what is above it
    assert await ids(category="home & garden>lighting") == ["PLAIN"]
    assert await ids(category="odd > text") == ["CHANGED"]
    assert await ids(brand="Own", condition="used", max_price="9", search="licht") == ["CHANGED"]
    facets = (await listing_facets(session, access, ListingFilter(brand="Own"))).values
    assert {value.value: value.count for value in facets["brand"]} == {"Lumo": 1, "Own": 1}
    assert [(value.value, value.count) for value in facets["condition"]] == [("used", 1)]
    assert [(str(value.low), value.count) for value in facets["price"]] == [("0.00", 1)]
    assert [(value.label, value.count) for value in facets["category"]] == [
        ("Animals & Pet Supplies > Live Animals", 1)
    ]
    shared = (await marketplace_facets(session, MarketplaceFilter())).values
    assert [(value.value, value.count) for value in shared["brand"]] == [("Lumo", 2)]
    assert [(value.value, value.count) for value in shared["text_language"]] == [("en", 1), ("fr", 1)]


async def test_prices_and_titles_put_products_in_order(session: AsyncSession) -> None:
    access = await make_store(session)
    for name, title, columns, own in (
        ("A", "zebra", {"price_minor": 500}, {}),
        ("B", "apple", {"price_minor": 900, "sale_price_minor": 100}, {}),
        ("C", "Mango", {"price_minor": None, "currency": None}, {}),
        ("D", "banana", {"price_minor": 700}, {"price_minor": 300, "currency": "EUR"}),
        ("E", "cherry", {"price_minor": 200, "currency": "CHF"}, {"texts": {"en": ("Aardvark", None)}}),
    ):
        listed = await make_marketplace_product(session, name, titles={"en": title}, **columns)
        await make_product(session, access.store, listed, **own)
    ids = _of(session, access)
    assert await ids("price_asc") == ["E", "B", "D", "A", "C"]
    assert await ids("price_desc") == ["A", "D", "B", "E", "C"]
    assert await ids("title") == ["E", "B", "D", "C", "A"]
    assert await ids("newest") == ["E", "D", "C", "B", "A"]
    for skip in range(6):
        page = await list_products(session, access, sort="price_asc", skip=skip, limit=2)
        found = [product.marketplace_product_id for product in page.items]
        assert (found, page.total) == (["E", "B", "D", "A", "C"][skip : skip + 2], 5)


async def test_pages_are_walked_to_the_end_and_back(session: AsyncSession) -> None:
    """Going back from any page shows the page before it, in every order; and the length is told where it is asked."""
    access = await make_store(session)
    for number in range(11):
        columns = {"price_minor": None, "currency": None} if number % 4 == 0 else {"price_minor": 100 * (number % 3)}
        listed = await make_marketplace_product(session, f"N-{number}", titles={"en": f"Thing {number % 3}"}, **columns)
        own = {"price_minor": 150, "currency": "EUR"} if number % 5 == 1 else {}
        await make_product(session, access.store, listed, display_order=number % 2, **own)
    for sort in LISTING_SORTS:
        wanted = ListingFilter(search="thing" if sort in ("relevance", "newest") else None)

        async def page(wanted: ListingFilter = wanted, sort: str = sort, **where: Any) -> Found[Any]:
            return await list_products(session, access, wanted, sort=sort, limit=3, **where)

        pages = [await page()]
        while pages[-1].after is not None:
            pages.append(await page(after=pages[-1].after, always_count=len(pages) == 2))
        assert [len(each.items) for each in pages] == [3, 3, 3, 2], sort
        assert [(each.total, each.before is None) for each in pages] == [
            (11, True),
            (None, False),
            (11, False),
            (None, False),
        ]
        for earlier, later in itertools.pairwise(pages):
            back = await page(before=later.before)
            assert (back.items, back.after, back.before is None) == (
                earlier.items,
                earlier.after,
                earlier.before is None,
            )
        if sort in SHARED_SORTS:
            shared = await list_marketplace_products(session, MarketplaceFilter(), sort=sort, limit=9)
            rest = await list_marketplace_products(session, MarketplaceFilter(), sort=sort, limit=9, after=shared.after)
            back = await list_marketplace_products(session, MarketplaceFilter(), sort=sort, limit=9, before=rest.before)
            assert (len(rest.items), back.items) == (2, shared.items)


async def test_frequent_and_rare_words_find_the_same_in_the_same_order(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever way the database's own counts of words suggest: in the first products, in few, or on a walk."""
    access, other = await make_store(session), await make_store(session, "OTHER")
    begun, found, numbers = [], [], []
    for number in range(16):
        name, letter = f"N-{number}", "zxy"[number % 3]
        title, among = (f"Thing {letter}", begun) if number % 2 else (f"Big {letter} thing", found)
        listed = await make_marketplace_product(session, name, titles={"en": title})
        await make_product(session, access.store, listed, texts={"en": ("Own word", None)} if number == 9 else {})
        await make_product(session, other.store, listed, texts={"en": ("Odd word", None)} if number == 3 else {})
        among.append((letter, number))
        numbers.append(listed.id)
    named = await make_marketplace_product(session, "thing", titles={"en": "Thing w"})
    await make_product(session, access.store, named)
    in_order = ["thing", *(f"N-{number}" for _, number in sorted(begun)), *(f"N-{number}" for _, number in found)]
    ids = _of(session, access)
    for rare, first in ((None, None), (5000, None), (5000, numbers[8]), (0, numbers[8])):
        if rare is not None:
            await session.execute(sa.text("ANALYZE marketplace_product_search"))
            monkeypatch.setattr("orion.catalog.search.words.RARE", rare)
        for module in ("lists", "search.conditions"):
            monkeypatch.setattr(f"orion.catalog.{module}.FIRST_IDS", first or 32768)
        assert await ids(search="thing") == in_order, (rare, first)
        assert await ids(search="big thi") == [f"N-{number}" for _, number in found], (rare, first)
        assert await ids("newest", search="thing y") == ["N-14", "N-11", "N-8", "N-5", "N-2"], (rare, first)
        assert await ids(search="own") == ["N-9"]
        assert await ids(search="odd wor") == []


@pytest.mark.parametrize("seed", range(3))
async def test_pages_neither_repeat_nor_lose_what_nobody_touches(database: Database, seed: int) -> None:
    """While a reader goes on by position, others insert, delete and change: who stays untouched is seen once."""
    chance = random.Random(seed)
    async with database.transaction() as session:
        access = await make_store(session)
        numbers = []
        for number in range(24):
            price = chance.choice((None, 100, 200, 200, 300))
            listed = await make_marketplace_product(
                session,
                f"N-{number}",
                titles={"en": f"Thing {chance.choice('abc')}"},
                price_minor=price,
                currency="EUR" if price else None,
            )
            own = {"price_minor": 150, "currency": "EUR"} if chance.random() < 0.3 else {}
            product = await make_product(session, access.store, listed, display_order=chance.randint(0, 3), **own)
            numbers.append(product.id)
    touched = set(chance.sample(range(24), 8))
    for sort in LISTING_SORTS:
        wanted = ListingFilter(search="thing" if sort == "relevance" else None)
        seen: list[str] = []
        after: Sequence[Any] | None = None
        for step in range(40):
            async with database.reading() as session:
                page = await list_products(session, access, wanted, sort=sort, after=after, limit=3)
            seen += [product.marketplace_product_id for product in page.items]
            after = page.after
            if after is None:
                break
            async with database.transaction() as session:  # something happens before the next page
                victim = numbers[chance.choice(sorted(touched))]
                change = {"display_order": chance.randint(0, 3), "price_minor": 50 * step, "currency": "EUR"}
                await session.execute(sa.update(Product).where(Product.id == victim).values(**change))
                fresh = await make_marketplace_product(session, f"F-{sort}-{step}", titles={"en": "Thing b"})
                extra = await make_product(session, access.store, fresh, display_order=chance.randint(0, 3))
                if chance.random() < 0.5:
                    await session.delete(extra)
        kept = [name for name in seen if name.startswith("N-") and int(name[2:]) not in touched]
        assert sorted(kept) == sorted(f"N-{number}" for number in set(range(24)) - touched), sort


@contextmanager
def _statements(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "SELECT set_config")):
            statements.append(statement)

    sa.event.listen(database.reading_engine.sync_engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(database.reading_engine.sync_engine, "before_cursor_execute", note)


async def test_a_list_takes_the_same_statements_whatever_its_length(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as session:
        access = await make_store(session)
    asked: tuple[tuple[dict[str, Any], str | None, int], ...] = (
        ({}, None, 1),
        ({"brand": "Lumo", "availability": "in_stock"}, "newest", 2),
        ({"search": "thing"}, None, 3),
        ({"search": "thing"}, "newest", 3),
        ({"min_price": "1"}, "price_asc", 2),
    )
    for size in (1, 25):
        async with database.transaction() as session:
            for _ in range(size):
                listed = await make_marketplace_product(session, titles={"en": "Thing", "fr": "Chose"}, brand="Lumo")
                await make_product(session, access.store, listed, texts={"de": ("Ding", None)})
        for filters, sort, expected in asked:
            async with database.reading() as session:
                with _statements(database) as statements:
                    await list_products(session, access, ListingFilter(**filters), sort=sort, limit=10)
                assert len(statements) == expected, (size, filters, sort)
                if sort in (None, *SHARED_SORTS):
                    with _statements(database) as statements:
                        await list_marketplace_products(session, MarketplaceFilter(**filters), sort=sort, limit=10)
                    assert len(statements) == expected, (size, filters, sort)
                with _statements(database) as statements:
                    await listing_facets(session, access, ListingFilter(**filters))
                assert len(statements) <= 2 + 2 * len(filters), (size, filters)

    monkeypatch.setattr("orion.catalog.counting.COUNTED", 10)  # beyond what is counted, lengths are estimates
    monkeypatch.setattr("orion.catalog.facets.COUNTED", 10)
    async with database.transaction() as session:  # a few that are looked at by themselves count no more than others
        numbers = (await session.scalars(sa.select(Product.id).order_by(Product.id))).all()
        await session.execute(sa.update(Product).where(Product.id.in_(numbers[2:9:3])).values(brand="Own"))
    async with database.reading() as session:
        page = await list_products(session, access, limit=10)
        facets = await listing_facets(session, access, ListingFilter())
    assert (page.total, facets.total) == (None, None)
    assert 20 < (page.total_estimate or 0) < 40
    assert "brand" in facets.is_estimate
    counts = {value.value: value.count for value in facets.values["brand"]}
    assert 20 < counts["Lumo"] < 30
    assert 1 <= counts["Own"] <= 4
