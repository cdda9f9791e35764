"""The database's clock, for what several machines must agree on: leases and budgets."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.plumbing.db.base import UtcDateTime


class Clock:
    """SQL expressions around one moment: when the transaction began by the database's clock, or `at`."""

    def __init__(self, session: AsyncSession, at: datetime | None = None) -> None:
        self._sqlite = session.info["database"].is_sqlite
        self._at = at

    @property
    def now(self) -> sa.ColumnElement[datetime]:
        """The moment, in the form that columns hold it."""
        return self.after(sa.literal(0.0))

    def after(self, seconds: sa.ColumnElement[float]) -> sa.ColumnElement[datetime]:
        """So many seconds later than the moment."""
        if self._sqlite:
            base: Any = "now" if self._at is None else sa.literal(self._at, UtcDateTime())
            # Milliseconds are what SQLite counts in; the zeros make it sort with what Python has written.
            shift = sa.func.printf("%+.3f seconds", seconds)
            return sa.func.strftime("%Y-%m-%d %H:%M:%f000", base, shift, type_=UtcDateTime())
        moment: Any = sa.func.now() if self._at is None else sa.cast(sa.literal(self._at, UtcDateTime()), UtcDateTime())
        return sa.type_coerce(moment + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds), UtcDateTime())

    def seconds_since(self, moment: Any) -> sa.ColumnElement[float]:
        """Seconds from a column's moment to now; negative when it is to come, NULL when there is none."""
        if self._sqlite:
            days = sa.func.julianday(self.now, type_=sa.Float()) - sa.func.julianday(moment, type_=sa.Float())
            return days * 86400.0
        return sa.cast(sa.func.extract("epoch", self.now - moment), sa.Float)

    def least(self, *values: Any) -> sa.ColumnElement[float]:
        """The smallest of the values."""
        return (sa.func.min if self._sqlite else sa.func.least)(*values, type_=sa.Float())

    def greatest(self, *values: Any, type_: Any = None) -> sa.ColumnElement[Any]:
        """The greatest of the values, numbers or moments."""
        return (sa.func.max if self._sqlite else sa.func.greatest)(*values, type_=type_ or sa.Float())
