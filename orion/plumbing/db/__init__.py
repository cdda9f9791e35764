"""Both databases behind one `DATABASE_URL`. What differs between them lives here."""

from orion.plumbing.db.base import ID_BLOCK, Base, BigId, JsonColumn, UtcDateTime, utcnow
from orion.plumbing.db.engine import Database

__all__ = ["ID_BLOCK", "Base", "BigId", "Database", "JsonColumn", "UtcDateTime", "utcnow"]
