"""What is listed at Amazon, its stock and its prices, over HTTP with the simulator."""

import pytest

from orion.channels import (
    ChannelUnavailable,
    ProductPage,
    Refused,
    RemoteProduct,
    SlowDown,
    StockAnswer,
    StockOffer,
    Unreadable,
)
from orion.channels.adapters.amazon import AmazonSeller
from orion.plumbing.runtime import Runtime
from orion.simulators.amazon import SELLER_ID, Amazon
from orion.simulators.amazon.content import asin_of
from orion.simulators.amazon.listings import listings_of
from orion.simulators.kit import Article, Fault
from tests.channels.amazon.samples import DE, FR, SETTINGS, UK
from tests.channels.conftest import Connect
from tests.simulators.running import Simulators

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GTIN = "4006381333931"


@pytest.fixture
def seller(simulators: Simulators) -> Amazon:
    found = simulators["amazon"]
    assert isinstance(found, Amazon)
    found.catalogue = (Article("MUG", "Blaue Tasse, groß", 1250, GTIN), Article("C/P 1", "Cap", 999))
    return found


async def _read(adapter: AmazonSeller) -> list[ProductPage]:
    pages = [await adapter.products_page(None)]
    while pages[-1].cursor:
        assert len(pages) < 50
        pages.append(await adapter.products_page(None, pages[-1].cursor))
    return pages


def _products(pages: list[ProductPage]) -> list[RemoteProduct]:
    return [product for page in pages for product in page.products]


async def test_all_listings_come_by_report(amazon: AmazonSeller, connect: Connect, seller: Amazon) -> None:
    mug, cap = _products(await _read(amazon))
    assert mug == RemoteProduct(
        channel_product_id=asin_of("MUG"),
        title="Blaue Tasse, groß",
        language="de",
        currency="EUR",
        price_minor=1250,
        sku="MUG",
        gtin=GTIN,
        quantity=10,
        attributes={
            "condition": "new",
            "brand": "Simulated",
            "image_link": "https://m.media-amazon.example/MUG.jpg",
        },
    )
    assert (cap.sku, cap.gtin, cap.channel_product_id) == ("C/P 1", None, asin_of("C/P 1"))
    assert seller.calls["createReport"] == 1

    seller.shape({"report_encoding": "cp1252"})
    await amazon.publish_stock([StockOffer("MUG", 0)])
    both = await connect("amazon", **SETTINGS | {"marketplace_ids": [DE, FR]})
    products = _products(await _read(both))
    assert [(one.sku, one.title, one.language, one.price_minor, one.quantity) for one in products] == [
        ("MUG", "Blaue Tasse, groß", "de", 1250, 0),
        ("C/P 1", "Cap", "de", 999, 10),
        ("MUG", "Blaue Tasse, groß", "fr", None, 0),
        ("C/P 1", "Cap", "fr", None, 10),
    ], "texts of every marketplace, prices of the first"
    assert products[0].availability == "out_of_stock"


@only_sqlite
async def test_reports_take_a_while_and_go_wrong(amazon: AmazonSeller, seller: Amazon) -> None:
    seller.shape({"polls": 8})
    asked = await amazon.products_page(None)
    assert (asked.products, asked.malformed) == ((), ())
    with pytest.raises(SlowDown) as pending:
        await amazon.products_page(None, asked.cursor)
    assert (pending.value.code, pending.value.retry_after) == ("report_pending", 60.0)
    page = await amazon.products_page(None, asked.cursor)
    assert ([product.sku for product in page.products], page.cursor) == (["MUG", "C/P 1"], None)
    assert seller.calls["createReport"] == 1, "the same one is waited for"

    seller.shape({"polls": 1})
    seller.faults.add(Fault("lost_reply", "createReport"))
    seller.faults.add(Fault("unavailable", "document"))
    seller.faults.add(Fault("token_expired", "getReport"))
    assert len(_products(await _read(amazon))) == 2
    seller.shape({"report_ends": "CANCELLED"})
    assert _products(await _read(amazon)) == [], "nothing to report"
    seller.shape({"report_ends": "FATAL"})
    with pytest.raises(ChannelUnavailable, match="could not make the report"):
        await _read(amazon)
    seller.shape({"report_ends": "DONE"})
    seller.faults.add(Fault("html", "document"))
    with pytest.raises(Unreadable):
        await _read(amazon)
    asked = await amazon.products_page(None)
    secret, seller.document_secret = seller.document_secret, "moved"
    assert len(_products([await amazon.products_page(None, asked.cursor)])) == 2
    seller.document_secret = secret
    with pytest.raises(Refused, match="none of ours"):
        await amazon.products_page(None, "[]")


@only_sqlite
async def test_of_many_listings_the_report_is_fetched_once(amazon: AmazonSeller, seller: Amazon) -> None:
    seller.catalogue = tuple(Article(f"T{number:04}", "Thing", 100) for number in range(1201))
    pages = await _read(amazon)
    assert [len(page.products) for page in pages] == [0, 500, 500, 201]
    assert seller.calls["getReportDocument"] == 1


@only_sqlite
async def test_few_stocks_are_set_one_by_one(amazon: AmazonSeller, connect: Connect, seller: Amazon) -> None:
    for kind in ("lost_reply", "timeout", "unavailable", "token_expired"):
        seller.faults.add(Fault(kind, "patchListingsItem"))  # type: ignore[arg-type] # of KINDS
        assert await amazon.publish_stock([StockOffer("MUG", 7)]) == [StockAnswer("MUG")]
    offers = [StockOffer("MUG", 7), StockOffer("GONE", 1), StockOffer("C/P 1", -1), StockOffer("MUG", 5)]
    assert await amazon.publish_stock(offers) == [
        StockAnswer("MUG"),
        StockAnswer("GONE", "The SKU GONE does not exist in your inventory."),
        StockAnswer("C/P 1", "The quantity must be a number from 0 on."),
        StockAnswer("MUG"),
    ]
    assert {sku: listing.quantity for sku, listing in listings_of(seller).items()} == {"MUG": 5, "C/P 1": 10}
    answers = await amazon.publish_stock([StockOffer("", 1), StockOffer("MUG", 6)])
    assert [(answer.sku, bool(answer.problem)) for answer in answers] == [("", True), ("MUG", False)]
    assert listings_of(seller)["MUG"].quantity == 6, "what is refused of one says nothing of the others"
    assert seller.calls["createFeed"] == 0
    assert await amazon.publish_stock([]) == []
    seller.catalogue = (*seller.catalogue, Article("A,B", "Pair", 500))
    seller.shape({"amazon_skus": ["MUG", "A,B"]})
    told, theirs = seller.calls["patchListingsItem"], "Its stock lies at Amazon, which counts it"
    answers = await amazon.publish_stock([StockOffer("MUG", 1), StockOffer("A,B", 1)])
    assert answers == [StockAnswer("MUG", theirs), StockAnswer("A,B", theirs)]
    assert seller.calls["patchListingsItem"] == told
    nameless = await connect("amazon", region="eu", marketplace_ids=[DE])
    with pytest.raises(Refused, match="Enter the seller id"):
        await nameless.publish_stock(offers)
    nowhere = await connect("amazon", region="eu", seller_id=SELLER_ID)
    with pytest.raises(Refused, match="Choose the marketplaces"):
        await nowhere.publish_stock(offers)


@only_sqlite
async def test_many_stocks_are_set_by_a_feed(amazon: AmazonSeller, seller: Amazon) -> None:
    seller.catalogue = tuple(Article(f"S{number}", "Thing", 100) for number in range(300))
    offers = [StockOffer(f"S{number}", number) for number in range(300)]
    offers[5], offers[150] = StockOffer("GONE", 1), StockOffer("S150", -1)
    for operation in ("createFeedDocument", "createFeed", "getFeed", "document"):
        seller.faults.add(Fault("lost_reply", operation))
    answers = await amazon.publish_stock(offers)
    assert [answer.sku for answer in answers] == [offer.sku for offer in offers]
    assert [answer for answer in answers if answer.problem] == [
        StockAnswer("GONE", "The SKU GONE does not exist in your inventory."),
        StockAnswer("S150", "The quantity must be a number from 0 on."),
    ]
    assert seller.calls["patchListingsItem"] == 0
    assert {sku: listing.quantity for sku, listing in listings_of(seller).items()} == {
        f"S{number}": 10 if number in (5, 150) else number for number in range(300)
    }
    seller.shape({"feed_ends": "FATAL"})
    with pytest.raises(ChannelUnavailable) as failed:
        await amazon.publish_stock(offers)
    assert failed.value.code == "feed_failed"
    seller.shape({"feed_ends": "DONE", "polls": 1000})
    with pytest.raises(ChannelUnavailable) as pending:
        await amazon.publish_stock(offers)
    assert (pending.value.code, pending.value.retry_after) == ("feed_pending", 300.0)


def _offered(sku: str | None, price: int | None, currency: str | None = "EUR") -> RemoteProduct:
    return RemoteProduct(f"B0{sku}", "Anything", "de", currency=currency, price_minor=price, sku=sku)


@only_sqlite
async def test_prices(amazon: AmazonSeller, connect: Connect, seller: Amazon) -> None:
    everywhere = await connect("amazon", **SETTINGS | {"marketplace_ids": [DE, FR, UK]})
    answers = await everywhere.offer(
        [
            _offered("MUG", 1999),
            _offered("C/P 1", 1850, "GBP"),
            _offered("GONE", 100),
            _offered(None, 100),
            _offered("X", None),
            _offered("Y", 100, "SEK"),
        ]
    )
    assert answers == [
        StockAnswer("MUG"),
        StockAnswer("C/P 1"),
        StockAnswer("GONE", "The SKU GONE does not exist in your inventory."),
        StockAnswer("", "Amazon knows listings by their SKU, and this one has none"),
        StockAnswer("X", "Amazon needs a price above 0"),
        StockAnswer("Y", "None of the connection's marketplaces sells in SEK"),
    ]
    assert {sku: listing.prices for sku, listing in listings_of(seller).items()} == {
        "MUG": {DE: 1999, FR: 1999},
        "C/P 1": {UK: 1850},
    }
    assert listings_of(seller)["MUG"].quantity == 10, "prices leave the stock as it is"
    seller.catalogue = tuple(Article(f"S{number}", "Thing", 100) for number in range(30))
    assert {answer.problem for answer in await amazon.offer([_offered(f"S{n}", 100 + n) for n in range(30)])} == {None}
    assert [listing.price_in(DE) for listing in listings_of(seller).values()] == [100 + n for n in range(30)]
    assert seller.calls["createFeed"] == 1


@only_sqlite
async def test_documents_elsewhere_are_not_asked_for(amazon: AmazonSeller, simulated: Runtime, seller: Amazon) -> None:
    asked = await amazon.products_page(None)
    simulated.settings.simulator_url = simulated.settings.simulator_url.replace("127.0.0.1", "localhost")
    with pytest.raises(Unreadable, match="which is not its own"):
        client = amazon._client
        await client.send("document", "GET", "http://127.0.0.1:1/amazon/documents/1", token=False)
    assert asked.cursor is not None
