"""Parcels, stock and prices at eBay, over HTTP with the simulator: once each, whatever happens on the way."""

from datetime import UTC, datetime
from typing import Any

import pytest

from orion.channels import (
    ChannelUnavailable,
    Refused,
    RemoteProduct,
    RemoteShipment,
    ShippedLine,
    SlowDown,
    StockAnswer,
    StockOffer,
    Window,
)
from orion.channels.adapters.ebay import EbayAdapter, parcels
from orion.simulators.ebay import Ebay
from orion.simulators.ebay.inventory import offer_id
from orion.simulators.kit import Article, Fault
from tests.channels.conftest import Connect

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
AT = datetime(2026, 5, 3, 12, 30, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def order(shop: Ebay) -> dict[str, Any]:
    while True:
        [order_id] = shop.place_orders(1)
        found: dict[str, Any] = shop.book.entries[order_id]["order"]
        if len(found["lineItems"]) == 2:
            return found


def _parcel(order: dict[str, Any], **changes: Any) -> RemoteShipment:
    line = order["lineItems"][0]
    fields = {
        "channel_order_id": order["orderId"],
        "reference": "77",
        "lines": (ShippedLine(line["lineItemId"], line["quantity"]),),
        "carrier": "DHL",
        "tracking_number": "JD 0146-00",
        "shipped_at": AT,
        "completes_order": False,
    }
    return RemoteShipment(**(fields | changes))


async def test_each_parcel_is_told_once(ebay: EbayAdapter, shop: Ebay, order: dict[str, Any]) -> None:
    first, second = order["lineItems"]
    assert await ebay.ship(_parcel(order)) == "JD014600"
    assert await ebay.ship(_parcel(order)) == "JD014600", "the same again is no second parcel"
    assert shop.parcels[order["orderId"]] == [
        {
            "fulfillmentId": "JD014600",
            "shippedDate": "2026-05-03T12:30:00.250Z",
            "lineItems": [{"lineItemId": first["lineItemId"], "quantity": first["quantity"]}],
            "shipmentTrackingNumber": "JD014600",
            "shippingCarrierCode": "DHL",
        }
    ]
    assert shop.calls["createShippingFulfillment"] == 1
    told = await ebay.order(order["orderId"])
    assert told is not None
    assert (told.status, [line.shipped_quantity for line in told.lines]) == ("processing", [first["quantity"], 0])

    rest = (ShippedLine(second["lineItemId"], second["quantity"]),)
    shop.faults.add(Fault("rate_limited", "createShippingFulfillment"))
    with pytest.raises(SlowDown):  # the same number for other lines is another shipment, and not known yet
        await ebay.ship(_parcel(order, lines=rest))
    untracked = _parcel(order, lines=rest, tracking_number=None)
    for kind in ("lost_reply", "timeout", "unavailable"):
        shop.faults.add(Fault(kind, "createShippingFulfillment"))  # type: ignore[arg-type] # of KINDS
        if kind == "lost_reply":
            assert await ebay.ship(untracked) == "1000", "it was told, and found"
    shop.faults.clear()
    assert await ebay.ship(untracked) == "1000"
    assert len(shop.parcels[order["orderId"]]) == 2
    told = await ebay.order(order["orderId"])
    assert told is not None
    assert (told.status, told.raw_status) == ("shipped", "PAID/FULFILLED")


async def test_parcels_on_bad_days(ebay: EbayAdapter, shop: Ebay, order: dict[str, Any]) -> None:
    for kind in ("timeout", "unavailable"):
        shop.faults.add(Fault(kind, "createShippingFulfillment"))  # type: ignore[arg-type] # of KINDS
        with pytest.raises(ChannelUnavailable):
            await ebay.ship(_parcel(order))
        assert order["orderId"] not in shop.parcels
    shop.faults.add(Fault("html", "createShippingFulfillment"))
    with pytest.raises(ChannelUnavailable):
        await ebay.ship(_parcel(order))
    assert await ebay.ship(_parcel(order)) == "JD014600"

    with pytest.raises(Refused) as refused:
        await ebay.ship(_parcel(order, tracking_number="- -"))
    assert refused.value.code == "tracking_invalid"
    nobodys = (ShippedLine("404", 1),)
    with pytest.raises(Refused) as refused:
        await ebay.ship(_parcel(order, lines=nobodys, tracking_number="X1"))
    assert refused.value.field_errors == (("32200", "Invalid line item id: 404"),)
    twice = (_parcel(order).lines[0],) * 2
    with pytest.raises(Refused) as refused:
        await ebay.ship(_parcel(order, lines=twice, tracking_number="X2"))
    assert refused.value.field_errors[0][0] == "32210"
    with pytest.raises(Refused) as refused:
        await ebay.ship(_parcel(order, channel_order_id="00-00000-00000"))
    assert refused.value.field_errors == (("32100", "Invalid order ID: 00-00000-00000"),)
    assert len(shop.parcels[order["orderId"]]) == 1


async def test_units_of_orders_that_are_partly_sent(
    ebay: EbayAdapter, shop: Ebay, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = order["lineItems"]
    shop.change_order(order["orderId"], {"lineItems": [{**first, "quantity": 4}, second]})
    for number in (1, 2):
        parcel = {"lineItemId": first["lineItemId"], "quantity": number}
        shop.change_order(order["orderId"], {"parcel": {"lineItems": [parcel]}})
    shop.place_orders(1)

    async def sent() -> list[int]:
        page = await ebay.orders_page(Window())
        assert page.malformed == []
        (found,) = [each for each in page.orders if each.channel_order_id == order["orderId"]]
        return [line.shipped_quantity for line in found.lines]

    monkeypatch.setattr(parcels, "MOST_A_PAGE", 0)
    with pytest.raises(SlowDown) as raised:
        await sent()
    assert (raised.value.code, raised.value.retry_after) == ("budget_spent", 60.0)
    monkeypatch.undo()
    assert [await sent() for _ in range(2)] == [[3, 0]] * 2
    assert shop.calls["getShippingFulfillments"] == 1, "what was asked of this version is kept"
    single = await ebay.order(order["orderId"])
    assert single is not None
    assert [line.shipped_quantity for line in single.lines] == [3, 0]
    assert shop.calls["getShippingFulfillments"] == 2, "a single read asks anew"

    shop.change_order(order["orderId"], {"parcel": {"lineItems": [{**parcel, "quantity": 1}]}})
    assert await sent() == [4, 0]
    assert shop.calls["getShippingFulfillments"] == 2, "a line that has left says so itself"
    shop.change_order(order["orderId"], {"lineItems": [{**first, "quantity": 4}, {**second, "quantity": 2}]})
    parcel = {"lineItemId": second["lineItemId"], "quantity": 1}
    shop.change_order(order["orderId"], {"parcel": {"lineItems": [parcel]}})
    shop.faults.add(Fault("unavailable", "getShippingFulfillments", times=3))
    page = await ebay.orders_page(Window())
    assert [one.channel_id for one in page.malformed] == [order["orderId"]]
    assert page.malformed[0].problem.startswith("its parcels cannot be read: getShippingFulfillments")
    assert len(page.orders) == len(shop.truth()) - 1, "the others come in"


async def test_stock_is_set_and_each_answer_is_read(ebay: EbayAdapter, shop: Ebay, connect: Connect) -> None:
    offers = [StockOffer("MUG", 7), StockOffer("NO", 1), StockOffer("CAP", 0, offer_id("CAP"))]
    missing = "There is no offer of it at EBAY_DE that was made by the API"
    assert await ebay.publish_stock(offers) == [StockAnswer("MUG"), StockAnswer("NO", missing), StockAnswer("CAP")]
    assert shop.stock == {"MUG": 7, "CAP": 0}
    assert (shop.calls["getOffers"], shop.calls["bulkUpdatePriceQuantity"]) == (2, 1), "a known offer is not looked up"
    shop.faults.add(Fault("lost_reply", "bulkUpdatePriceQuantity"))
    assert await ebay.publish_stock([StockOffer("MUG", 8)]) == [StockAnswer("MUG")]
    assert (shop.stock["MUG"], shop.calls["getOffers"]) == (8, 2), "an offer's id is kept"

    wrong = await ebay.publish_stock([StockOffer("MUG", 9), StockOffer("CAP", 3, "12")])
    assert wrong == [StockAnswer("MUG"), StockAnswer("CAP", "This Offer is not available. (25713)")]
    assert shop.stock["MUG"] == 9
    negative = await ebay.publish_stock([StockOffer("MUG", -1)])
    assert negative[0].problem == "Could not update the quantity: it is negative or no number. (25704)"

    shop.shape({"one_sku": True})
    both = [StockOffer("MUG", 4), StockOffer("CAP", 4)]
    assert await ebay.publish_stock(both) == [StockAnswer("MUG"), StockAnswer("CAP")]
    assert shop.stock == {"MUG": 4, "CAP": 4}, "what a call passes over is sent alone"
    shop.shape({"one_sku": False})

    shop.catalogue = tuple(Article(f"S{number:02}", "Thing", 100) for number in range(60))
    shop.calls.clear()
    many = await ebay.publish_stock([StockOffer(article.sku, 2) for article in shop.catalogue])
    assert many == [StockAnswer(article.sku) for article in shop.catalogue]
    assert shop.calls["bulkUpdatePriceQuantity"] == 3, "25 in a call"
    placed = await connect("ebay", location="HQ")
    assert await placed.publish_stock([StockOffer("S00", 4)]) == [StockAnswer("S00")]
    assert shop.stock["S00"] == 4
    french = await connect("ebay", marketplace="EBAY_FR")
    assert (await french.publish_stock([StockOffer("S00", 5)]))[0].problem == missing.replace("EBAY_DE", "EBAY_FR")


async def test_products_with_their_prices(ebay: EbayAdapter, shop: Ebay) -> None:
    page = await ebay.products_page(None)
    assert (page.products[0], page.cursor, page.malformed) == (
        RemoteProduct(
            channel_product_id="MUG",
            title="Blue mug",
            language="de",
            currency="EUR",
            price_minor=1250,
            sku="MUG",
            gtin="4006381333931",
            description="<p>Blue mug, new.</p>",
            availability="in_stock",
            quantity=5,
            attributes={
                "brand": "Simulated",
                "mpn": "M-MUG",
                "image_link": "https://i.example.com/MUG.jpg",
                "condition": "new",
            },
        ),
        None,
        [],
    )
    told = [
        RemoteProduct("MUG", "Blue mug", "de", "EUR", 1399, "MUG"),
        RemoteProduct("X", "No price", "de"),
        RemoteProduct("CAP", "Cap", "de", "USD", 500, "CAP"),
    ]
    assert await ebay.offer(told) == [
        StockAnswer("MUG"),
        StockAnswer("X", "A SKU, a price and its currency are needed"),
        StockAnswer("CAP", "The price is not valid: it is in EUR, and more than 0. (25760)"),
    ]
    assert shop.prices == {"MUG": "13.99"}
    assert (await ebay.products_page(None)).products[0].price_minor == 1399

    shop.catalogue = tuple(Article(f"S{number:02}", "Thing", 100) for number in range(60))
    first = await ebay.products_page(None)
    second = await ebay.products_page(None, first.cursor)
    assert [product.sku for product in (*first.products, *second.products)] == [each.sku for each in shop.catalogue]
    assert (len(first.products), second.cursor) == (50, None)
