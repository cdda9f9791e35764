"""Letzshop's other dialect: shipments are read, their units confirmed or rejected, and tracking is set."""

from datetime import UTC, datetime
from typing import Any

import pytest

from orion.channels import (
    MANIFESTS,
    CredentialsRefused,
    Refused,
    RemoteAddress,
    RemoteLine,
    RemoteOrder,
    RemoteShipment,
    ShippedLine,
    Unreadable,
    Window,
    capabilities_of,
)
from orion.channels.adapters.letzshop import LetzshopShipments
from orion.simulators.kit import Fault
from orion.simulators.letzshop import Letzshop
from tests.channels.conftest import Connect

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
async def letzshop(connect: Connect) -> LetzshopShipments:
    adapter = await connect("letzshop", dialect="shipments")
    assert isinstance(adapter, LetzshopShipments)
    return adapter


def _unit(unit_id: str, sku: str, price: str | None) -> dict[str, Any]:
    return {
        "id": unit_id,
        "state": "UNCONFIRMED",
        "sku": sku,
        "gtin": "5400000000010",
        "name": sku.title(),
        "productId": f"prd_{sku}",
        "price": price,
    }


def _given(shop: Letzshop) -> RemoteOrder:
    """A shipment of two mugs and a cap; what the adapter is to make of it."""
    address = {"firstName": "Anne", "lastName": "Weber", "company": None, "street": "1, Grand-Rue"}
    address |= {"postalCode": "1611", "city": "Luxembourg", "country": "LU", "phone": "+352 1"}
    shop.put_order(
        {
            "id": "shp_1",
            "number": "H1",
            "createdAt": "2026-05-01T10:00:00+02:00",
            "updatedAt": "2026-05-02T08:00:00Z",
            "order": {
                "id": "bsk_1",
                "number": "R1",
                "email": "anne@example.org",
                "shipAddress": address,
                "billAddress": address | {"company": "Weber S.à r.l."},
            },
            "inventoryUnits": [_unit("u1", "MUG", "12.50"), _unit("u2", "MUG", "12.50"), _unit("u3", "CAP", "9.99")],
            "shippingCost": "5.90",
            "total": "40.89",
        }
    )
    ship_to = RemoteAddress(
        name="Anne Weber",
        street=("1, Grand-Rue",),
        postal_code="1611",
        city="Luxembourg",
        country="LU",
        phone="+352 1",
    )
    lines = tuple(
        RemoteLine(
            channel_line_id=unit,
            title=sku.title(),
            quantity=1,
            sku=sku,
            gtin="5400000000010",
            channel_product_id=f"prd_{sku}",
            unit_price_minor=price,
            subtotal_minor=price,
            total_minor=price,
            raw_status="UNCONFIRMED",
        )
        for unit, sku, price in (("u1", "MUG", 1250), ("u2", "MUG", 1250), ("u3", "CAP", 999))
    )
    return RemoteOrder(
        channel_order_id="shp_1",
        number="H1",
        raw_status="UNCONFIRMED",
        status="confirmed",
        ordered_at=datetime(2026, 5, 1, 8, tzinfo=UTC),
        updated_at=datetime(2026, 5, 2, 8, tzinfo=UTC),
        currency="EUR",
        lines=lines,
        raw=shop.shipments.entries["shp_1"],
        buyer_name="Anne Weber",
        buyer_email="anne@example.org",
        buyer_phone="+352 1",
        shipping_address=ship_to,
        billing_address=RemoteAddress(
            name="Anne Weber",
            organization="Weber S.à r.l.",
            street=("1, Grand-Rue",),
            postal_code="1611",
            city="Luxembourg",
            country="LU",
            phone="+352 1",
        ),
        subtotal_minor=3499,
        shipping_minor=590,
        total_minor=4089,
        awaits_acknowledgement=True,
    )


async def test_a_shipment_from_its_arrival_to_its_parcel(letzshop: LetzshopShipments, shop: Letzshop) -> None:
    expected = _given(shop)
    assert MANIFESTS["letzshop"].adapter_for({"dialect": "shipments"}) is LetzshopShipments
    assert capabilities_of(LetzshopShipments) == ("orders_in", "acknowledge", "fulfillment_out")
    assert await letzshop.check() == "Letzshop lets us read shipments."
    page = await letzshop.orders_page(Window())
    assert page.orders == [expected]
    assert (page.malformed, page.cursor, page.watermark) == ([], None, expected.updated_at)

    async def now() -> RemoteOrder:
        order = await letzshop.order("shp_1")
        assert order is not None
        return order

    assert await now() == expected
    with pytest.raises(Refused) as refused:
        await letzshop.ship(_parcel("shp_1"))
    assert refused.value.field_errors == (("shipmentId", "It is UNCONFIRMED"),)

    shop.faults.add(Fault("lost_reply", "confirmInventoryUnits"))
    await letzshop.acknowledge("shp_1", ["u1", "u2"], accepted=True)
    partly = await now()
    assert (partly.status, partly.awaits_acknowledgement) == ("confirmed", True)
    await letzshop.acknowledge("shp_1", ["u3"], accepted=False)
    await letzshop.acknowledge("shp_1", ["u3"], accepted=False)
    ready = await now()
    assert (ready.raw_status, ready.status, ready.awaits_acknowledgement) == ("CONFIRMED", "processing", False)
    assert [(line.raw_status, line.cancelled_quantity) for line in ready.lines] == [
        ("CONFIRMED", 0),
        ("CONFIRMED", 0),
        ("REJECTED", 1),
    ]
    assert len(shop.shipments.earlier["shp_1"]) == 2, "the same said twice changes nothing"
    with pytest.raises(Refused) as refused:
        await letzshop.acknowledge("shp_1", ["u3", "u9"], accepted=True)
    assert refused.value.field_errors == (
        ("u3", "The unit is REJECTED"),
        ("u9", "There is no such unit in this shipment"),
    )

    with pytest.raises(Refused, match="one tracking"):
        await letzshop.ship(_parcel("shp_1", completes_order=False))
    assert await letzshop.ship(_parcel("shp_1")) is None
    assert shop.shipments.entries["shp_1"]["tracking"] == {"code": "LU123", "carrier": "post"}
    sent = await now()
    assert (sent.status, [line.shipped_quantity for line in sent.lines]) == ("shipped", [1, 1, 0])
    with pytest.raises(Refused):
        await letzshop.acknowledge("shp_9", ["u1"], accepted=True)


def _parcel(shipment_id: str, *, completes_order: bool = True) -> RemoteShipment:
    return RemoteShipment(
        channel_order_id=shipment_id,
        reference="77",
        lines=(ShippedLine("u1", 1),),
        carrier="post",
        tracking_number="LU123",
        shipped_at=datetime(2026, 5, 3, tzinfo=UTC),
        completes_order=completes_order,
    )


async def test_pages_states_and_bad_days(letzshop: LetzshopShipments, shop: Letzshop, connect: Connect) -> None:
    shop.shape({"dialect": "shipments"})
    ids = shop.place_orders(120)
    first = await letzshop.orders_page(Window())
    second = await letzshop.orders_page(Window(), first.cursor)
    assert [order.channel_order_id for page in (first, second) for order in page.orders] == ids
    assert second.cursor is None
    totals = {order["id"]: order["total_minor"] for order in shop.truth()}
    assert {order.channel_order_id: order.total_minor for page in (first, second) for order in page.orders} == totals
    since = second.orders[0].updated_at
    assert [order.channel_order_id for order in (await letzshop.orders_page(Window(since))).orders] == ids[100:]

    states = {"REJECTED": "cancelled", "SHIPPED": "shipped", "DELIVERED": "delivered", "RETURNED": None, "LOST": None}
    for state, status in states.items():
        shop.change_order(ids[0], {"state": state})
        order = await letzshop.order(ids[0])
        assert order is not None
        assert (order.raw_status, order.status) == (state, status)
    assert await letzshop.order("nothing") is None
    shop.shipments.put({**shop.shipments.entries[ids[1]], "total": None})
    unpriced = await letzshop.order(ids[1])
    assert unpriced is not None
    assert (unpriced.total_minor, unpriced.problems) == (None, ("price_missing",))

    shop.faults.add(Fault("malformed_item", "shipments", times=3))
    for _ in range(3):
        page = await letzshop.orders_page(Window())
        assert (len(page.orders), len(page.malformed), page.malformed[0].channel_id) == (
            99,
            1,
            page.malformed[0].raw["id"],
        )
    shop.faults.add(Fault("unknown_status", "shipments"))
    await letzshop.orders_page(Window())
    assert "AWAITING_CUSTOMS" in {order["status"] for order in shop.truth()}
    shop.faults.add(Fault("html", "shipments"))
    with pytest.raises(Unreadable):
        await letzshop.orders_page(Window())
    stranger = await connect("letzshop", credentials={"api_key": "wrong"}, dialect="shipments")
    with pytest.raises(CredentialsRefused):
        await stranger.check()
