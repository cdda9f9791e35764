"""What a store has said of the columns of its feeds, where Orion would not know or would guess otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.feeds.columns import IGNORE, KEEP, TARGETS, column_key
from orion.feeds.events import MappingChanged
from orion.feeds.models import Feed
from orion.feeds.schedule_models import FeedMapping
from orion.kernel import FieldError, Invalid, parse_marketplace
from orion.merchants import StoreAccess
from orion.plumbing.events import publish

MAX_COLUMNS = 500
"""Columns that one mapping may speak of."""
MAX_HEADER = 1000


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """What a store's columns on one marketplace mean: header -> attribute, "keep" or "ignore"."""

    marketplace: str
    columns: dict[str, str]


async def list_mappings(session: AsyncSession, access: StoreAccess) -> list[SavedMapping]:
    """The store's mappings, one per marketplace that has any."""
    table = FeedMapping
    query = sa.select(table.marketplace, table.header, table.target).where(table.store_id == access.store.id)
    found: dict[str, dict[str, str]] = {}
    for marketplace, header, target in await session.execute(query.order_by(table.marketplace, table.column_key)):
        found.setdefault(marketplace, {})[header] = target
    return [SavedMapping(marketplace, columns) for marketplace, columns in found.items()]


async def save_mapping(
    session: AsyncSession, access: StoreAccess, *, marketplace: str = "Letzshop", columns: Mapping[str, str]
) -> SavedMapping:
    """Say what the columns of the store's feeds mean: header -> attribute, "keep" or "ignore"; it replaces all.

    Headers are compared as feeds' are: without case, spacing and punctuation. The next import reads the feeds anew.
    Needs staff. Raises Invalid: `unknown_marketplace`, `invalid_mapping` naming each column. Publishes MappingChanged.
    """
    access.require("staff")
    marketplace = parse_marketplace(marketplace)
    checked = _checked(columns)
    before = await mapping_of(session, access.store.id, marketplace)
    after = {key: target for key, (_, target) in checked.items()}
    await _clear(session, access.store.id, marketplace)
    rows: list[dict[str, Any]] = [
        {
            "store_id": access.store.id,
            "marketplace": marketplace,
            "column_key": key,
            "header": header,
            "target": target,
        }
        for key, (header, target) in checked.items()
    ]
    if rows:
        await session.execute(sa.insert(FeedMapping), rows)
    if before != after:
        await _read_anew(session, access.store.id, marketplace)
        await publish(session, MappingChanged(access.store.id, marketplace, before, after, actor_id=access.user.id))
    return SavedMapping(marketplace, dict(checked.values()))


async def forget_mapping(session: AsyncSession, access: StoreAccess, *, marketplace: str = "Letzshop") -> None:
    """Take back what was said of the columns of one marketplace; nothing said is fine. Needs staff."""
    await save_mapping(session, access, marketplace=marketplace, columns={})


async def mapping_of(session: AsyncSession, store_id: int, marketplace: str) -> dict[str, str]:
    """A store's mapping as feeds are read by it: column key -> target."""
    query = sa.select(FeedMapping.column_key, FeedMapping.target).filter_by(store_id=store_id, marketplace=marketplace)
    return {key: target for key, target in await session.execute(query)}  # noqa: C416 (rows are no pairs to dict())


async def _clear(session: AsyncSession, store_id: int, marketplace: str) -> None:
    await session.execute(
        sa.delete(FeedMapping).where(FeedMapping.store_id == store_id, FeedMapping.marketplace == marketplace)
    )


async def _read_anew(session: AsyncSession, store_id: int, marketplace: str) -> None:
    """What a feed answered last time says nothing any more: its columns mean something else now."""
    await session.execute(
        sa.update(Feed)
        .where(Feed.store_id == store_id, Feed.marketplace == marketplace)
        .values(etag=None, last_modified=None)
    )


def _checked(columns: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Column key -> (header, target). Raises Invalid (`invalid_mapping`)."""
    errors: list[FieldError] = []
    checked: dict[str, tuple[str, str]] = {}
    if len(columns) > MAX_COLUMNS:
        errors.append(FieldError("columns", f"a mapping speaks of at most {MAX_COLUMNS} columns"))
    for header, text in columns.items():
        field, target = f"columns.{header[:60]}", text.strip().lower()
        key = column_key(header)
        if not key or len(header) > MAX_HEADER or "\0" in header:
            errors.append(FieldError(field, f"the name of a column has 1 to {MAX_HEADER} characters"))
        elif target not in (*TARGETS, KEEP, IGNORE):
            message = f"{text[:60]!r} is no attribute: use one of Google's product attributes, {KEEP!r} or {IGNORE!r}"
            errors.append(FieldError(field, message))
        elif key in checked:
            errors.append(FieldError(field, f"is the same column as {checked[key][0]!r}: name it once"))
        else:
            checked[key] = (header.strip(), target)
    if errors:
        raise Invalid("invalid_mapping", "; ".join(error.message for error in errors[:5]), errors=errors)
    return checked
