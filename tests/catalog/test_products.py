from decimal import Decimal

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog import ListingFilter, get_product, list_products
from orion.kernel import Invalid, Money, NotFound
from orion.merchants import StoreAccess
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.stores import make_store


async def test_without_overrides_a_product_is_what_it_lists(session: AsyncSession) -> None:
    access = await make_store(session)
    listed = await make_marketplace_product(
        session,
        "A-1",
        titles={"en": "Lamp"},
        descriptions={"en": "It glows."},
        sale_price_minor=1999,
        condition="new",
        brand="Lumo",
        gtin="4006381333931",
        product_type=["Home > Lamps"],
    )
    product = await make_product(session, access.store, listed)
    seen = await get_product(session, access, product.id)
    assert (seen.id, seen.store_id, seen.marketplace, seen.marketplace_product_id) == (
        product.id,
        access.store.id,
        "Letzshop",
        "A-1",
    )
    assert (seen.title, seen.language, seen.description, seen.description_language) == ("Lamp", "en", "It glows.", "en")
    assert (seen.price, seen.sale_price, seen.currency) == (Money(2990, "EUR"), Money(1999, "EUR"), "EUR")
    assert (seen.availability, seen.condition, seen.brand, seen.gtin) == ("in_stock", "new", "Lumo", "4006381333931")
    assert (seen.product_type, seen.additional_image_link) == (("Home > Lamps",), ())
    assert (seen.own_price, seen.own_sale_price, seen.own_availability, seen.own_condition) == (None, None, None, None)
    assert (seen.is_active, seen.is_featured, seen.min_quantity, seen.max_quantity) == (True, False, 1, None)


async def test_overrides_win_each_by_itself(session: AsyncSession) -> None:
    access = await make_store(session)
    listed = await make_marketplace_product(session, sale_price_minor=1999, condition="new")
    product = await make_product(
        session, access.store, listed, price_minor=2500, currency="EUR", availability="out_of_stock"
    )
    seen = await get_product(session, access, product.id)
    assert (seen.price, seen.own_price) == (Money(2500, "EUR"), Money(2500, "EUR"))
    assert (seen.sale_price, seen.own_sale_price) == (Money(1999, "EUR"), None)
    assert (seen.availability, seen.own_availability) == ("out_of_stock", "out_of_stock")
    assert (seen.condition, seen.own_condition) == ("new", None)


@pytest.mark.parametrize(
    ("own", "price", "sale_price"),
    [
        ({}, Money(2990, "EUR"), Money(1999, "EUR")),
        ({"currency": "CHF"}, Money(2990, "EUR"), Money(1999, "EUR")),
        ({"price_minor": 2000, "currency": "EUR"}, Money(2000, "EUR"), Money(1999, "EUR")),
        ({"price_minor": 1999, "currency": "EUR"}, Money(1999, "EUR"), None),
        ({"price_minor": 900, "currency": "EUR"}, Money(900, "EUR"), None),
        ({"price_minor": 9900, "currency": "CHF"}, Money(9900, "CHF"), None),
        ({"price_minor": 900, "sale_price_minor": 800, "currency": "CHF"}, Money(900, "CHF"), Money(800, "CHF")),
        ({"sale_price_minor": 1500, "currency": "EUR"}, Money(2990, "EUR"), Money(1500, "EUR")),
        ({"sale_price_minor": 1500, "currency": "CHF"}, Money(2990, "EUR"), None),
        ({"price_minor": 0, "currency": "EUR"}, Money(0, "EUR"), None),
    ],
)
async def test_a_sale_price_must_suit_the_price(
    session: AsyncSession, own: dict, price: Money, sale_price: Money | None
) -> None:
    access = await make_store(session)
    listed = await make_marketplace_product(session, sale_price_minor=1999)
    product = await make_product(session, access.store, listed, **own)
    seen = await get_product(session, access, product.id)
    assert (seen.price, seen.sale_price) == (price, sale_price)


async def test_a_product_may_have_no_price(session: AsyncSession) -> None:
    access = await make_store(session)
    listed = await make_marketplace_product(session, price_minor=None, currency=None)
    seen = await get_product(session, access, (await make_product(session, access.store, listed)).id)
    assert (seen.price, seen.sale_price, seen.currency) == (None, None, None)


async def test_currencies_keep_their_own_decimals(session: AsyncSession) -> None:
    access = await make_store(session)
    listed = await make_marketplace_product(session, price_minor=1500, currency="JPY")
    product = await make_product(session, access.store, listed)
    seen = await get_product(session, access, product.id)
    assert seen.price is not None
    assert (seen.price.decimal, str(seen.price)) == (Decimal(1500), "1500")


@pytest.mark.parametrize(
    ("requested", "base", "own", "title", "language"),
    [
        ("fr", {"en": "E", "fr": "F", "de": "D"}, {}, "F", "fr"),
        ("fr", {"en": "E", "de": "D"}, {}, "D", "de"),  # the store speaks German
        (None, {"en": "E", "fr": "F", "de": "D"}, {}, "D", "de"),
        ("fr", {"en": "E"}, {}, "E", "en"),
        (None, {"en": "E", "fr": "F"}, {}, "E", "en"),
        ("en", {"fr": "F"}, {}, "F", "fr"),
        ("en", {"en": "E"}, {"en": ("own E", None)}, "own E", "en"),
        ("en", {"en": "E"}, {"de": ("own D", None)}, "E", "en"),  # a text in the reader's language comes first
        ("fr", {"en": "E"}, {"de": ("own D", None)}, "own D", "de"),
        ("fr", {"en": "E", "de": "D"}, {"de": (None, "only a description")}, "D", "de"),
    ],
)
async def test_titles_fall_back_by_language_then_from_store_to_marketplace(
    session: AsyncSession, requested: str | None, base: dict, own: dict, title: str, language: str
) -> None:
    access = await make_store(session, default_language="de")
    listed = await make_marketplace_product(session, titles=base)
    product = await make_product(session, access.store, listed, texts=own)
    seen = await get_product(session, access, product.id, requested)
    assert (seen.title, seen.language) == (title, language)


async def test_a_description_falls_back_by_itself(session: AsyncSession) -> None:
    access = await make_store(session)
    listed = await make_marketplace_product(
        session, titles={"fr": "Lampe", "en": "Lamp"}, descriptions={"en": "It glows."}
    )
    seen = await get_product(session, access, (await make_product(session, access.store, listed)).id, "fr")
    assert (seen.title, seen.language) == ("Lampe", "fr")
    assert (seen.description, seen.description_language) == ("It glows.", "en")


async def test_another_stores_product_is_not_found(session: AsyncSession) -> None:
    access, other = await make_store(session), await make_store(session, "OTHER")
    product = await make_product(session, other.store)
    for product_id in (product.id, 10**12):
        with pytest.raises(NotFound) as refusal:
            await get_product(session, access, product_id)
        assert refusal.value.code == "product_not_found"
    assert (await list_products(session, access)).items == []


async def _ids(session: AsyncSession, access: StoreAccess, **filters: object) -> list[str]:
    page = await list_products(session, access, ListingFilter(**filters), sort="oldest")  # type: ignore[arg-type]
    assert page.total == len(page.items)
    return [product.marketplace_product_id for product in page.items]


async def test_a_search_looks_in_titles_ids_gtins_and_brands(session: AsyncSession) -> None:
    access, other = await make_store(session), await make_store(session, "OTHER")
    lamp = await make_marketplace_product(session, "LAMP-1", titles={"fr": "Éclairage de Noël", "en": "Light"})
    mug = await make_marketplace_product(
        session, "MUG_2", titles={"en": "100% mug"}, brand="Tass", gtin="4006381333931"
    )
    own = await make_marketplace_product(session, "OWN-3", titles={"en": "Box"})
    await make_product(session, access.store, lamp)
    await make_product(session, access.store, mug)
    await make_product(session, access.store, own, texts={"de": ("Schöne KISTE", None)})
    await make_product(session, other.store, own, texts={"de": ("Truhe", None)})

    assert await _ids(session, access, search="light") == ["LAMP-1"]
    assert await _ids(session, access, search="  éclairage DE noËl ") == ["LAMP-1"]
    assert await _ids(session, access, search="ÉCLAIRAGE") == ["LAMP-1"]
    assert await _ids(session, access, search="mug_2") == ["MUG_2"]
    assert await _ids(session, access, search="400638") == ["MUG_2"]
    assert await _ids(session, access, search="04006381333931") == ["MUG_2"]
    assert await _ids(session, access, search="lamp-") == ["LAMP-1"]
    assert await _ids(session, access, search="TASS") == ["MUG_2"]
    assert await _ids(session, access, search="schöne kiste") == ["OWN-3"]
    assert await _ids(session, access, search="Truhe") == []  # another store's words
    assert await _ids(session, access, search="   ") == ["LAMP-1", "MUG_2", "OWN-3"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("%", []),
        ("_", []),
        ("100%", ["MUG_2"]),
        ("1_0", []),
        ("L%P", []),
        ("\\", []),
        ("mug_", ["MUG_2"]),
        ("*", []),
        ('"', []),
        ("lamp OR mug", []),
        ("'", []),
        ("lamp:*", ["LAMP-1"]),
        ("-lamp", ["LAMP-1"]),
    ],
)
async def test_wildcards_stand_for_themselves(session: AsyncSession, search: str, found: list[str]) -> None:
    access = await make_store(session)
    for name, title in (("LAMP-1", "Lamp"), ("MUG_2", "100% mug"), ("A/B", "Slash")):
        listed = await make_marketplace_product(session, name, titles={"en": title})
        await make_product(session, access.store, listed)
    assert await _ids(session, access, search=search) == found


async def test_filters_mean_effective_values(session: AsyncSession) -> None:
    access = await make_store(session)
    await make_product(session, access.store, await make_marketplace_product(session, "IN", brand="Lumo"))
    sold_out = await make_marketplace_product(session, "OUT", brand="lumo", marketplace="Amazon")
    await make_product(session, access.store, sold_out, availability="out_of_stock", is_active=False)
    assert await _ids(session, access, availability="in_stock") == ["IN"]
    assert await _ids(session, access, availability=" Out_of_stock ") == ["OUT"]
    assert await _ids(session, access, availability="preorder") == []
    assert await _ids(session, access, brand="Lumo") == ["IN"]
    assert await _ids(session, access, marketplace="amazon") == ["OUT"]
    assert await _ids(session, access, is_active=True) == ["IN"]
    assert await _ids(session, access, is_active=False, marketplace="Letzshop") == []


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"availability": "soon"}, "unknown_availability"),
        ({"marketplace": "Etsy"}, "unknown_marketplace"),
        ({"language": "xx"}, "unknown_language"),
        ({"search": "a\0b"}, "invalid_search"),
        ({"search": "x" * 201}, "invalid_search"),
        ({"condition": "odd"}, "unknown_condition"),
        ({"category": "999"}, "unknown_category"),
        ({"text_language": "xx"}, "unknown_language"),
        ({"min_price": "cheap"}, "invalid_price"),
        ({"max_price": "-1"}, "invalid_price"),
        ({"currency": "XXX"}, "invalid_price"),
    ],
)
async def test_impossible_filters_are_refused(session: AsyncSession, filters: dict, code: str) -> None:
    access = await make_store(session)
    with pytest.raises(Invalid) as refusal:
        await list_products(session, access, ListingFilter(**filters))
    assert refusal.value.code == code
    assert [error.field for error in refusal.value.errors] == list(filters)


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ({"skip": -1}, "invalid_page"),
        ({"skip": 10**18}, "invalid_page"),
        ({"skip": 9_951}, "invalid_page"),
        ({"limit": 0}, "invalid_page"),
        ({"limit": 201}, "invalid_page"),
        ({"sort": "best"}, "unknown_sort"),
    ],
)
async def test_impossible_pages_are_refused(session: AsyncSession, page: dict, code: str) -> None:
    access = await make_store(session)
    with pytest.raises(Invalid) as refusal:
        await list_products(session, access, **page)
    assert refusal.value.code == code
    assert [error.field for error in refusal.value.errors] == list(page)


async def test_pages_follow_one_another(session: AsyncSession) -> None:
    access = await make_store(session)
    for number in range(5):
        await make_product(session, access.store, await make_marketplace_product(session, f"N-{number}"))
    pages = [await list_products(session, access, skip=skip, limit=2) for skip in (0, 2, 4, 6)]
    assert [[product.marketplace_product_id for product in page.items] for page in pages] == [
        ["N-0", "N-1"],
        ["N-2", "N-3"],
        ["N-4"],
        [],
    ]
    assert {(page.total, page.page) for page in pages} == {(5, 1), (5, 2), (5, 3), (5, 4)}
    assert (await list_products(session, access, skip=9_800, limit=200)).items == []
