"""What happened to stock, for whoever reacts (see `orion.main.wiring`)."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class StockChanged:
    """The stock of an item at a location changed by `delta` units, or what of it is free did (`delta` is 0 then).

    `store_id` is None for stock of the platform itself. `on_hand` is what lies at the location now, `available` what
    of the item is free over all locations.
    """

    store_id: int | None
    item_id: int
    gtin: str | None
    location: str
    delta: int
    on_hand: int
    available: int
    reason: str
    reference: str | None
    actor_id: int | None
    kind: str = "set"
    """What was done: set, add, remove, transfer, count, import, reserve, commit, release, expire."""


@dataclass(frozen=True, slots=True)
class StockLow:
    """What is free of an item, over all locations, has just fallen to its threshold or below."""

    store_id: int | None
    item_id: int
    gtin: str | None
    title: str | None
    available: int
    threshold: int


@dataclass(frozen=True, slots=True)
class LocationChanged:
    """A location came or went, or its name, its being open or its being the default one did: before and after."""

    store_id: int | None
    location_id: int
    code: str
    change: Literal["created", "updated", "closed", "deleted"]
    changes: dict[str, tuple[Any, Any]]
    actor_id: int | None


@dataclass(frozen=True, slots=True)
class ThresholdChanged:
    """Somebody said from how many on an item is low; None: the store's own threshold counts."""

    store_id: int | None
    item_id: int
    gtin: str | None
    before: int | None
    after: int | None
    actor_id: int | None
