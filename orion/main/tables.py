"""Every table, for migrations and tests."""

from sqlalchemy import MetaData

import orion.catalog.models
import orion.channels.models
import orion.feeds.models
import orion.feeds.schedule_models
import orion.identity.models
import orion.inventory.models
import orion.merchants.models
import orion.notifications.models
import orion.orders.models
import orion.plumbing.idempotency
import orion.plumbing.jobs.models
import orion.sync.models
import orion.webhooks.models  # noqa: F401
from orion.plumbing.db import Base

metadata: MetaData = Base.metadata
