"""What an order of Amazon means to us: exact values."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orion.channels import (
    RemoteAddress,
    RemoteLine,
    RemoteOrder,
)
from orion.channels.adapters.amazon import AmazonSeller
from orion.channels.adapters.amazon.reading import read_order
from orion.simulators.amazon import Amazon
from tests.channels.amazon.samples import (
    DE,
    LONG_AGO,
    a_node,
    an_item,
    eur,
    given,
)

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_an_order_is_read_exactly(amazon: AmazonSeller, seller: Amazon) -> None:
    seller.put_order(given())
    assert await amazon.check() == "Amazon lets us act for a seller in Amazon.de."
    page = await amazon.orders_page(LONG_AGO)
    [order] = page.orders
    assert order == RemoteOrder(
        channel_order_id="302-0000001-0000001",
        number="302-0000001-0000001",
        raw_status="UNSHIPPED",
        status="confirmed",
        ordered_at=datetime(2026, 5, 1, 8, tzinfo=UTC),
        updated_at=datetime(2026, 5, 2, 8, tzinfo=UTC),
        currency="EUR",
        lines=(
            RemoteLine("11", "Mug", 2, "MUG", "B0MUG", unit_price_minor=1250, subtotal_minor=2500, total_minor=2500),
            RemoteLine(
                "12",
                "Cap",
                1,
                "CAP",
                "B0CAP",
                unit_price_minor=999,
                subtotal_minor=999,
                discount_minor=200,
                total_minor=799,
            ),
        ),
        raw=seller.book.entries["302-0000001-0000001"]["order"],
        url="https://sellercentral.amazon.com/orders-v3/order/302-0000001-0000001",
        buyer_name="Anne Weber",
        buyer_email="x1@marketplace.amazon.de",
        buyer_phone="+352 1",
        buyer_reference="PO-7",
        shipping_address=RemoteAddress(
            name="Anne Weber",
            organization="Weber SARL",
            street=("1, Grand-Rue", "2nd floor"),
            postal_code="1611",
            city="Luxembourg",
            country="LU",
            phone="+352 1",
        ),
        subtotal_minor=3499,
        shipping_minor=599,
        tax_minor=0,
        discount_minor=200,
        total_minor=3898,
        refunded_minor=None,
        prices_include_tax=True,
    )
    assert page.malformed == []
    assert page.watermark is not None
    assert abs(page.watermark - datetime.now(UTC)) < timedelta(minutes=5), "the server's clock, and no order's stamp"
    one = await amazon.order("302-0000001-0000001")
    assert one is not None
    assert (one.refunded_minor, one.lines, one.total_minor) == (0, order.lines, 3898)
    assert await amazon.order("302-9999999-9999999") is None
    assert seller.calls["token"] == 1, "one token for all of it"

    seller.shape({"personal_data": False})
    bare = await amazon.order("302-0000001-0000001")
    assert bare is not None
    assert (bare.buyer_name, bare.buyer_email, bare.buyer_phone) == (None, None, None)
    assert bare.shipping_address == RemoteAddress(city="Luxembourg", country="LU")


@only_sqlite
async def test_statuses_and_quantities(amazon: AmazonSeller, seller: Amazon) -> None:
    order_id = seller.put_order(given())

    async def told(**changes: Any) -> RemoteOrder:
        seller.put_order(given())
        for name, value in changes.items():
            seller.change_order(order_id, {name: value})
        order = await amazon.order(order_id)
        assert order is not None
        return order

    statuses = {
        "PENDING_AVAILABILITY": "pending", "PENDING": "pending", "UNSHIPPED": "confirmed",
        "PARTIALLY_SHIPPED": "processing", "SHIPPED": "shipped", "CANCELLED": "cancelled", "UNFULFILLABLE": "cancelled",
        "Canceled": None,
    }  # fmt: skip
    found = {raw: await told(status=raw) for raw in statuses}
    assert {raw: order.status for raw, order in found.items()} == statuses
    assert [order.raw_status for order in found.values()] == list(statuses)
    sent = {raw: [line.shipped_quantity for line in order.lines] for raw, order in found.items()}
    gone = {raw: [line.cancelled_quantity for line in order.lines] for raw, order in found.items()}
    assert (sent["SHIPPED"], gone["SHIPPED"]) == ([2, 1], [0, 0])
    assert (sent["CANCELLED"], gone["CANCELLED"]) == ([0, 0], [2, 1])
    assert (sent["UNSHIPPED"], gone["UNSHIPPED"]) == ([0, 0], [0, 0])
    assert found["UNFULFILLABLE"].problems == ("unfulfillable",)
    assert found["CANCELLED"].problems == ()
    assert (await told(cancel_requested=True)).cancel_requested is True
    assert (await told(cancel_requested=True, status="CANCELLED")).cancel_requested is False

    delivered = await told(status="SHIPPED", package_status="DELIVERED")
    assert (delivered.status, delivered.raw_status) == ("delivered", "SHIPPED/DELIVERED")
    packages = list(delivered.raw["packages"])
    on_its_way = {**packages[0], "packageReferenceId": "2", "packageStatus": {"status": "IN_TRANSIT"}}
    assert (await told(status="SHIPPED", packages=[*packages, on_its_way])).status == "shipped"
    void = {**on_its_way, "packageStatus": {"status": "CANCELLED"}}
    assert (await told(status="SHIPPED", packages=[*packages, void])).status == "delivered"

    part = given()["orderItems"]
    part[0] |= {
        "fulfillment": {"quantityFulfilled": 1, "quantityUnfulfilled": 0},
        "cancellation": {"cancellationExecution": {"cancelledBy": "BUYER"}},
    }
    one = await told(orderItems=part, status="PARTIALLY_SHIPPED")
    assert [(line.shipped_quantity, line.cancelled_quantity) for line in one.lines] == [(1, 1), (0, 0)]


@only_sqlite
async def test_who_sends_it_and_where_it_was_placed(amazon: AmazonSeller, seller: Amazon) -> None:
    seller.shape({"fulfilled_by": "AMAZON"})
    (order_id,) = seller.place_orders(1)
    seller.change_order(order_id, {"status": "SHIPPED"})
    order = await amazon.order(order_id)
    assert order is not None
    assert (order.sent_by_channel, order.status, order.raw["packages"]) == (True, "shipped", [])
    assert (order.buyer_email, order.buyer_phone) == (None, None)
    elsewhere = seller.put_order(given(salesChannel={"channelName": "NON_AMAZON", "marketplaceId": DE}))
    assert [order.channel_order_id for order in (await amazon.orders_page(LONG_AGO)).orders] == [order_id]
    assert await amazon.order(elsewhere) is None, "it is known where it was placed"


def test_amounts_add_up_or_say_that_they_do_not() -> None:
    grand = {"grandTotal": eur("29.75"), "breakdowns": [{"type": "ITEM", "subtotal": eur("25.00")}]}
    taxed = an_item("11", "MUG", 2, "12.50", ITEM="25.00", TAX="4.75")
    on_top = read_order(a_node(orderItems=[taxed], proceeds={"grandTotal": eur("29.75")}))
    assert (on_top.prices_include_tax, on_top.tax_minor, on_top.total_minor) == (False, 475, 2975)
    assert (on_top.lines[0].tax_minor, on_top.lines[0].total_minor) == (475, 2975)
    within = read_order(a_node(orderItems=[taxed], proceeds={"grandTotal": eur("25.00")}))
    assert (within.prices_include_tax, within.tax_minor, within.lines[0].total_minor) == (True, 475, 2500)
    taxed["proceeds"]["breakdowns"][1]["detailedBreakdowns"] = [
        {"subtype": "ITEM", "value": eur("4.00")},
        {"subtype": "SHIPPING", "value": eur("0.75")},
    ]
    split = read_order(a_node(orderItems=[taxed], proceeds={"grandTotal": eur("29.75")}))
    assert (split.tax_minor, split.lines[0].tax_minor, split.lines[0].total_minor) == (475, 400, 2900)
    tipped = {"type": "DELIVERY_TIP", "status": "FINALIZED", "subtotal": eur("4.75")}
    tip = read_order(a_node(proceeds={**grand, "breakdowns": [*grand["breakdowns"], tipped]}))  # type: ignore[misc,dict-item] # of plain JSON
    assert (tip.shipping_minor, tip.total_minor) == (475, 2975)

    bare = an_item("11", "MUG", 2, None)
    del bare["proceeds"]
    pending = read_order(a_node(orderItems=[bare], fulfillment={"fulfillmentStatus": "PENDING"}))
    assert (pending.problems, pending.currency, pending.total_minor) == ((), "", None), "prices come with the payment"
    assert (pending.lines[0].unit_price_minor, pending.lines[0].total_minor) == (None, None)
    assert read_order(a_node(orderItems=[bare])).problems == ("price_missing", "currency_unknown")
    unpriced = read_order(a_node(orderItems=[an_item("11", "MUG", 2, None, ITEM="25.00")], proceeds=grand))
    assert (unpriced.lines[0].unit_price_minor, unpriced.problems) == (1250, ())
    third = read_order(a_node(orderItems=[an_item("11", "MUG", 3, None, ITEM="25.00")], proceeds=grand))
    assert (third.lines[0].unit_price_minor, third.lines[0].subtotal_minor) == (None, 2500)
    unknown = read_order(a_node(orderItems=[bare], proceeds={"grandTotal": eur("10.00", "XQQ")}))
    assert (unknown.currency, unknown.problems) == ("XQQ", ("price_missing", "currency_unknown"))
    yen = read_order(a_node(orderItems=[bare], proceeds={"grandTotal": eur("1200", "JPY")}))
    assert yen.total_minor == 1200
