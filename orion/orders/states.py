"""Which status may follow which, as a table: when the channel says so, and when a person does."""

from typing import Literal

from orion.channels import RemoteOrder
from orion.kernel import OrderStatus

Verdict = Literal["take", "keep", "conflict"]
"""take: the channel's word counts; keep: ours is further on, and rightly so; conflict: a person has to look."""

LIVE: frozenset[str] = frozenset(
    {"pending", "confirmed", "processing", "ready_for_shipment", "shipped", "delivered", "fulfilled"}
    | {"partially_refunded"}
)
"""Goods of these still go to the buyer, or are there already."""

CALLED_OFF: tuple[str, ...] = ("cancelled", "refunded")
"""Nothing of these is sent any more."""

TO_SEND: tuple[OrderStatus, ...] = ("confirmed", "processing", "ready_for_shipment")
"""Paid, and still to be sent."""

PICKED: frozenset[str] = frozenset({"processing", "ready_for_shipment"})
"""Somebody may be holding the goods of these in their hands."""

SENT: frozenset[str] = frozenset({"shipped", "delivered", "fulfilled"})

_AHEAD = "confirmed processing ready_for_shipment shipped delivered fulfilled cancelled refunded partially_refunded"

_TAKE: dict[str, str] = {
    "pending": _AHEAD,
    "confirmed": f"pending {_AHEAD}",
    "processing": "ready_for_shipment shipped delivered fulfilled cancelled refunded partially_refunded",
    "ready_for_shipment": "shipped delivered fulfilled cancelled refunded partially_refunded",
    "shipped": "delivered fulfilled refunded partially_refunded",
    "delivered": "fulfilled refunded partially_refunded",
    "fulfilled": "refunded partially_refunded",
    "partially_refunded": "refunded cancelled",
    "cancelled": "refunded",
    "refunded": "",
}
_KEEP: dict[str, str] = {
    "processing": "confirmed",
    "ready_for_shipment": "confirmed processing",
    "fulfilled": "shipped delivered",
    "partially_refunded": "confirmed processing ready_for_shipment shipped delivered fulfilled",
    "refunded": "shipped delivered fulfilled partially_refunded",
}

BY_CHANNEL: dict[tuple[str, str], Verdict] = {
    **{(ours, theirs): "take" for ours, words in _TAKE.items() for theirs in words.split()},
    **{(ours, theirs): "keep" for ours, words in _KEEP.items() for theirs in words.split()},
}
"""(ours, theirs): what becomes of it. What is not named is a conflict."""

BY_PERSON: dict[str, tuple[OrderStatus, ...]] = {
    "confirmed": ("processing", "ready_for_shipment"),
    "processing": ("confirmed", "ready_for_shipment"),
    "ready_for_shipment": ("processing", "confirmed"),
    "shipped": ("delivered",),
}
"""What staff may say by themselves; shipping and cancelling are the channel's business too."""

STAMPS: dict[str, str] = {
    "confirmed": "confirmed_at",
    "shipped": "shipped_at",
    "delivered": "delivered_at",
    "fulfilled": "fulfilled_at",
    "cancelled": "cancelled_at",
}
"""Where the moment is kept at which an order first got a status."""


def verdict(ours: str, theirs: str, *, moved: bool) -> Verdict:
    """What becomes of the channel's status; `moved` is whether the channel itself says another word than last time."""
    if ours == theirs or not moved:
        return "keep"
    return BY_CHANNEL.get((ours, theirs), "conflict")


def told_status(order: RemoteOrder) -> OrderStatus | None:
    """The status that the channel's word and its lines mean together; None when the word is not known.

    Lines decide (see `shipped_quantities`): an order is shipped when all of its lines are, and not before.
    """
    status = order.status
    if status is None:
        return None
    live = [line for line in order.lines if line.quantity > line.cancelled_quantity]
    if order.lines and not live:
        return status if status in ("cancelled", "refunded", "partially_refunded") else "cancelled"
    some = any(line.shipped_quantity for line in live)
    every = bool(live) and all(line.shipped_quantity >= line.quantity - line.cancelled_quantity for line in live)
    if every and status in ("pending", "confirmed", "processing", "ready_for_shipment"):
        return "fulfilled" if all(line.is_digital for line in live) else "shipped"
    if some and not every and status in ("pending", "confirmed", "shipped"):
        return "processing"
    return status


def shipped_quantities(order: RemoteOrder) -> dict[str, int]:
    """How many units of each line have left, by line id.

    Where the channel says that an order has been sent, and tells nothing of any line, all of them have.
    """
    whole = told_status(order) in SENT and not any(line.shipped_quantity for line in order.lines)
    return {
        line.channel_line_id: max(0, line.quantity - line.cancelled_quantity) if whole else line.shipped_quantity
        for line in order.lines
    }
