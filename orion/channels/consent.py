"""Granting access on the channel's own page (OAuth 2.0 authorization code, RFC 6749 section 4.1): Amazon and eBay.

1. A manager asks for the address of the consent page (`start_consent`). It carries a `state`: 256 random bits, of which
   only the digest is kept, with who asked, for a quarter of an hour, for one use.
2. The channel sends the browser back to `{PUBLIC_URL}/consent/{channel}` with `state` and the code, or with `error`.
   This is the address to register with the channel (Amazon: OAuth redirect URI; eBay: accepted URL of the RuName).
3. Whoever is logged in there must be who asked, and still a manager (`complete_consent`): else somebody could be lured
   into granting their own marketplace access to a stranger's store. The state is used up before the code is exchanged.

What a channel has to give for it is `ConsentFlow` in its manifest. What its simulator has to offer: the consent page as
GET (a page with "allow" and "deny", and `?...&auto=allow` or `auto=deny` which answers at once by a redirect to
`redirect_uri`), and the grant `authorization_code` at its token endpoint, each code good for one exchange. Simulators
are given `SIMULATOR_APP` as the app and the redirect URI as it is. Parameters sent back to us:

- Amazon: `state`, `spapi_oauth_code`, `selling_partner_id`; the page is `{seller central}/apps/authorize/consent`
  with `application_id`, `state`, `redirect_uri`.
- eBay: `state`, `code`; on refusal `error=access_denied`; the page is `{auth host}/oauth2/authorize` with `client_id`,
  `redirect_uri` (the RuName; for the simulator the address itself), `response_type=code`, `scope`, `state`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import merchants
from orion.channels.connections import get_connection, keep_granted
from orion.channels.errors import ChannelError
from orion.channels.events import ConnectionChanged
from orion.channels.models import Connection
from orion.channels.registry import client_of, manifest_of, secrets_of
from orion.identity import User
from orion.identity.secrets import digest, new_secret
from orion.kernel import Conflict, Invalid, Unavailable
from orion.merchants import Store, StoreAccess
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish
from orion.plumbing.runtime import Runtime

MINUTES = 15
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Consent:
    """Where to send the browser, and until when it may come back."""

    url: str
    expires_at: datetime


def redirect_uri(runtime: Runtime, channel: str) -> str:
    """Where the channel sends the browser back to."""
    return f"{runtime.settings.public_url.rstrip('/')}/consent/{channel}"


async def start_consent(session: AsyncSession, access: StoreAccess, connection_id: int, *, runtime: Runtime) -> Consent:
    """The address of the channel's consent page for this connection; an earlier one is void from now on.

    Raises NotFound, Forbidden (`role_too_low`), Conflict (`consent_not_offered`, `app_missing`) and what `client_of`
    raises. Publishes ConnectionChanged.
    """
    access.require("manager")
    connection = await get_connection(session, access, connection_id, lock=True)
    manifest = manifest_of(connection.channel)
    if manifest.consent is None:
        raise Conflict("consent_not_offered", f"{manifest.name} has no consent page: enter the credentials instead")
    client = client_of(runtime, connection)
    if "client_id" in secrets_of(runtime.settings, connection):
        raise Conflict(
            "consent_not_offered",
            f"This connection uses an app of your own: authorise it at {manifest.name} and enter the refresh token",
        )
    if not client.secrets.get("client_id") or not client.secrets.get("client_secret"):
        raise Conflict(
            "app_missing",
            f"The operator has no app at {manifest.name} yet: enter credentials of your own, or ask the operator",
        )
    secret = new_secret()
    connection.consent_digest = digest(secret)
    connection.consent_until = utcnow() + timedelta(minutes=MINUTES)
    connection.consent_by = access.user.id
    await session.flush()
    changed = ConnectionChanged(
        connection.store_id, connection.id, connection.channel, "consent_asked", {}, access.user.id
    )
    await publish(session, changed)
    url = manifest.consent.authorize_url(client, secret, redirect_uri(runtime, connection.channel))
    return Consent(url, connection.consent_until)


async def complete_consent(
    runtime: Runtime, user_id: int, channel: str, answered: Mapping[str, str]
) -> tuple[Store, Connection]:
    """What the channel sent back by the browser of `user_id`: exchange the code and keep what it brings.

    Hold no transaction open around it. Raises Invalid (`consent_unknown`: not asked for by this user, used already, or
    too late; `consent_denied`; `consent_refused`: the code is not accepted), Unavailable (`channel_unavailable`), and
    NotFound or Forbidden when the user may not do this (any more).
    """
    async with runtime.database.transaction() as session:
        connection = await _take_state(session, user_id, channel, answered.get("state", ""))
        store = await session.get_one(Store, connection.store_id)
        user = await session.get_one(User, user_id)
        await merchants.open_store(session, user, store.code, role="manager")
    manifest = manifest_of(connection.channel)
    if manifest.consent is None:
        raise Conflict("consent_not_offered", f"{manifest.name} has no consent page")
    if "error" in answered:
        raise _denied(manifest.name, answered)
    if not answered.get(manifest.consent.code_parameter):
        raise Invalid("consent_refused", f"{manifest.name} sent you back without a code: start again")
    try:
        client = client_of(runtime, connection)
        granted = await manifest.consent.exchange(client, answered, redirect_uri(runtime, connection.channel))
    except ChannelError as error:
        if error.retryable:
            raise Unavailable(
                "channel_unavailable", f"{manifest.name} did not answer as it should: start again in a few minutes"
            ) from None
        raise Invalid("consent_refused", f"{manifest.name} did not accept it: {error.detail}. Start again.") from None
    async with runtime.database.transaction() as session:
        user = await session.get_one(User, user_id)
        access = await merchants.open_store(session, user, store.code, role="manager")
        connection = await get_connection(session, access, connection.id, lock=True)
        await keep_granted(session, runtime.settings, connection, granted, user_id)
    return store, connection


async def _take_state(session: AsyncSession, user_id: int, channel: str, state: str) -> Connection:
    """The connection that the state was made for, which is used up by this. Raises Invalid (`consent_unknown`)."""
    taking = (
        sa.update(Connection)
        .where(
            Connection.consent_digest == digest(state),
            Connection.consent_by == user_id,
            Connection.channel == channel,
            Connection.consent_until > utcnow(),
        )
        .values(consent_digest=None, consent_until=None, consent_by=None)
        .returning(Connection.id)
        .execution_options(synchronize_session=False)
    )
    found = (await session.execute(taking)).scalar_one_or_none() if state else None
    if found is None:
        raise Invalid(
            "consent_unknown",
            f"This was not asked for by you, was used already, or took more than {MINUTES} minutes: start again",
        )
    return await session.get_one(Connection, found)


def _denied(name: str, answered: Mapping[str, str]) -> Invalid:
    if answered["error"] == "access_denied":
        return Invalid("consent_denied", f"You did not allow it at {name}, so nothing was connected")
    said = answered.get("error_description") or answered["error"]
    shown = "".join(character for character in said if character.isprintable())[:_SHOWN]
    return Invalid("consent_refused", f"{name} refused: {shown}. Start again.")
