"""Events: how a lower package tells the ones above, in the same transaction, without knowing them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession


async def publish(session: AsyncSession, event: Any) -> None:
    """Run every handler of the event's type. A handler that fails fails the transaction: nothing diverges.

    Handlers write rows (often a job); they never call out of the process. `orion.main.wiring` names them all.
    """
    for handler in session.info["handlers"].get(type(event), ()):
        await handler(session, event)
