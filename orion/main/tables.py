"""Every table, for migrations and tests."""

from sqlalchemy import MetaData

import orion.catalog.models
import orion.feeds.models
import orion.identity.models
import orion.merchants.models
import orion.plumbing.idempotency
import orion.plumbing.jobs.models  # noqa: F401
from orion.plumbing.db import Base

metadata: MetaData = Base.metadata
