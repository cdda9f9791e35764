"""One store's connection in tests: its runs by the real job functions, and what is in the inbox then."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from orion import sync
from orion.channels import ChannelBucket, Connection, ConnectionChanged
from orion.kernel import Channel
from orion.merchants import StoreAccess
from orion.notifications import Notification, describe
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
    """The connection, and who owns its store. `fills_buckets`: when time passes, the channel's quota is there again.

    `before_try` is called before every run, and before every try of a job.
    """

    runtime: Runtime
    access: StoreAccess
    connection_id: int
    fills_buckets: bool = True
    before_try: Callable[[], None] = lambda: None

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
        self.before_try()
        await self.make_due(job_type)
        await sync.start_due_runs(self.runtime)
        schedule = await self.schedule(job_type)
        assert schedule.cursor is not None, "the run was not begun"
        run_id = schedule.cursor["run"]
        await sync.run_sync(self.runtime, run_id)
        return await self.run(run_id)

    async def do_jobs(self, name: str, *, newest: int = 1000) -> int:
        """Do the newest waiting jobs of the name, each until it is done or given up, as the queue would; how many."""
        declared = JOBS[name]
        waiting = [job for job in await list_jobs(self.runtime.database, status="waiting") if job.name == name][:newest]
        for job in reversed(waiting):
            for attempt in range(1, declared.attempts + 1):
                self.before_try()
                try:
                    await declared.run(self.runtime, *job.args)
                    break
                except RetryLater as error:
                    if declared.delay_after(error, attempt) is None and declared.on_failure is not None:
                        await declared.on_failure(self.runtime, str(error), *job.args)
                    await self.wait_for_quota()
        return len(waiting)

    async def wait_for_quota(self) -> None:
        """Let the time pass until the channel's calls may be made again."""
        if self.fills_buckets:
            async with self.runtime.database.transaction() as session:
                await session.execute(_full_buckets())

    async def let_pass(self, time: timedelta) -> None:
        """Let what goes on and what fails have begun so much earlier."""
        async with self.runtime.database.transaction() as session:
            connection = await session.get_one(Connection, self.connection_id)
            if connection.failing_since:
                connection.failing_since -= time
            mine = SyncSchedule.connection_id == self.connection_id
            for schedule in await session.scalars(sa.select(SyncSchedule).where(mine)):
                if schedule.full_at:
                    schedule.full_at -= time
                cursor = schedule.cursor or {}
                if at := cursor.get("page_at"):
                    schedule.cursor = {**cursor, "page_at": (datetime.fromisoformat(at) - time).isoformat()}
            for run in await session.scalars(sa.select(SyncRun).where(SyncRun.connection_id == self.connection_id)):
                run.started_at -= time

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
        """The kinds of what the store's owner was told of, oldest first; orders that came in left out."""
        return [kind for kind, _ in await self.told_in_words()]

    async def told_in_words(self) -> list[tuple[str, str]]:
        """As `told`, each with its title and text in English."""
        about_orders = Notification.kind.in_(("orders_arrived", "order_needs_attention"))
        async with self.runtime.database.reading() as session:
            query = sa.select(Notification).where(Notification.user_id == self.access.user.id, ~about_orders)
            notes = await session.scalars(query.order_by(Notification.id))
            return [(note.kind, "\n".join(describe(note.kind, note.params))) for note in notes]


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
