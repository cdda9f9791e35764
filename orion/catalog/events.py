"""What happened to products, for whoever reacts (see `orion.main.wiring`)."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ProductChanged:
    """Somebody changed one product of a store: `changes` maps each field to its value before and after."""

    store_id: int
    product_id: int
    change: Literal["created", "updated", "published", "unpublished", "deleted"]
    changes: dict[str, tuple[Any, Any]]
    actor_id: int


@dataclass(frozen=True, slots=True)
class ProductsChanged:
    """Somebody did `action` ("publish", "set_price", ...) to `count` products of a store at once."""

    store_id: int
    action: str
    count: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class BulkRunCancelled:
    """Somebody stopped a run that does `action` to very many products, after `done` of them."""

    store_id: int
    run_id: int
    action: str
    done: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class MarketplaceProductChanged:
    """Somebody changed a canonical record; `store_id` is the store whose feed describes it, if one does."""

    id: int
    marketplace: str
    marketplace_product_id: str
    store_id: int | None
    change: Literal["created", "updated", "deleted"]
    changes: dict[str, tuple[Any, Any]]
    actor_id: int
