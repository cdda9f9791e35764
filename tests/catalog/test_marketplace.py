import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from orion.catalog import (
    GOOGLE_ATTRIBUTES,
    MarketplaceFilter,
    ProductTexts,
    get_marketplace_product,
    list_marketplace_products,
    translations_of,
)
from orion.kernel import Conflict, Invalid, Money, NotFound
from tests.factories.catalog import make_marketplace_product
from tests.factories.stores import make_store


async def test_a_marketplace_product_has_texts_money_attributes_and_its_store(session: AsyncSession) -> None:
    access = await make_store(session)
    await make_marketplace_product(
        session,
        "A/1",
        titles={"fr": "Lampe", "en": "Lamp"},
        descriptions={"fr": "Elle luit."},
        source_store_id=access.store.id,
        sale_price_minor=1999,
        brand="Lumo",
        is_bundle=False,
        product_highlight=["bright", "small"],
        attributes={"shelf": "7"},
    )
    seen = await get_marketplace_product(session, "A/1", language="fr")
    assert (seen.title, seen.language, seen.description, seen.description_language) == (
        "Lampe",
        "fr",
        "Elle luit.",
        "fr",
    )
    assert (seen.price, seen.sale_price) == (Money(2990, "EUR"), Money(1999, "EUR"))
    assert (seen.store_code, seen.store_name) == ("DEMO", "Store DEMO")
    assert set(seen.google) == set(GOOGLE_ATTRIBUTES)
    assert {name: value for name, value in seen.google.items() if value is not None} == {
        "brand": "Lumo",
        "is_bundle": False,
        "product_highlight": ["bright", "small"],
        "availability": "in_stock",
    }
    assert seen.attributes == {"shelf": "7"}
    assert await translations_of(session, seen) == [
        ProductTexts("en", "Lamp", None),
        ProductTexts("fr", "Lampe", "Elle luit."),
    ]
    assert (await get_marketplace_product(session, "A/1")).title == "Lamp"
    assert (await get_marketplace_product(session, "A/1", language="de")).language == "en"


async def test_an_id_may_stand_on_several_marketplaces(session: AsyncSession) -> None:
    await make_marketplace_product(session, "SAME")
    await make_marketplace_product(session, "SAME", marketplace="Amazon")
    with pytest.raises(Conflict, match=r"Letzshop, Amazon") as refusal:
        await get_marketplace_product(session, "SAME")
    assert refusal.value.code == "marketplace_needed"
    assert (await get_marketplace_product(session, "SAME", "amazon")).marketplace == "Amazon"
    for wanted in (("SAME", "eBay"), ("same", None), ("", None)):
        with pytest.raises(NotFound) as missing:
            await get_marketplace_product(session, *wanted)
        assert missing.value.code == "marketplace_product_not_found"


async def test_the_catalogue_is_filtered(session: AsyncSession) -> None:
    access = await make_store(session)
    await make_marketplace_product(session, "L-1", brand="Lumo", source_store_id=access.store.id)
    await make_marketplace_product(session, "A-2", marketplace="Amazon", availability="preorder", titles={"de": "Öl"})

    async def ids(**wanted: str) -> list[str]:
        page = await list_marketplace_products(session, MarketplaceFilter(**wanted))
        assert page.total == len(page.items)
        return [product.marketplace_product_id for product in page.items]

    assert await ids() == ["L-1", "A-2"]
    assert await ids(marketplace="amazon") == ["A-2"]
    assert await ids(brand="Lumo") == ["L-1"]
    assert await ids(search="öL") == ["A-2"]
    assert await ids(search="thing") == ["L-1"]
    assert await ids(search="%") == []
    assert await ids(store="store demo") == ["L-1"]
    assert await ids(store="demo") == ["L-1"]
    assert await ids(store="nobody") == []
    assert await ids(availability="preorder") == ["A-2"]
    assert await ids(marketplace="Letzshop", availability="preorder") == []


@pytest.mark.parametrize(
    ("skip", "limit", "field"), [(-1, 10, "skip"), (9_991, 10, "skip"), (0, 0, "limit"), (0, 201, "limit")]
)
async def test_impossible_pages_are_refused(session: AsyncSession, skip: int, limit: int, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await list_marketplace_products(session, MarketplaceFilter(), skip=skip, limit=limit)
    assert [error.field for error in refusal.value.errors] == [field]


async def test_pages_cover_the_catalogue_once(session: AsyncSession) -> None:
    for number in range(5):
        await make_marketplace_product(session, f"N-{number}")
    page = await list_marketplace_products(session, MarketplaceFilter(), skip=3, limit=3)
    assert [product.marketplace_product_id for product in page.items] == ["N-3", "N-4"]
    assert page.total == 5
    assert (await list_marketplace_products(session, MarketplaceFilter(), skip=9_800, limit=200)).items == []
