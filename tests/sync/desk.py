"""One store's connection in tests: its runs by the real job functions, and what is in the inbox then."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from orion import sync
from orion.channels import ChannelBucket, Connection, ConnectionChanged
from orion.kernel import Channel
from orion.merchants import StoreAccess
from orion.notifications import Notification
from orion.orders import Order, OrderLine
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.plumbing.jobs import JOBS, RetryLater, list_jobs
from orion.plumbing.runtime import Runtime
from orion.plumbing.sealing import place_of, seal
from orion.sync import SyncRun, SyncSchedule
from tests.factories.stores import make_store


@dataclass
class Desk:
    """The connection, and who owns its store. `fills_buckets`: when time passes, the channel's quota is there again."""

    runtime: Runtime
    access: StoreAccess
    connection_id: int
    fills_buckets: bool = True

    async def schedule(self, job_type: str = "order_import") -> SyncSchedule:
        async with self.runtime.database.reading() as session:
            query = sa.select(SyncSchedule).where(
                SyncSchedule.connection_id == self.connection_id, SyncSchedule.job_type == job_type
            )
            return (await session.scalars(query)).one()

    async def make_due(self, job_type: str = "order_import") -> None:
        """Let the time pass until the schedule is due again, and what it waits for is over."""
        past = utcnow() - timedelta(seconds=1)
        async with self.runtime.database.transaction() as session:
            waiting = sa.case((SyncSchedule.running_until.is_not(None), past))
            await session.execute(
                sa.update(SyncSchedule)
                .where(SyncSchedule.connection_id == self.connection_id, SyncSchedule.job_type == job_type)
                .values(next_run_at=past, running_until=waiting)
            )
            if self.fills_buckets:
                await session.execute(_full_buckets())

    async def poll(self, job_type: str = "order_import") -> SyncRun:
        """The next run, as a worker would begin and do it."""
        await self.make_due(job_type)
        await sync.start_due_runs(self.runtime)
        schedule = await self.schedule(job_type)
        assert schedule.cursor is not None, "the run was not begun"
        run_id = schedule.cursor["run"]
        await sync.run_sync(self.runtime, run_id)
        return await self.run(run_id)

    async def do_jobs(self, name: str, *, newest: int = 1000) -> int:
        """Do the newest waiting jobs of the name, once; what wants to be tried later is tried a few times. How many."""
        waiting = [job for job in await list_jobs(self.runtime.database, status="waiting") if job.name == name][:newest]
        for job in reversed(waiting):
            for _ in range(5):
                try:
                    await JOBS[name].run(self.runtime, *job.args)
                except RetryLater:
                    if self.fills_buckets:
                        async with self.runtime.database.transaction() as session:
                            await session.execute(_full_buckets())
                    continue
                break
        return len(waiting)

    async def run(self, run_id: int) -> SyncRun:
        async with self.runtime.database.reading() as session:
            return await session.get_one(SyncRun, run_id)

    async def runs(self) -> list[SyncRun]:
        async with self.runtime.database.reading() as session:
            query = sa.select(SyncRun).where(SyncRun.connection_id == self.connection_id).order_by(SyncRun.id)
            return list(await session.scalars(query))

    async def connection(self) -> Connection:
        async with self.runtime.database.reading() as session:
            return await session.get_one(Connection, self.connection_id)

    async def inbox(self) -> dict[str, dict[str, Any]]:
        """Every order as we hold it, in the words of a simulator's truth; fails for one that is there twice."""
        found: dict[str, dict[str, Any]] = {}
        async with self.runtime.database.reading() as session:
            mine = Order.connection_id == self.connection_id
            for order in await session.scalars(sa.select(Order).where(mine)):
                assert order.channel_order_id not in found
                found[order.channel_order_id] = {
                    "status": order.raw_status,
                    "currency": order.currency,
                    "total_minor": order.total_minor,
                    "lines": set(),
                }
            lines = sa.select(Order.channel_order_id, OrderLine).join(OrderLine, OrderLine.order_id == Order.id)
            for name, line in (await session.execute(lines.where(mine))).all():
                piece = (line.channel_line_id, line.sku, line.quantity, line.total_minor)
                assert piece not in found[name]["lines"]
                found[name]["lines"].add(piece)
        return found

    async def told(self) -> list[str]:
        """The kinds of what the store's owner was told of, oldest first; new orders left out."""
        async with self.runtime.database.reading() as session:
            query = sa.select(Notification.kind).where(Notification.user_id == self.access.user.id)
            kinds = await session.scalars(query.order_by(Notification.id))
            return [kind for kind in kinds if not kind.startswith("order")]


def _full_buckets() -> sa.Update:
    return sa.update(ChannelBucket).values(blocked_until=None, tokens=ChannelBucket.burst)


async def open_desk(
    runtime: Runtime,
    channel: Channel,
    *,
    code: str = "DEMO",
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Desk:
    """A store with a connection to the channel's simulator."""
    async with runtime.database.transaction() as session:
        access = await make_store(session, code)
        connection = Connection(
            store_id=access.store.id, channel=channel, name="Main", environment="simulator", settings=settings or {}
        )
        session.add(connection)
        await session.flush()
        if secrets:
            place = place_of("connections", "credentials", connection.id)
            connection.credentials = seal(runtime.settings, json.dumps(dict(secrets)), bound_to=place)
            await session.flush()
        event = ConnectionChanged(
            store_id=access.store.id,
            connection_id=connection.id,
            channel=channel,
            change="created",
            details={"name": "Main"},
            actor_id=access.user.id,
        )
        await publish(session, event)
        # each test says itself what is due
        await session.execute(sa.update(SyncSchedule).values(next_run_at=utcnow() + timedelta(days=1)))
    return Desk(runtime, access, connection.id)
