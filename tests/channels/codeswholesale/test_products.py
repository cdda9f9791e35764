"""CodesWholesale's catalogue over HTTP with the simulator: exact values, pages, changes, and bad days."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orion.channels import (
    MANIFESTS,
    Balance,
    ChannelUnavailable,
    CredentialsRefused,
    MalformedItem,
    ProductPage,
    RemoteProduct,
    RemoteTier,
    SlowDown,
    Unreadable,
    capabilities_of,
)
from orion.channels.adapters.codeswholesale import CodesWholesaleSupplier
from orion.simulators.codeswholesale import CodesWholesale
from orion.simulators.codeswholesale.content import product_id_of
from orion.simulators.kit import Article, Fault
from tests.channels.conftest import Connect

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GAME, SUITE = product_id_of("GAME"), product_id_of("SUITE")


async def _read(supplier: CodesWholesaleSupplier, since: datetime | None = None) -> list[ProductPage]:
    pages = [await supplier.products_page(since)]
    while pages[-1].cursor:
        assert len(pages) < 50
        pages.append(await supplier.products_page(since, pages[-1].cursor))
    return pages


def _ids(pages: list[ProductPage]) -> list[str]:
    return [product.channel_product_id for page in pages for product in page.products]


async def test_a_product_is_read_exactly(supplier: CodesWholesaleSupplier, house: CodesWholesale) -> None:
    house.shape(
        {
            "balance": "123.45",
            "products": [
                {
                    "identifier": "GAME",
                    "quantity": 7,
                    "platform": "Steam",
                    "regions": ["EU", "PL"],
                    "languages": ["en", "de"],
                    "releaseDate": "2024-03-01T00:00:00.000Z",
                    "description": {"developerName": "Makers", "category": "Games", "eans": ["x", "5400000000010"]},
                }
            ],
        }
    )
    assert await supplier.check() == "CodesWholesale lets us in. 123.45 EUR to spend."
    assert await supplier.balance() == Balance(12345, "EUR")
    page = await supplier.products_page(None)
    [game] = [product for product in page.products if product.channel_product_id == GAME]
    plain = RemoteProduct(
        channel_product_id=GAME,
        title="A game",
        language="en",
        currency="EUR",
        price_minor=None,
        sku="GAME",
        gtin=None,
        availability="in_stock",
        quantity=7,
        is_digital=True,
        tiers=(RemoteTier(1, 9, 1000), RemoteTier(10, 99, 950), RemoteTier(100, None, 900)),
        attributes={
            "image_link": "https://images.example.org/game-large.png",
            "platform": "Steam",
            "regions": ["EU", "PL"],
            "languages": ["en", "de"],
            "release_date": "2024-03-01",
        },
    )
    assert game == plain
    assert (len(page.products), page.malformed, page.cursor) == (2, [], None)
    assert page.watermark is not None
    assert abs(page.watermark - datetime.now(UTC)) < timedelta(minutes=5)
    assert house.calls["description"] == 0, "a complete pull asks for no descriptions"

    since = datetime.fromisoformat(house.shelf.entries[GAME]["updatedAt"])
    [changed] = (await supplier.products_page(since)).products
    assert changed.gtin == "5400000000010", "what has changed in this very moment is told"
    assert changed.attributes == {**plain.attributes, "brand": "Makers", "product_type": ["Games"]}
    assert (changed.tiers, changed.quantity, changed.sku) == (plain.tiers, 7, "GAME")
    assert house.calls["description"] == 1
    assert await _read(supplier, since + timedelta(seconds=2)) != []
    assert _ids(await _read(supplier, since + timedelta(seconds=2))) == []
    assert house.calls["token"] == 1, "one token for everything"


@only_sqlite
async def test_what_can_be_bought(house: CodesWholesale, connect: Connect) -> None:
    later = (datetime.now(UTC) + timedelta(days=90)).strftime("%Y-%m-%dT00:00:00.000Z")
    changes: dict[str, dict[str, Any]] = {
        "here": {"quantity": 3},
        "none": {"quantity": 0},
        "soon": {"quantity": 0, "releaseDate": later},
        "soon-here": {"quantity": 2, "releaseDate": later},
        "hidden": {"quantity": 9, "hidden": True},
        "odd-date": {"quantity": 1, "releaseDate": "soon"},
    }
    start = house.now()
    house.shape({"products": [{"identifier": name, **change} for name, change in changes.items()]})
    supplier = await connect("codeswholesale", currency="JPY")
    eager = await connect("codeswholesale", preorders="accept")

    async def told(adapter: CodesWholesaleSupplier) -> dict[str, tuple[str | None, int | None]]:
        page = await adapter.products_page(start)
        return {str(product.sku): (product.availability, product.quantity) for product in page.products}

    expected = {
        "here": ("in_stock", 3),
        "none": ("out_of_stock", 0),
        "soon": ("out_of_stock", 0),
        "soon-here": ("in_stock", 2),
        "hidden": ("out_of_stock", 0),
        "odd-date": ("in_stock", 1),
    }
    assert await told(supplier) == expected
    assert await told(eager) == {**expected, "soon": ("preorder", 0)}
    [hidden] = [one for one in (await supplier.products_page(start)).products if one.sku == "hidden"]
    assert (hidden.tiers, hidden.gtin) == ((), None), "its description is not there any more"
    [here] = [one for one in (await supplier.products_page(start)).products if one.sku == "here"]
    assert (here.currency, here.tiers[0]) == ("JPY", RemoteTier(1, 9, 10)), "whole yen"
    everything = _ids(await _read(supplier))
    assert len(everything) == 7
    assert product_id_of("hidden") not in everything
    house.shape({"hidden": "gone"})
    assert set(await told(supplier)) == set(changes) - {"hidden"}


@only_sqlite
async def test_pages(supplier: CodesWholesaleSupplier, house: CodesWholesale) -> None:
    house.catalogue = tuple(Article(f"G{number:02}", f"Game {number}", 500 + number) for number in range(60))
    house.restock()
    house.shape({"page_size": 26})
    ids = [product_id_of(f"G{number:02}") for number in range(60)]
    pages = await _read(supplier)
    assert [len(page.products) for page in pages] == [26, 26, 8]
    assert _ids(pages) == ids
    prices = {one.channel_product_id: one.tiers[0].price_minor for page in pages for one in page.products}
    assert prices == {id_: 500 + number for number, id_ in enumerate(ids)}
    for kind in ("duplicated_page", "page_drift"):
        house.faults.add(Fault(kind, "products"))  # type: ignore[arg-type] # of KINDS
        assert set(_ids(await _read(supplier))) == set(ids), "nothing is missed"
    assert house.faults.struck == {"duplicated_page": 1, "page_drift": 1}
    assert house.calls["description"] == 0
    pages = await _read(supplier, house.now() - timedelta(days=90))
    assert [sum(1 for product in page.products if product.gtin) for page in pages] == [0, 0, 8]
    assert house.calls["description"] == 8, "large pages of changes are read without"


@only_sqlite
async def test_bad_days_of_reading(supplier: CodesWholesaleSupplier, house: CodesWholesale, connect: Connect) -> None:
    long_ago = house.now() - timedelta(days=90)

    async def after(*faults: Fault, since: datetime | None = None) -> ProductPage:
        for fault in faults:
            house.faults.add(fault)
        page: ProductPage = await supplier.products_page(since)
        return page

    for kind in ("unavailable", "timeout", "lost_reply", "token_expired"):
        page = await after(Fault(kind, "products"))  # type: ignore[arg-type] # of KINDS
        assert sorted(_ids([page])) == sorted([GAME, SUITE]), f"{kind}: asked again"
    assert house.calls["token"] == 2, "the token that is given again is the one that works"
    with pytest.raises(ChannelUnavailable):
        await after(Fault("unavailable", "products", times=3))
    with pytest.raises(Unreadable):
        await after(Fault("html", "products"))
    with pytest.raises(CredentialsRefused):
        await after(Fault("token_expired", "products", times=2))
    house.faults.clear()

    problems = set()
    for _ in range(3):
        page = await after(Fault("malformed_item", "products"))
        assert len(page.products) == 1, "the other one is read"
        [item] = page.malformed
        assert isinstance(item, MalformedItem)
        problems.add((item.channel_id is None, item.problem))
    assert problems == {
        (True, "productId is missing"),
        (False, "value is 'free'"),
        (False, "name is missing"),
    }

    for fault in (
        Fault("unavailable", "description", times=None),
        Fault("html", "description", every=2),
        Fault("rate_limited", "description"),
    ):
        page = await after(fault, since=long_ago)
        assert [product.gtin for product in page.products] == [None, None], f"{fault.kind}: all or none"
        house.faults.clear()
    with pytest.raises(SlowDown) as slow:
        await after(Fault("rate_limited", "products"))
    assert (slow.value.retry_after or 0) >= 1
    stranger = await connect("codeswholesale", credentials={"client_id": "me", "client_secret": "guess"})
    with pytest.raises(CredentialsRefused) as refused:
        await stranger.check()
    assert refused.value.code == "credentials_refused"
    assert "guess" not in str(refused.value)


@only_sqlite
async def test_odd_answers(supplier: CodesWholesaleSupplier, house: CodesWholesale) -> None:
    entry = house.shelf.entries[GAME]

    async def told(**changes: Any) -> tuple[RemoteProduct | None, str | None]:
        house.shelf.put({**entry, "product": {**entry["product"], **changes}})
        page = await supplier.products_page(None)
        read = [product for product in page.products if product.sku == "GAME"]
        return (read or [None])[0], page.malformed[0].problem if page.malformed else None

    assert await told(quantity=-1) == (None, "quantity is -1")
    assert await told(quantity="many") == (None, "quantity is 'many'")
    assert await told(prices=[{"from": 1, "to": 9}]) == (None, "a price has no value")
    assert await told(prices=[{"from": 1, "to": 9, "value": -1}]) == (None, "a price has no value")
    assert await told(prices="cheap") == (None, "prices is 'cheap'")
    read, _ = await told(prices=[{"from": 10, "to": 0, "value": 2.805}, {"from": 0, "to": 9, "value": "3.10"}])
    assert read is not None
    assert read.tiers == (RemoteTier(1, 9, 310), RemoteTier(10, None, 280)), "half a cent to the even one"
    read, _ = await told(prices=None, quantity=4)
    assert read is not None
    assert (read.tiers, read.availability, read.quantity) == ((), "out_of_stock", 0)
    read, _ = await told(quantity=None, images=None, regions="EU", languages=[1], platform=None, releaseDate=None)
    assert read is not None
    assert (read.availability, read.quantity, read.attributes) == (None, None, {})
    read, _ = await told(images=[{"format": "small", "image": "https://x/s.png"}, None, {"format": "LARGE"}])
    assert read is not None
    assert read.attributes["image_link"] == "https://x/s.png"


def test_what_codeswholesale_can_do() -> None:
    manifest = MANIFESTS["codeswholesale"]
    assert manifest.capabilities == ("products_in", "keys")
    assert capabilities_of(CodesWholesaleSupplier) == manifest.capabilities
    assert manifest.hosts == {
        "live": {"api": "https://api.codeswholesale.com"},
        "sandbox": {"api": "https://sandbox.codeswholesale.com"},
    }
    assert [(field.name, field.kind, field.required) for field in manifest.secrets] == [
        ("client_id", "text", True),
        ("client_secret", "secret", True),
    ]
