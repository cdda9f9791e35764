"""Public addresses under which one export of a store can be fetched without a log-in, until they are revoked."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import catalog
from orion.catalog import ListingFilter
from orion.feeds.events import FeedLinkChanged
from orion.feeds.exporting import FORMATS, ExportFormat, parse_format
from orion.feeds.schedule_models import MAX_NAME, FeedLink
from orion.identity.secrets import digest, new_secret
from orion.kernel import Conflict, FieldError, Invalid, NotFound, parse_language
from orion.merchants import Store, StoreAccess
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish

MAX_LINKS = 50
"""Links that a store may have."""

FETCH_NOTED_EVERY = timedelta(minutes=10)
"""How exactly `last_fetched_at` is kept: more would write with every fetch."""

_CONTENT = 2
"""Part of every digest: raise it when the same products would be written otherwise."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link, and the path that opens it: the only time that it can be seen."""

    link: FeedLink
    path: str


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What somebody who knows the path may fetch: `content_digest` names its content, whatever format it is in."""

    link: FeedLink
    store: Store
    selection: catalog.Selection
    content_digest: str
    changed_at: datetime

    @property
    def format(self) -> ExportFormat:
        """The format of the export."""
        return parse_format(self.link.format)


async def list_links(session: AsyncSession, access: StoreAccess) -> Sequence[FeedLink]:
    """The store's links, at most 50, in the order in which they were made."""
    query = sa.select(FeedLink).where(FeedLink.store_id == access.store.id).order_by(FeedLink.id)
    return (await session.scalars(query)).all()


async def create_link(
    session: AsyncSession,
    access: StoreAccess,
    *,
    name: str,
    format: str,  # noqa: A002 (what it is called everywhere)
    language: str | None = None,
    filters: Mapping[str, Any] | None = None,
) -> NewLink:
    """A public address of the store's published products that `filters` (of `ListingFilter`) mean.

    `language` None is the store's default. Needs manager. Raises Invalid (`feed_link_unsuitable`, `unknown_format`,
    `unknown_language`, and as `read_filter` does) and Conflict (`too_many_feed_links`). Publishes FeedLinkChanged.
    """
    access.require("manager")
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        message = f"Give a name of 1 to {MAX_NAME} printable characters that says who fetches the feed"
        raise Invalid("feed_link_unsuitable", message, errors=[FieldError("name", message)])
    known = parse_format(format)
    if language is not None:
        language = parse_language(language)
    wanted = {key: value for key, value in (filters or {}).items() if value is not None and key != "language"}
    await catalog.select_listings(session, access.store, ListingFilter(**wanted))  # is it a filter at all?
    number = await session.scalar(
        sa.select(sa.func.count()).select_from(FeedLink).where(FeedLink.store_id == access.store.id)
    )
    if (number or 0) >= MAX_LINKS:
        raise Conflict("too_many_feed_links", f"A store has at most {MAX_LINKS} feed links: revoke one first.")
    token = new_secret()
    link = FeedLink(
        store_id=access.store.id,
        name=name,
        token_digest=digest(token),
        format=known,
        language=language,
        options=wanted,
        user_id=access.user.id,
    )
    session.add(link)
    await session.flush()
    await _tell(session, access, link, "created")
    return NewLink(link, _path(link, token))


async def rotate_link(session: AsyncSession, access: StoreAccess, link_id: int) -> NewLink:
    """Another path for a link; the one before opens nothing any more. Needs manager.

    Raises NotFound (`feed_link_not_found`). Publishes FeedLinkChanged.
    """
    access.require("manager")
    link = await _own(session, access, link_id)
    token = new_secret()
    link.token_digest, link.user_id = digest(token), access.user.id
    await session.flush()
    await _tell(session, access, link, "rotated")
    return NewLink(link, _path(link, token))


async def revoke_link(session: AsyncSession, access: StoreAccess, link_id: int) -> None:
    """End a link. Needs manager. Raises NotFound (`feed_link_not_found`). Publishes FeedLinkChanged."""
    access.require("manager")
    link = await _own(session, access, link_id)
    await session.delete(link)
    await session.flush()
    await _tell(session, access, link, "revoked")


async def open_link(session: AsyncSession, token: str, suffix: str) -> OpenedLink:
    """What stands behind a path, for anybody who knows it.

    Raises NotFound (`feed_link_not_found`) for a token that is none (any more), another suffix than the format's, and
    while the store is not public: not verified, or deactivated.
    """
    row = (
        await session.execute(
            sa.select(FeedLink, Store)
            .join(Store, Store.id == FeedLink.store_id)
            .where(FeedLink.token_digest == digest(token), Store.is_active, Store.is_verified)
        )
    ).one_or_none()
    if row is None or FORMATS[parse_format(row[0].format)].suffix != suffix:
        raise NotFound("feed_link_not_found", "There is no feed under this address, or not any more: ask the store.")
    link, store = row
    selection = await catalog.select_listings(session, store, link.filter)
    facts = [_CONTENT, link.id, link.format, link.language, link.options, store.name, store.default_language]
    state = await catalog.state_of(session, selection)
    content = hashlib.sha256(orjson.dumps([*facts, state], option=orjson.OPT_SORT_KEYS)).hexdigest()
    since = link.content_changed_at if content == link.content_digest else None
    return OpenedLink(link, store, selection, content, since or utcnow())


def fetch_is_news(opened: OpenedLink) -> bool:
    """Whether a fetch has to be noted: the content is new, or the last one was noted some time ago."""
    fetched, link = opened.link.last_fetched_at, opened.link
    return link.content_digest != opened.content_digest or fetched is None or fetched < utcnow() - FETCH_NOTED_EVERY


async def note_fetch(session: AsyncSession, opened: OpenedLink) -> None:
    """Keep that the link was used now, and since when its content has been what it is."""
    await session.execute(
        sa.update(FeedLink)
        .where(FeedLink.id == opened.link.id)
        .values(last_fetched_at=utcnow(), content_digest=opened.content_digest, content_changed_at=opened.changed_at)
    )


async def _own(session: AsyncSession, access: StoreAccess, link_id: int) -> FeedLink:
    query = sa.select(FeedLink).where(FeedLink.id == link_id, FeedLink.store_id == access.store.id)
    link = await session.scalar(query.with_for_update())
    if link is None:
        raise NotFound("feed_link_not_found", f"There is no feed link {link_id}.")
    return link


def _path(link: FeedLink, token: str) -> str:
    return f"/feeds/{token}.{FORMATS[parse_format(link.format)].suffix}"


async def _tell(session: AsyncSession, access: StoreAccess, link: FeedLink, change: str) -> None:
    details = {"name": link.name, "format": link.format, "language": link.language, "filters": link.options}
    await publish(session, FeedLinkChanged(access.store.id, link.id, change, details, actor_id=access.user.id))
