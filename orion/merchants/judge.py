"""What administrators say of stores: whether the public may see them, and whether anybody may work in them."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import Admin, User, parse_reason
from orion.kernel import NotFound
from orion.merchants.events import StoreJudged
from orion.merchants.models import Member, Merchant, Store
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish


@dataclass(frozen=True, slots=True)
class StoreDetails:
    """A store as administrators see it: its merchant, and the user names of owners and of who judged it last."""

    store: Store
    merchant: str
    owners: list[str]
    members: int
    verified_by: str | None
    status_by: str | None


def is_public() -> sa.ColumnElement[bool]:
    """The condition for stores that the public may see, and their products with them: verified and active."""
    return sa.and_(Store.is_active, Store.is_verified)


async def verify_store(
    session: AsyncSession, admin: Admin, store_id: int, *, verified: bool, reason: str | None = None
) -> Store:
    """Show the store to the public, or take that back. Saying what is so already changes nothing.

    Raises NotFound (`store_not_found`) and Invalid (`reason_too_long`). Publishes StoreJudged.
    """
    said = parse_reason(reason)
    store = await _locked(session, store_id)
    before = store.is_verified
    if before != verified:
        store.is_verified, store.verified_reason = verified, said
        store.verified_at, store.verified_by = utcnow(), admin.user.id
        await session.flush()
        await publish(
            session,
            StoreJudged(
                store.id, store.merchant_id, store.code, "verified", before, verified, said, actor_id=admin.user.id
            ),
        )
    return store


async def set_store_status(
    session: AsyncSession, admin: Admin, store_id: int, *, is_active: bool, reason: str | None = None
) -> Store:
    """Close the store for everybody but administrators, or open it again.

    While it is closed its API keys open nothing, its schedules rest, and imports under way are cancelled. Raises
    NotFound (`store_not_found`) and Invalid (`reason_too_long`). Publishes StoreJudged.
    """
    said = parse_reason(reason)
    store = await _locked(session, store_id)
    before = store.is_active
    if before != is_active:
        store.is_active, store.status_reason = is_active, said
        store.status_at, store.status_by = utcnow(), admin.user.id
        await session.flush()
        await publish(
            session,
            StoreJudged(
                store.id, store.merchant_id, store.code, "active", before, is_active, said, actor_id=admin.user.id
            ),
        )
    return store


async def store_details(session: AsyncSession, admin: Admin, store_id: int) -> StoreDetails:
    """Everything about one store. Raises NotFound (`store_not_found`)."""
    del admin  # the proof is having one
    store = await session.get(Store, store_id)
    if store is None:
        raise _no_store(store_id)
    merchant = await session.get_one(Merchant, store.merchant_id)
    belongs = Member.merchant_id == store.merchant_id
    owners = await session.scalars(
        sa.select(User.username)
        .join(Member, Member.user_id == User.id)
        .where(belongs, Member.role == "owner")
        .order_by(sa.func.lower(User.username))
        .limit(50)
    )
    members = await session.scalar(sa.select(sa.func.count()).select_from(Member).where(belongs)) or 0
    judges = {user_id for user_id in (store.verified_by, store.status_by) if user_id is not None}
    rows = await session.execute(sa.select(User.id, User.username).where(User.id.in_(judges)))
    names: dict[int | None, str] = {row.id: row.username for row in rows}
    return StoreDetails(
        store, merchant.name, list(owners), members, names.get(store.verified_by), names.get(store.status_by)
    )


async def _locked(session: AsyncSession, store_id: int) -> Store:
    store: Store | None = await session.scalar(
        sa.select(Store).where(Store.id == store_id).with_for_update().execution_options(populate_existing=True)
    )
    if store is None:
        raise _no_store(store_id)
    return store


def _no_store(store_id: int) -> NotFound:
    return NotFound("store_not_found", f"There is no store with id {store_id}")
