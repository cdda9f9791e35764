"""What orders hold of the stock: reserved when they arrive, taken when they leave, given back when they are called off.

A line that cannot have all it needs holds what there is, so that nobody else is sold that: it is short, and tried again
when stock comes in. The claims of an order are called `order:<id>`.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from orion import inventory
from orion.inventory import OF_ORDERS, Item, ItemKey, Want
from orion.orders.states import LIVE

Orders = Sequence[tuple[Mapping[str, Any], Sequence[dict[str, Any]]]]
"""Orders (`id`, `number`, `status`, `requires_shipping`, `is_fully_digital`) with their lines, as columns by name."""


async def settle_orders(
    session: AsyncSession,
    store_id: int,
    orders: Orders,
    digital: Mapping[int, bool],
    *,
    lost: Collection[int] = (),
    actor_id: int | None = None,
) -> None:
    """Hold and take what the orders need, the first one first; sets `stock_state` and `reserved_quantity` of lines.

    `digital` says which products are digital: of those and of what nobody counts there is nothing to hold. `lost` are
    ids of orders that have lost a line, which may have held something.
    """
    counted = await _items(session, store_id, orders, digital)
    holding = [order["id"] for order, lines in orders if order["id"] in lost or any(map(_touched, lines))]
    if not counted and not holding:
        return
    room = await inventory.stockroom_of(session, store_id, actor_id=actor_id)
    wants: list[Want] = []
    for order, lines in orders:
        held: Counter[int] = Counter()
        left: Counter[int] = Counter()
        for line in lines:
            if item_id := counted.get(line["product_id"]):
                held[item_id] += needed(order, line)
                left[item_id] += _gone(line)
        name = reference(order["id"])
        wants += [Want(name, id_, held[id_], left[id_]) for id_ in held if held[id_] or left[id_]]
    settled = await inventory.settle(session, room, wants, references=map(reference, holding))
    has = {key: now.held for key, now in settled.items()}
    for order, lines in orders:
        for line in lines:
            key = (reference(order["id"]), counted.get(line["product_id"], 0))
            has[key] = has.get(key, 0) - _note(order, line, has.get(key, 0), counted)


def reference(order_id: int) -> str:
    """What the claims of an order are called."""
    return f"{OF_ORDERS}{order_id}"


def needed(order: Mapping[str, Any], line: Mapping[str, Any]) -> int:
    """How many units of a line are still to be sent by us."""
    if order["status"] not in LIVE or not (order["requires_shipping"] or order["is_fully_digital"]):
        return 0
    return max(0, int(line["quantity"]) - int(line["cancelled_quantity"]) - int(line["shipped_quantity"]))


def _gone(line: Mapping[str, Any]) -> int:
    return max(0, int(line["shipped_quantity"]) - int(line["shipped_before"]))


def _touched(line: Mapping[str, Any]) -> bool:
    return bool(line["stock_state"] != "none")


async def _items(
    session: AsyncSession, store_id: int, orders: Orders, digital: Mapping[int, bool]
) -> dict[int | None, int]:
    """The stock item of each product that is physical and counted."""
    physical = sorted(
        {
            line["product_id"]
            for _, lines in orders
            for line in lines
            if line["product_id"] is not None and not line["is_digital"] and not digital.get(line["product_id"], False)
        }
    )
    if not physical:
        return {}
    room = await inventory.stockroom_of(session, store_id)
    found = await inventory.find_items(session, room, [ItemKey(product_id=id_) for id_ in physical])
    return {id_: item.id for id_, item in zip(physical, found, strict=True) if isinstance(item, Item)}


def _note(order: Mapping[str, Any], line: dict[str, Any], held: int, counted: Mapping[int | None, int]) -> int:
    """Write down what a line has, of what its order holds of the item, the first line first; how much that is."""
    before = line["stock_state"]
    if line["product_id"] not in counted or line["is_digital"]:
        line |= {"stock_state": "none", "reserved_quantity": 0}
        return 0
    need = needed(order, line)
    own = min(held, need)
    if own < need:
        state = "short"
    elif need:
        state = "reserved"
    elif _gone(line):  # also where the books had less than has left: it lacks nothing any more
        state = "deducted"
    else:
        state = "none" if before == "none" else "released"
    line |= {"stock_state": state, "reserved_quantity": own}
    return own
