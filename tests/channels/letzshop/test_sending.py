"""What is told Letzshop: parcels and stock, over HTTP with the simulator, on good days and bad ones."""

from datetime import UTC, datetime
from typing import Any

import pytest

from orion.channels import (
    Refused,
    RemoteShipment,
    ShippedLine,
    SlowDown,
    StockAnswer,
    StockOffer,
    Unreadable,
)
from orion.channels.adapters.letzshop import LetzshopOrders
from orion.simulators.kit import Article, Fault
from orion.simulators.letzshop import Letzshop
from tests.channels.letzshop.samples import given

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _parcel(order_id: str, **changes: Any) -> RemoteShipment:
    fields = {
        "channel_order_id": order_id,
        "reference": "77",
        "lines": (ShippedLine("prd_MUG", 2),),
        "carrier": "post",
        "carrier_name": "POST Luxembourg",
        "tracking_number": "LU123",
        "shipped_at": datetime(2026, 5, 3, 12, 30, tzinfo=UTC),
    }
    return RemoteShipment(**(fields | changes))  # type: ignore[arg-type] # as above


@only_sqlite
async def test_fulfilment(letzshop: LetzshopOrders, shop: Letzshop) -> None:
    shop.put_order(given())
    assert await letzshop.ship(_parcel("ord_1", completes_order=False)) is None
    assert shop.orders.entries["ord_1"]["status"] == "PROCESSING", "something is still to come"
    for kind in ("lost_reply", "timeout", "unavailable"):
        shop.faults.add(Fault(kind, "updateOrderFulfillment"))  # type: ignore[arg-type] # of KINDS
        await letzshop.ship(_parcel("ord_1"))
    entry = shop.orders.entries["ord_1"]
    assert entry["status"] == "SHIPPED"
    assert entry["fulfillment"] == {
        "status": "SHIPPED",
        "trackingNumber": "LU123",
        "carrier": "POST Luxembourg",
        "shippedAt": "2026-05-03T12:30:00.000000Z",
    }
    assert len(shop.orders.earlier["ord_1"]) == 2, "told six times, shipped once"
    shipped = await letzshop.order("ord_1")
    assert shipped is not None
    assert shipped.status == "shipped"

    with pytest.raises(Refused) as refused:
        await letzshop.ship(_parcel("ord_9"))
    assert refused.value.code == "fulfillment_refused"
    assert refused.value.field_errors == (("orderId", "There is no order ord_9"),)
    shop.change_order("ord_1", {"status": "CANCELLED"})
    with pytest.raises(Refused) as refused:
        await letzshop.ship(_parcel("ord_1", tracking_number=" "))
    assert refused.value.field_errors == (
        ("status", "The order is CANCELLED"),
        ("trackingNumber", "Must not be blank"),
    )
    assert shop.orders.entries["ord_1"]["status"] == "CANCELLED"
    shop.faults.add(Fault("html", "updateOrderFulfillment"))
    with pytest.raises(Unreadable):
        await letzshop.ship(_parcel("ord_1"))


@only_sqlite
async def test_stock(letzshop: LetzshopOrders, shop: Letzshop) -> None:
    shop.catalogue = tuple(Article(f"S{number}", "Thing", 100) for number in range(230))
    offers = [StockOffer(f"S{number}", number) for number in range(230)]
    offers[5], offers[150] = StockOffer("GONE", 1), StockOffer("S150", -1)
    shop.faults.add(Fault("lost_reply", "updateInventory", every=2))
    answers = await letzshop.publish_stock(offers)
    assert [answer.sku for answer in answers] == [offer.sku for offer in offers]
    assert [answer for answer in answers if answer.problem] == [
        StockAnswer("GONE", "Unknown SKU"),
        StockAnswer("S150", "Quantity must not be negative"),
    ]
    assert shop.calls["updateInventory"] == 4, "three calls, one of them twice"
    assert shop.inventory == {offer.sku: offer.quantity for offer in offers if offer.sku not in ("GONE", "S150")}
    assert await letzshop.publish_stock([]) == []
    assert shop.calls["updateInventory"] == 4
    shop.shape({"errors": "graphql"})
    shop.faults.add(Fault("rate_limited", "updateInventory"))
    with pytest.raises(SlowDown):
        await letzshop.publish_stock(offers[:1])
