"""The integrations of all stores, page by page: who does worst, or in the order of stores."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import Admin
from orion.kernel import MAX_LIMIT, FieldError, Invalid
from orion.sync.health import HEALTH, SyncFigures, standing, with_runs


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationFilter:
    """Which integrations are wanted; None is any. `search` is a part of a store's code or of a connection's name."""

    store_id: int | None = None
    channel: str | None = None
    job_type: str | None = None
    status: str | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True)
class Integrations:
    """A page of them, and where to go on (None at the end). `by_status` counts all that are wanted.

    `standing` are all that there are, wanted or not, without the figures of runs.
    """

    items: Sequence[SyncFigures]
    after: tuple[Any, ...] | None
    by_status: dict[str, int]
    standing: Sequence[SyncFigures]


async def list_integrations(
    session: AsyncSession,
    _admin: Admin,
    wanted: IntegrationFilter,
    *,
    worst_first: bool = False,
    after: Sequence[Any] | None = None,
    limit: int = 50,
) -> Integrations:
    """The integrations by store, connection and job type; or the worst first, and of these who is longest behind.

    `after` is that of the page before. Who does better or worse between two pages may be on both, or on none. Raises
    Invalid (`invalid_page`).
    """
    if not 1 <= limit <= MAX_LIMIT:
        message = f"limit must be from 1 to {MAX_LIMIT}"
        raise Invalid("invalid_page", message, errors=[FieldError("limit", message)])
    everything = await standing(session, store_id=wanted.store_id)
    place = _by_health if worst_first else _by_store
    found = sorted((each for each in everything if _fits(each, wanted)), key=place)
    rest = [each for each in found if after is None or place(each) > tuple(after)]
    shown = rest[:limit]
    return Integrations(
        await with_runs(session, shown, store_id=wanted.store_id, few=True),
        place(shown[-1]) if len(rest) > limit else None,
        dict(Counter(each.status for each in found)),
        everything,
    )


def _by_store(figures: SyncFigures) -> tuple[Any, ...]:
    return figures.store_id, figures.connection_id, figures.job_type


def _by_health(figures: SyncFigures) -> tuple[Any, ...]:
    return HEALTH.index(figures.status), _text(figures.since), figures.connection_id, figures.job_type


def _text(at: datetime) -> str:
    """Of one length, so that it sorts as the moment does."""
    return at.isoformat(timespec="microseconds")


def _fits(figures: SyncFigures, wanted: IntegrationFilter) -> bool:
    search = (wanted.search or "").casefold()
    return (
        wanted.status in (None, figures.status)
        and wanted.channel in (None, figures.channel)
        and wanted.job_type in (None, figures.job_type)
        and (search in figures.store_code.casefold() or search in figures.connection_name.casefold())
    )
