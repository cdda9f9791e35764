"""EBay's orders, over HTTP with the simulator: exact values, and what cannot be read."""

from typing import Any

import pytest

from orion.channels import (
    RemoteAddress,
    RemoteLine,
    RemoteOrder,
    Unreadable,
    capabilities_of,
)
from orion.channels.adapters.ebay import EbayAdapter
from orion.simulators.ebay import USER_ID, USERNAME, Ebay
from tests.channels.ebay.given import MONTH, YESTERDAY, eur, given, item

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_an_order_is_read_exactly(ebay: EbayAdapter, shop: Ebay) -> None:
    shop.put_order(given())
    assert await ebay.check() == f"EBay lets us read the orders of {USERNAME}."
    assert ebay.learned == {"user_id": USER_ID, "username": USERNAME}
    page = await ebay.orders_page(MONTH)
    [order] = page.orders
    assert order == RemoteOrder(
        channel_order_id="11-22222-33333",
        number="11-22222-33333",
        raw_status="PAID/NOT_STARTED",
        status="confirmed",
        ordered_at=YESTERDAY,
        updated_at=YESTERDAY,
        currency="EUR",
        lines=(
            RemoteLine(
                channel_line_id="1",
                title="Mug",
                quantity=2,
                sku="MUG",
                channel_product_id="111",
                unit_price_minor=1250,
                subtotal_minor=2500,
                total_minor=2500,
                raw_status="NOT_STARTED",
            ),
            RemoteLine(
                channel_line_id="2",
                title="Cap",
                quantity=1,
                sku="CAP",
                channel_product_id="112",
                unit_price_minor=999,
                subtotal_minor=999,
                discount_minor=200,
                total_minor=799,
                raw_status="NOT_STARTED",
            ),
        ),
        raw=shop.book.entries["11-22222-33333"]["order"],
        buyer_name="Anne Weber",
        buyer_email="relay@members.example",
        buyer_phone="+352 1",
        buyer_reference="opaque_77",
        shipping_address=RemoteAddress(
            name="Anne Weber",
            organization="Weber S.à r.l.",
            street=("1, Grand-Rue", "2nd floor"),
            postal_code="1611",
            city="Luxembourg",
            region="LU",
            country="LU",
            phone="+352 1",
        ),
        billing_address=RemoteAddress(name="Anne Weber", street=("9, Um Bierg",), city="Esch"),
        subtotal_minor=3499,
        shipping_minor=590,
        discount_minor=300,
        total_minor=3789,
    )
    assert (page.malformed, page.cursor, page.watermark) == ([], None, None)
    assert await ebay.order("11-22222-33333") == order
    assert await ebay.order("11-22222-33334") is None
    assert capabilities_of(EbayAdapter) == (
        "products_in",
        "products_out",
        "orders_in",
        "fulfillment_out",
        "inventory_out",
    )


@only_sqlite
async def test_statuses(ebay: EbayAdapter, shop: Ebay) -> None:
    statuses = {
        ("NONE_REQUESTED", "PAID", "NOT_STARTED"): "confirmed",
        ("NONE_REQUESTED", "PAID", "IN_PROGRESS"): "processing",
        ("NONE_REQUESTED", "PAID", "FULFILLED"): "shipped",
        ("NONE_REQUESTED", "PENDING", "NOT_STARTED"): "pending",
        ("NONE_REQUESTED", "FAILED", "NOT_STARTED"): "pending",
        ("NONE_REQUESTED", "FULLY_REFUNDED", "FULFILLED"): "refunded",
        ("NONE_REQUESTED", "PARTIALLY_REFUNDED", "FULFILLED"): "partially_refunded",
        ("CANCELED", "FULLY_REFUNDED", "NOT_STARTED"): "cancelled",
        ("IN_PROGRESS", "PAID", "NOT_STARTED"): "confirmed",
        ("PERHAPS", "PAID", "NOT_STARTED"): None,
        ("NONE_REQUESTED", "PAID", "LOST"): None,
        ("NONE_REQUESTED", "DISPUTED", "NOT_STARTED"): None,
    }
    for (cancel, payment, fulfillment), status in statuses.items():
        cancelled = {"cancelState": cancel, "cancelRequests": []}
        states = {"orderPaymentStatus": payment, "orderFulfillmentStatus": fulfillment, "cancelStatus": cancelled}
        shop.put_order(given(**states))
        order = await ebay.order("11-22222-33333")
        assert order is not None
        raw = f"{payment}/{fulfillment}"
        assert (order.raw_status, order.status) == (raw if cancel == "NONE_REQUESTED" else f"{cancel}/{raw}", status)
        assert order.cancel_requested is (cancel == "IN_PROGRESS")
        assert [line.cancelled_quantity for line in order.lines] == ([2, 1] if cancel == "CANCELED" else [0, 0])

    shop.put_order(given())
    shop.change_order("11-22222-33333", {"cancel_request": "BUYER_ASKED"})
    [listed] = (await ebay.orders_page(MONTH)).orders
    alone = await ebay.order("11-22222-33333")
    assert alone is not None
    assert (listed.cancel_requested, alone.cancel_requested) == (True, True)
    assert (listed.raw["cancelStatus"]["cancelRequests"], alone.raw["cancelStatus"]["cancelRequests"][0]) == (
        [],
        alone.raw["cancelStatus"]["cancelRequests"][0] | {"cancelReason": "BUYER_ASKED"},
    )
    shop.change_order("11-22222-33333", {"cancelState": "CANCELED"})
    alone = await ebay.order("11-22222-33333")
    assert alone is not None
    assert (alone.status, alone.cancel_requested) == ("cancelled", False)


@only_sqlite
async def test_amounts_taxes_and_refunds_add_up(ebay: EbayAdapter, shop: Ebay) -> None:
    async def told(**changes: Any) -> RemoteOrder:
        shop.put_order(given(**changes))
        order = await ebay.order("11-22222-33333")
        assert order is not None
        return order

    vat = {"taxType": "VAT", "amount": eur("2.50")}
    collected = vat | {"collectionMethod": "NET"}
    taxed = await told(
        ebayCollectAndRemitTax=True,
        lineItems=[item("1", "MUG", 1, "12.50", taxes=[vat], ebayCollectAndRemitTaxes=[collected])],
    )
    assert (taxed.tax_minor, taxed.total_minor, taxed.prices_include_tax) == (250, 1500, False)
    assert (taxed.lines[0].subtotal_minor, taxed.lines[0].tax_minor, taxed.lines[0].total_minor) == (1250, 250, 1500)

    # Where the breakdown is not given, the total tells whether what eBay collects is in it.
    beside = [item("1", "MUG", 1, "12.50", ebayCollectAndRemitTaxes=[collected])]
    pricing = {"priceSubtotal": eur("12.50"), "deliveryCost": eur("0.0")}
    within = await told(lineItems=beside, pricingSummary=pricing | {"total": eur("15.00")})
    assert (within.tax_minor, within.lines[0].tax_minor, within.prices_include_tax) == (250, 250, False)
    without = await told(lineItems=beside, pricingSummary=pricing | {"total": eur("12.50")})
    assert (without.tax_minor, without.lines[0].tax_minor, without.prices_include_tax) == (0, 0, True)

    extra = {"adjustment": eur("-0.50"), "fee": eur("0.20"), "tax": eur("1.00"), "total": eur("13.20")}
    odd = await told(lineItems=[item("1", "MUG", 1, "12.50")], pricingSummary=pricing | extra)
    assert (odd.discount_minor, odd.tax_minor, odd.total_minor) == (50, 120, 1320)
    for order in (taxed, within, without, odd):
        assert order.subtotal_minor is not None
        tax = 0 if order.prices_include_tax else order.tax_minor
        assert order.total_minor == order.subtotal_minor - order.discount_minor + order.shipping_minor + tax

    yen = {"value": "1200", "currency": "JPY"}
    line = item("1", "MUG", 1, "0") | {"lineItemCost": yen, "deliveryCost": {"shippingCost": yen | {"value": "0"}}}
    japan = await told(lineItems=[line])
    assert (japan.currency, japan.total_minor, japan.lines[0].unit_price_minor) == ("JPY", 1200, 1200)
    thirds = await told(lineItems=[item("1", "MUG", 3, "10.00")])
    assert (thirds.lines[0].unit_price_minor, thirds.lines[0].subtotal_minor) == (None, 1000)
    entry = shop.book.entries["11-22222-33333"]
    shop.book.put({**entry, "order": entry["order"] | {"pricingSummary": {"priceSubtotal": eur("1.00")}}})
    unpriced = await ebay.order("11-22222-33333")
    assert unpriced is not None
    assert (unpriced.total_minor, unpriced.problems) == (None, ("price_missing",))

    await told(lineItems=[item("1", "MUG", 2, "25.00")])
    shop.change_order("11-22222-33333", {"refund": "5.00", "refund_status": "PENDING"})
    shop.change_order("11-22222-33333", {"refund": "7.55", "refund_line": "1"})
    part = await ebay.order("11-22222-33333")
    assert part is not None
    assert (part.status, part.refunded_minor, part.lines[0].refunded_minor) == ("partially_refunded", 755, 755)
    shop.change_order("11-22222-33333", {"refund": "17.45"})
    whole = await ebay.order("11-22222-33333")
    assert whole is not None
    assert (whole.status, whole.refunded_minor, whole.total_minor) == ("refunded", 2500, 2500)
    both = {"paymentSummary": {"refunds": [{"refundId": "r1", "refundStatus": "REFUNDED", "amount": eur("3.00")}]}}
    line = item("1", "MUG", 1, "12.50", refunds=[{"refundId": "r1", "amount": eur("3.00")}, {"amount": eur("3.00")}])
    entry = shop.book.entries["11-22222-33333"]
    shop.book.put({**entry, "order": entry["order"] | both | {"lineItems": [line], "orderPaymentStatus": "PAID"}})
    same = await ebay.order("11-22222-33333")
    assert same is not None
    assert same.refunded_minor == 300, "told in both places"
    shop.shape({"collected_tax_percent": 20})
    (order_id,) = shop.place_orders(1)
    shop.change_order(order_id, {"refund": shop.book.entries[order_id]["order"]["pricingSummary"]["total"]["value"]})
    taxed = await ebay.order(order_id)
    assert taxed is not None
    assert (taxed.status, taxed.refunded_minor) == ("refunded", taxed.total_minor), "eBay tells it without its tax"


@only_sqlite
async def test_who_sends_it_and_where_to(ebay: EbayAdapter, shop: Ebay) -> None:
    found = {}
    for sent_by in ("SELLER", "EBAY", "HUB"):
        shop.shape({"sent_by": sent_by})
        (order_id,) = shop.place_orders(1)
        order = await ebay.order(order_id)
        assert order is not None
        found[sent_by] = order
    assert {name: order.sent_by_channel for name, order in found.items()} == {
        "SELLER": False, "EBAY": True, "HUB": False
    }  # fmt: skip
    assert found["EBAY"].shipping_address is None
    hub = found["HUB"].shipping_address
    assert hub is not None
    assert hub.street == ("1, Hub Road", "Reference 900003"), "the number by which the hub knows the parcel"


@only_sqlite
async def test_one_bad_entry_never_sinks_a_page(ebay: EbayAdapter, shop: Ebay) -> None:
    good = shop.put_order(given())
    entry = shop.book.entries[good]
    broken: dict[str, tuple[dict[str, Any], str]] = {
        "b01": ({"lastModifiedDate": "soon"}, "lastModifiedDate is 'soon'"),
        "b02": ({"creationDate": "2026-05-01T10:00:00"}, "creationDate has no offset: '2026-05-01T10:00:00'"),
        "b03": ({"orderPaymentStatus": None}, "orderPaymentStatus or orderFulfillmentStatus is missing"),
        "b04": ({"lineItems": None}, "lineItems is missing"),
        "b05": ({"lineItems": [None]}, "lineItems is a list"),
        "b06": ({"lineItems": [item("1", "MUG", -1, "1")]}, "quantity is -1"),
        "b07": ({"lineItems": [item("1", "MUG", 1, "free")]}, "lineItemCost: value is 'free'"),
        "b08": ({"pricingSummary": {"total": {"value": "NaN", "currency": "EUR"}}}, "total: value is 'NaN'"),
        "b09": ({"pricingSummary": {}, "lineItems": []}, "there is no currency"),
        "b10": (
            {"pricingSummary": {"total": {"value": "1", "currency": "USD"}}},
            "lineItemCost is in 'EUR', and the order in USD",
        ),
        "b11": ({"buyer": "Anne"}, "buyer is 'Anne'"),
    }
    for name, (changes, _) in broken.items():
        shop.book.put({**entry, "id": name, "order": {**entry["order"], "orderId": name, **changes}})
    page = await ebay.orders_page(MONTH)
    assert [order.channel_order_id for order in page.orders] == [good]
    assert {item.channel_id: item.problem for item in page.malformed} == {
        name: problem for name, (_, problem) in broken.items()
    }
    with pytest.raises(Unreadable, match="getOrder: lineItems is missing"):
        await ebay.order("b04")
