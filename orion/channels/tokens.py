"""Access tokens by OAuth 2.0 (RFC 6749): kept sealed, fetched ahead of their end, by one process at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from orion.channels.errors import ChannelError, ChannelUnavailable, CredentialsRefused, Unreadable
from orion.channels.models import Connection
from orion.plumbing.db import Clock
from orion.plumbing.sealing import open_sealed, place_of, seal

if TYPE_CHECKING:
    from orion.channels.client import Answer, ChannelClient

AHEAD_SECONDS = 60.0
"""A token is renewed so long before its end; one that lives shorter than twice that, at half its life."""

LEASE_SECONDS = 60.0
_POLL_SECONDS = 0.1
_REFUSALS = ("invalid_grant", "invalid_client", "unauthorized_client", "unauthorized")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and how many seconds it lives."""

    value: str = field(repr=False)
    expires_in: float


@dataclass(frozen=True, slots=True)
class TokenSource:
    """How a channel's access tokens are fetched, which headers carry one, and how an answer says that one has ended."""

    fetch: "Callable[[ChannelClient], Awaitable[Token]]"
    headers: Callable[[str], Mapping[str, str]] = lambda token: {"authorization": f"Bearer {token}"}
    ended: "Callable[[Answer], bool]" = lambda answer: answer.status == 401


async def access_token(client: "ChannelClient", *, refused: str | None = None) -> str:
    """The connection's access token, kept or new; never `refused`, which the channel did not take.

    However many ask at once, in this process or in others, one of them fetches. Raises CredentialsRefused when the
    channel does not give us one any more, and ChannelError. Must not be called within a transaction.
    """
    key = (client.runtime.database, client.connection_id, refused)
    flight = _FLIGHTS.get(key)
    if flight is None:
        flight = _FLIGHTS[key] = asyncio.create_task(_find_or_fetch(client, refused))
        flight.add_done_callback(lambda done: _forget(key, done))
    return await asyncio.shield(flight)


async def oauth_token(
    client: "ChannelClient", url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Ask a token endpoint (RFC 6749 section 5); its answer, with `access_token` and `expires_in` as they should be.

    Raises CredentialsRefused (`credentials_refused`, or what `oauth_refusal` says), Unreadable and ChannelError.
    """
    answer = await client.send("token", "POST", url, form=form, headers=headers, repeatable=True, token=False)
    said = answer.json()
    try:
        value, life = said["access_token"], float(said["expires_in"])
    except (KeyError, TypeError, ValueError):
        raise Unreadable("unreadable", "The token endpoint answered without a token") from None
    if not isinstance(value, str) or not value or life <= 0:
        raise Unreadable("unreadable", "The token endpoint answered without a token that can be used")
    return {**said, "expires_in": life}


def oauth_refusal(answer: "Answer") -> ChannelError | None:
    """What a 4xx of a token endpoint means (RFC 6749 section 5.2); None when it is no such answer."""
    try:
        said = answer.json()
    except ChannelError:
        return None
    error = said.get("error") if isinstance(said, dict) else None
    if error == "invalid_grant":
        return CredentialsRefused("grant_ended", "The permission has ended or was taken back: connect again")
    if error in _REFUSALS:
        return CredentialsRefused("credentials_refused", "The client id or the client secret is not accepted")
    return None


_Key = tuple[Any, int, str | None]
_FLIGHTS: "dict[_Key, asyncio.Task[str]]" = {}


def _forget(key: _Key, done: "asyncio.Task[str]") -> None:
    if _FLIGHTS.get(key) is done:
        del _FLIGHTS[key]
    if not done.cancelled():
        done.exception()  # it has been raised where it was waited for, if anybody still did


async def _find_or_fetch(client: "ChannelClient", refused: str | None) -> str:
    waited = 0.0
    while True:
        kept, lease = await _kept_or_lease(client, refused)
        if kept is not None:
            return kept
        if lease is not None:
            return await _fetch(client, lease)
        if waited > LEASE_SECONDS + 5:
            raise ChannelUnavailable("token_awaited", "Another process has been fetching the token for too long")
        await asyncio.sleep(_POLL_SECONDS)
        waited += _POLL_SECONDS


async def _kept_or_lease(client: "ChannelClient", refused: str | None) -> tuple[str | None, datetime | None]:
    """The token that is kept and good; else our lease to fetch one; else neither: another process has it."""
    settings = client.runtime.settings
    place = place_of("connections", "access_token", client.connection_id)
    async with client.runtime.database.reading() as session:
        good = sa.func.coalesce(Clock(session).seconds_since(Connection.access_expires_at) < 0, sa.false())
        query = sa.select(Connection.access_token, good).where(Connection.id == client.connection_id)
        row = (await session.execute(query)).one_or_none()
    if row is None:
        raise CredentialsRefused("connection_gone", "The connection was deleted meanwhile")
    sealed = row[0] if row[1] else None
    if sealed and (token := open_sealed(settings, sealed, bound_to=place)) != refused:
        return token, None
    async with client.runtime.database.transaction() as session:
        clock = Clock(session)
        free = sa.or_(Connection.token_lease_until.is_(None), clock.seconds_since(Connection.token_lease_until) > 0)
        unchanged = (
            Connection.access_token == sealed
            if sealed
            else sa.or_(Connection.access_expires_at.is_(None), clock.seconds_since(Connection.access_expires_at) >= 0)
        )
        until = clock.after(sa.literal(LEASE_SECONDS, sa.Float()))
        taking = (
            sa.update(Connection)
            .where(Connection.id == client.connection_id, free, unchanged)
            .values(token_lease_until=until, updated_at=Connection.updated_at)
            .returning(Connection.token_lease_until)
            .execution_options(synchronize_session=False)
        )
        return None, (await session.execute(taking)).scalar_one_or_none()


async def _fetch(client: "ChannelClient", lease: datetime) -> str:
    """Fetch a token, and keep it; give the lease back whatever happens. It is ours while nobody has taken it over."""
    source = client.manifest.token
    if source is None:
        raise AssertionError("unreachable: only clients with a source ask for tokens")
    kept: dict[str, Any] = {}
    try:
        token = await source.fetch(client)
        usable = max(token.expires_in - AHEAD_SECONDS, token.expires_in / 2)
        place = place_of("connections", "access_token", client.connection_id)
        kept["access_token"] = seal(client.runtime.settings, token.value, bound_to=place)
    finally:
        async with client.runtime.database.transaction() as session:
            if kept:
                kept["access_expires_at"] = Clock(session).after(sa.literal(usable, sa.Float()))
            await session.execute(
                sa.update(Connection)
                .where(Connection.id == client.connection_id, Connection.token_lease_until == lease)
                .values(token_lease_until=None, updated_at=Connection.updated_at, **kept)
                .execution_options(synchronize_session=False)
            )
    return token.value
