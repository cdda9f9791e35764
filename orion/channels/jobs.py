"""Jobs of this package."""

from orion.channels.errors import ChannelError, ScopeMissing, SlowDown
from orion.channels.health import note_failure, note_success
from orion.channels.models import Connection
from orion.channels.ports import Learner
from orion.channels.registry import open_adapter
from orion.kernel import OrionError
from orion.plumbing.jobs import RetryLater, job
from orion.plumbing.runtime import Runtime


@job()
async def check_connection(runtime: Runtime, connection_id: int) -> None:
    """Ask the channel whether the credentials work, and note the answer; nothing else changes, here or there."""
    try:
        await check_now(runtime, connection_id)
    except SlowDown as slow:
        raise RetryLater(min(slow.retry_after or 60.0, 900.0), slow.detail) from None


async def check_now(runtime: Runtime, connection_id: int) -> str | None:
    """The same, at once: what the channel said in words; None when it did not work, which is then the `reason`.

    Hold no transaction open around it. Raises SlowDown when the channel does not want to be asked now.
    """
    async with runtime.database.reading() as session:
        connection = await session.get(Connection, connection_id)
    if connection is None:
        return None
    try:
        async with open_adapter(runtime, connection) as adapter:
            said = await adapter.check()
            learned = adapter.learned if isinstance(adapter, Learner) else {}
    except SlowDown:
        raise
    except (ChannelError, OrionError) as error:
        # Whatever else stands in the way of a call that changes nothing, only a person can mend.
        lasting = isinstance(error, OrionError) or not error.retryable
        failed = error if isinstance(error, ChannelError) and not lasting else ScopeMissing(error.code, error.detail)
        async with runtime.database.transaction() as session:
            await note_failure(session, connection_id, failed)
        return None
    async with runtime.database.transaction() as session:
        await note_success(session, connection_id)
        kept = await session.get(Connection, connection_id)
        if kept is not None and learned:
            kept.settings = {**kept.settings, **learned}
    return said
