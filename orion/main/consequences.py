"""What follows from changes of stores and people in the rooms above them."""

from sqlalchemy.ext.asyncio import AsyncSession

from orion import feeds, merchants
from orion.identity import UserDeactivated
from orion.merchants import MemberChanged, StoreJudged


async def store_judged(session: AsyncSession, event: StoreJudged) -> None:
    """Imports do not go on in a store that was closed. Its schedules and keys look at the store themselves."""
    if (event.what, event.after) == ("active", False):
        await feeds.cancel_imports_of(session, event.store_id)
        await feeds.cancel_stock_imports_of(session, event.store_id)


async def member_changed(session: AsyncSession, event: MemberChanged) -> None:
    """Who leaves takes along the keys that they made."""
    if event.change == "removed":
        await merchants.revoke_keys_made_by(session, event.user_id, merchant_id=event.merchant_id)


async def user_deactivated(session: AsyncSession, event: UserDeactivated) -> None:
    """The keys of a user who was kept out do not come back with them."""
    await merchants.revoke_keys_made_by(session, event.user_id)
