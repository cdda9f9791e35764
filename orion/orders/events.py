"""What happened to orders, for whoever reacts (see `orion.main.wiring`)."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An order came in, or something of it changed. `what` names it: arrived, changed, status, matched, ...

    `flags` are those it has now; `raised` those that are new. `details` hold no personal data. `actor_id` is the user
    who did it, None where a channel or a program did.
    """

    store_id: int
    order_id: int
    channel: str
    channel_order_id: str
    number: str
    what: Literal[
        "arrived",
        "changed",
        "status",
        "cleared",
        "matched",
        "unmatched",
        "stock",
        "noted",
        "note_deleted",
        "forgotten",
    ]
    status: str
    flags: tuple[str, ...]
    raised: tuple[str, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class OrdersArrived:
    """A page of orders came in: the numbers of new ones that are still to be sent, and of those to look at.

    One for each page and store, so that people are told once.
    """

    store_id: int
    connection_id: int
    channel: str
    fresh: tuple[str, ...]
    flagged: tuple[str, ...]
