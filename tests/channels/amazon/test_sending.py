"""Telling Amazon of parcels."""

from datetime import UTC, datetime
from typing import Any

import pytest

from orion.channels import (
    Refused,
    RemoteShipment,
    ShippedLine,
)
from orion.channels.adapters.amazon import AmazonSeller
from orion.simulators.amazon import SELLER_ID, Amazon
from orion.simulators.kit import Fault
from tests.channels.amazon.samples import (
    DE,
    FR,
    given,
)
from tests.channels.conftest import Connect

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _parcel(order_id: str, **changes: Any) -> RemoteShipment:
    fields = {
        "channel_order_id": order_id,
        "reference": "0077",
        "lines": (ShippedLine("11", 2),),
        "carrier": "post",
        "carrier_name": "POST Luxembourg",
        "tracking_number": "LU123",
        "shipped_at": datetime(2026, 5, 3, 12, 30, tzinfo=UTC),
        "completes_order": False,
    }
    return RemoteShipment(**(fields | changes))  # type: ignore[arg-type] # as above


@only_sqlite
async def test_fulfilment(amazon: AmazonSeller, connect: Connect, seller: Amazon) -> None:
    order_id = seller.put_order(given())
    for kind in ("lost_reply", "timeout", "unavailable", "token_expired"):
        seller.faults.add(Fault(kind, "confirmShipment"))  # type: ignore[arg-type] # of KINDS
        assert await amazon.ship(_parcel(order_id)) is None
    order = await amazon.order(order_id)
    assert order is not None
    assert (order.status, [line.shipped_quantity for line in order.lines]) == ("processing", [2, 0])
    assert order.raw["packages"] == [
        {
            "packageReferenceId": "77",
            "packageStatus": {"status": "SHIPPED"},
            "carrier": "POST Luxembourg",
            "shipTime": "2026-05-03T12:30:00.000000Z",
            "trackingNumber": "LU123",
            "packageItems": [{"orderItemId": "11", "quantity": 2}],
        }
    ], "told eight times, one parcel"
    assert len(seller.book.earlier[order_id]) == 1
    await amazon.ship(_parcel(order_id, reference="78", carrier="dhl", lines=(ShippedLine("12", 1),)))
    order = await amazon.order(order_id)
    assert order is not None
    assert (order.status, [package["carrier"] for package in order.raw["packages"]]) == (
        "shipped",
        ["POST Luxembourg", "DHL"],
    )

    seller.shape({"refuse_known": True})
    assert await amazon.ship(_parcel(order_id)) is None, "refused, and known all the same"
    with pytest.raises(Refused, match="PackageToUpdateNotFound"):
        await amazon.ship(_parcel(order_id, tracking_number="LU124"))
    with pytest.raises(Refused) as refused:
        await amazon.ship(_parcel(order_id, reference="79"))
    assert refused.value.field_errors == (("InvalidInput", "More units of 11 are shipped than were ordered"),)
    seller.change_order(order_id, {"status": "CANCELLED"})
    with pytest.raises(Refused, match="is CANCELLED and cannot be shipped"):
        await amazon.ship(_parcel(order_id, reference="79"))
    seller.shape({"fulfilled_by": "AMAZON"})
    (theirs,) = seller.place_orders(1)
    with pytest.raises(Refused, match="fulfilled by Amazon"):
        await amazon.ship(_parcel(theirs))
    with pytest.raises(Refused, match="does not exist") as unknown:
        await amazon.ship(_parcel("302-9999999-9999999"))
    assert unknown.value.code == "not_found"
    calls = seller.calls["confirmShipment"]
    for changes in ({"tracking_number": None}, {"reference": "A7"}, {"reference": "0"}):
        with pytest.raises(Refused):
            await amazon.ship(_parcel(order_id, **changes))
    assert seller.calls["confirmShipment"] == calls

    both = await connect("amazon", region="eu", marketplace_ids=[DE, FR], seller_id=SELLER_ID)
    seller.shape({"marketplace": FR})
    french = seller.put_order(given(orderId="402-0000001-0000001"))
    await both.ship(_parcel(french))
    assert seller.book.entries[french]["order"]["packages"][0]["trackingNumber"] == "LU123"
    with pytest.raises(Refused, match="not placed in this marketplace"):
        await amazon.ship(_parcel(french, reference="79"))
