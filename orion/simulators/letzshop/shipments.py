"""What the dialect `shipments` answers."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from orion.simulators.kit.book import Entry, stamp

if TYPE_CHECKING:
    from orion.simulators.letzshop.simulator import Letzshop

_DECIDED = {True: "CONFIRMED", False: "REJECTED"}


def root(shop: "Letzshop") -> Mapping[str, Callable[..., Any]]:
    """The fields of Query and Mutation."""
    acts: Mapping[str, Callable[..., Any]] = {
        "shipments": _shipments,
        "shipment": _shipment,
        "confirmInventoryUnits": _confirm_inventory_units,
        "setShipmentTracking": _set_shipment_tracking,
    }
    return {name: partial(act, shop) for name, act in acts.items()}


def _shipments(
    shop: "Letzshop",
    _: Any,
    *,
    first: int = 100,
    after: str | None = None,
    state: list[str] | None = None,
    updatedSince: datetime | None = None,  # noqa: N803 (the schema's name)
) -> dict[str, Any]:
    entries, more, cursor = shop.read_page(
        shop.shipments,
        "shipments",
        "state",
        since=updatedSince,
        after=after,
        first=first,
        keep=lambda entry: state is None or entry["state"] in state,
    )
    return {"nodes": entries, "pageInfo": {"hasNextPage": more, "endCursor": cursor}}


def _shipment(shop: "Letzshop", _: Any, *, id: str) -> Entry | None:  # noqa: A002 (the schema's name)
    return shop.shipments.entries.get(id)


def _confirm_inventory_units(shop: "Letzshop", _: Any, *, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 (the schema's name)
    entry = shop.shipments.entries.get(input["shipmentId"])
    if entry is None:
        return _not_found(input["shipmentId"])
    decisions = {unit["id"]: _DECIDED[unit["accepted"]] for unit in input["units"]}
    units = {unit["id"]: unit for unit in entry["inventoryUnits"]}
    errors = []
    for unit_id, decided in decisions.items():
        if unit_id not in units:
            errors.append({"field": unit_id, "message": "There is no such unit in this shipment"})
        elif units[unit_id]["state"] not in ("UNCONFIRMED", decided):
            errors.append({"field": unit_id, "message": f"The unit is {units[unit_id]['state']}"})
    if errors:
        return {"shipment": entry, "errors": errors}
    decided_units = [{**unit, "state": decisions.get(unit["id"], unit["state"])} for unit in entry["inventoryUnits"]]
    if decided_units != entry["inventoryUnits"]:
        state = _state(decided_units)
        entry = {**entry, "inventoryUnits": decided_units, "state": state, "updatedAt": stamp(shop.now())}
        shop.shipments.put(entry)
    return {"shipment": entry, "errors": []}


def _set_shipment_tracking(shop: "Letzshop", _: Any, *, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 (the schema's name)
    entry = shop.shipments.entries.get(input["shipmentId"])
    if entry is None:
        return _not_found(input["shipmentId"])
    if entry["state"] not in ("CONFIRMED", "SHIPPED"):
        return {"shipment": entry, "errors": [{"field": "shipmentId", "message": f"It is {entry['state']}"}]}
    tracking = {"code": input.get("code"), "carrier": input["carrier"]}
    if tracking != entry["tracking"]:
        entry = {**entry, "tracking": tracking, "state": "SHIPPED", "updatedAt": stamp(shop.now())}
        shop.shipments.put(entry)
    return {"shipment": entry, "errors": []}


def _state(units: list[Entry]) -> str:
    states = {unit["state"] for unit in units}
    if "UNCONFIRMED" in states:
        return "UNCONFIRMED"
    return "CONFIRMED" if "CONFIRMED" in states else "REJECTED"


def _not_found(shipment_id: str) -> dict[str, Any]:
    return {"shipment": None, "errors": [{"field": "shipmentId", "message": f"There is no shipment {shipment_id}"}]}
