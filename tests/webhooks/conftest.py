"""A store with an endpoint, and the receiver behind it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from orion import webhooks
from orion.merchants import StoreAccess
from orion.plumbing.runtime import Runtime
from orion.webhooks import WebhookDelivery
from orion.webhooks.deliver import deliver_webhook
from tests.factories.stores import make_store
from tests.webhooks.receiver import Receiver, receiver


@dataclass
class Endpoint:
    """An endpoint of a store, and short ways to use it."""

    runtime: Runtime
    access: StoreAccess
    side: Receiver
    id: int = 0
    secret: str = ""

    async def create(self, url: str | None = None, event_types: tuple[str, ...] = ("*",)) -> "Endpoint":
        async with self.runtime.database.transaction() as session:
            webhook, secret = await webhooks.create_webhook(
                session,
                self.access,
                settings=self.runtime.settings,
                url=url or self.side.url(),
                event_types=event_types,
            )
        return Endpoint(self.runtime, self.access, self.side, webhook.id, secret)

    async def emit(self, entity: str = "product:17", type_: str = "product.updated", **data: Any) -> int:
        async with self.runtime.database.transaction() as session:
            await webhooks.emit(session, self.access.store.id, type_, entity, data)
            return (await session.scalars(sa.select(sa.func.max(webhooks.WebhookEvent.id)))).one()

    async def deliveries(self) -> list[WebhookDelivery]:
        async with self.runtime.database.reading() as session:
            query = sa.select(WebhookDelivery).where(WebhookDelivery.webhook_id == self.id).order_by(WebhookDelivery.id)
            return list(await session.scalars(query))

    async def statuses(self) -> list[str]:
        return [delivery.status for delivery in await self.deliveries()]

    async def attempt(self, position: int = 0) -> WebhookDelivery:
        """Make the next attempt of the delivery at that position, as its job would."""
        delivery = (await self.deliveries())[position]
        await deliver_webhook(self.runtime, delivery.id, self.id, delivery.attempts + 1)
        return (await self.deliveries())[position]

    async def webhook(self) -> webhooks.Webhook:
        async with self.runtime.database.reading() as session:
            return await webhooks.get_webhook(session, self.access, self.id)

    async def change(self, **changes: Any) -> None:
        """Change the endpoint behind the verbs' back."""
        async with self.runtime.database.transaction() as session:
            await session.execute(sa.update(webhooks.Webhook).where(webhooks.Webhook.id == self.id).values(**changes))


@pytest.fixture
async def side() -> AsyncIterator[Receiver]:
    async with receiver() as side:
        yield side


@pytest.fixture
async def endpoint(runtime: Runtime, side: Receiver) -> Endpoint:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
    return await Endpoint(runtime, access, side).create()
