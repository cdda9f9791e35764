"""Whose stock is acted on, and by whom."""

from dataclasses import InitVar, dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import Admin
from orion.kernel import Forbidden, NotFound
from orion.merchants import Store, StoreAccess

_MINT = object()


@dataclass(frozen=True, slots=True)
class Stockroom:
    """The stock of one store, or of the platform itself (`store_id` is None); stock verbs ask for it.

    `name` is the store's code. `actor_id` is the user whom movements name, None for a program. Only this module makes
    one: from an access, from an administrator, or for programs that act by themselves.
    """

    store_id: int | None
    name: str
    actor_id: int | None
    low_stock_threshold: int | None
    language: str
    may_write: bool
    mint: InitVar[object] = None

    def __post_init__(self, mint: object) -> None:
        if mint is not _MINT:
            raise TypeError("a Stockroom comes from inventory.stockroom()")

    def require_write(self) -> None:
        """Raises Forbidden (`role_too_low`) for those who may only look."""
        if not self.may_write:
            raise Forbidden("role_too_low", f"Changing the stock of {self.name} needs the role staff: ask an owner")


def stockroom(access: StoreAccess) -> Stockroom:
    """The store's stock, for somebody who may enter the store; viewers may only read."""
    store = access.store
    return Stockroom(
        store.id,
        store.code,
        access.user.id,
        store.low_stock_threshold,
        store.default_language,
        access.may("staff"),
        _MINT,
    )


def platform_stockroom(admin: Admin) -> Stockroom:
    """The stock of the platform itself, which administrators keep."""
    return platform_stock(admin.user.id)


def platform_stock(actor_id: int | None = None) -> Stockroom:
    """The stock of the platform itself, for programs that act for nobody in particular."""
    return Stockroom(None, "the platform", actor_id, None, "en", True, _MINT)


async def stockroom_of(session: AsyncSession, store_id: int, *, actor_id: int | None = None) -> Stockroom:
    """A store's stock, for programs: a checkout, an order that came in, the import of a file.

    `actor_id` is the user who asked for it, if one did and was allowed to. Raises NotFound (`store_not_found`).
    """
    store = await session.scalar(sa.select(Store).where(Store.id == store_id))
    if store is None:
        raise NotFound("store_not_found", f"There is no store with id {store_id}")
    return Stockroom(store.id, store.code, actor_id, store.low_stock_threshold, store.default_language, True, _MINT)
