"""An empty inbox."""

import pytest

from orion.plumbing.db import Database
from tests.factories.orders import make_connection
from tests.factories.stores import make_store
from tests.orders.inbox import Inbox


@pytest.fixture
async def inbox(database: Database) -> Inbox:
    async with database.transaction() as session:
        access = await make_store(session)
        return Inbox(database, access, await make_connection(session, access))
