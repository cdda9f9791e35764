"""Both databases behind one `DATABASE_URL`. What differs between them lives here."""

from orion.plumbing.db.base import ID_BLOCK, Base, BigId, JsonColumn, UtcDateTime, utcnow
from orion.plumbing.db.clock import Clock
from orion.plumbing.db.engine import Database, hold_transaction

__all__ = ["ID_BLOCK", "Base", "BigId", "Clock", "Database", "JsonColumn", "UtcDateTime", "hold_transaction", "utcnow"]
