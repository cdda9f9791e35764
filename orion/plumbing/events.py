"""Events: how a lower package tells the ones above, in the same transaction, without knowing them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Together:
    """A handler that takes all events of one `publish` in one call, in the order in which they happened."""

    handler: Callable[[AsyncSession, Sequence[Any]], Awaitable[None]]

    async def __call__(self, session: AsyncSession, event: Any) -> None:
        """React to one event."""
        await self.handler(session, [event])


async def publish(session: AsyncSession, *events: Any) -> None:
    """Run every handler of the type of the events, which is one. A handler that fails fails the transaction.

    Handlers write rows (often a job); they never call out of the process. `orion.main.wiring` names them all.
    """
    if not events:
        return
    for handler in session.info["handlers"].get(type(events[0]), ()):
        if isinstance(handler, Together):
            await handler.handler(session, events)
        else:
            for event in events:
                await handler(session, event)
