"""OAuth 2.0 as eBay has it: access tokens from a refresh token, the consent that brings one, and whose account it is.

Source: eBay's guide "OAuth credentials, tokens, and scopes": Basic authentication of the client, user tokens that live
7,200 s, refresh tokens that live 47,304,000 s and do not change; Commerce Identity API v1, getUser.
"""

import base64
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode
from weakref import WeakKeyDictionary

from orion.channels.adapters.answers import read_object
from orion.channels.client import Answer, ChannelClient
from orion.channels.errors import ChannelError, CredentialsRefused, Unreadable
from orion.channels.registry import ConsentFlow, Granted
from orion.channels.tokens import Token, TokenSource, oauth_token

_SCOPE = "https://api.ebay.com/oauth/api_scope"
SCOPES = (
    f"{_SCOPE}/sell.fulfillment",
    f"{_SCOPE}/sell.inventory",
    f"{_SCOPE}/commerce.identity.readonly",
    f"{_SCOPE}/commerce.notification.subscription",
)


_APPS: WeakKeyDictionary[Any, dict[tuple[str, str], tuple[float, str]]] = WeakKeyDictionary()
"""Tokens of apps by database and (host, client id), and until when they are used: eBay gives a thousand a day."""


_MOST_APPS = 100


async def ask_as_app(client: ChannelClient, operation: str, path: str, **sending: Any) -> Answer:
    """The answer to a GET of what belongs to no seller, with a token of the app itself. Raises ChannelError."""
    for last in (False, True):
        token = await _app_token(client, anew=last)
        headers = {"authorization": f"Bearer {token}"}
        try:
            return await client.send(operation, "GET", path, headers=headers, token=False, **sending)
        except CredentialsRefused:
            if last:
                raise
    raise AssertionError("unreachable: the last try gives or raises")


async def _app_token(client: ChannelClient, *, anew: bool) -> str:
    apps = _APPS.setdefault(client.runtime.database, {})
    place = (client.host(), client.secrets.get("client_id", ""))
    until, token = apps.get(place, (0.0, ""))
    now = time.monotonic()
    if anew or now >= until:
        said = await _ask_token(client, grant_type="client_credentials", scope=_SCOPE)
        token = said["access_token"]
        if len(apps) >= _MOST_APPS:
            apps.clear()
        apps[place] = (now + said["expires_in"] / 2, token)
    return token


async def whose(client: ChannelClient, access_token: str | None = None) -> dict[str, str]:
    """Settings that say whose account it is: `user_id` (never changes) and `username`. Raises ChannelError.

    With the connection's own token unless one is given.
    """
    given = {"authorization": f"Bearer {access_token}"} if access_token else None
    url = f"{client.host('identity')}/commerce/identity/v1/user/"
    said = read_object(await client.send("getUser", "GET", url, headers=given, token=access_token is None))
    found = {"user_id": said.get("userId"), "username": said.get("username")}
    return {name: value for name, value in found.items() if isinstance(value, str) and value}


async def _fetch(client: ChannelClient) -> Token:
    """No `scope`: the token may then do whatever was granted."""
    said = await _ask_token(client, grant_type="refresh_token", refresh_token=client.secrets.get("refresh_token", ""))
    return Token(said["access_token"], said["expires_in"])


async def _ask_token(client: ChannelClient, **form: str) -> dict[str, Any]:
    app = ":".join(quote(client.secrets.get(name, ""), safe="") for name in ("client_id", "client_secret"))
    headers = {"authorization": f"Basic {base64.b64encode(app.encode()).decode()}"}
    return await oauth_token(client, f"{client.host()}/identity/v1/oauth2/token", form, headers)


def _redirect(client: ChannelClient, redirect_uri: str) -> str:
    """EBay wants the app's RuName in the place of the address that is registered under it."""
    return redirect_uri if client.environment == "simulator" else client.secrets.get("runame", "")


def _authorize_url(client: ChannelClient, state: str, redirect_uri: str) -> str:
    asked = {
        "client_id": client.secrets.get("client_id", ""),
        "redirect_uri": _redirect(client, redirect_uri),
        "response_type": "code",
        "scope": " ".join(SCOPES),
        "state": state,
    }
    return f"{client.host('auth')}/oauth2/authorize?{urlencode(asked, quote_via=quote)}"


async def _exchange(client: ChannelClient, answered: Mapping[str, str], redirect_uri: str) -> Granted:
    """The refresh token for the code, which lives five minutes."""
    code, target = answered.get("code", ""), _redirect(client, redirect_uri)
    said = await _ask_token(client, grant_type="authorization_code", code=code, redirect_uri=target)
    refresh_token = said.get("refresh_token")
    if not isinstance(refresh_token, str) or not refresh_token:
        raise Unreadable("unreadable", "The token endpoint answered without a refresh token")
    try:
        settings = await whose(client, said["access_token"])
    except ChannelError:
        settings = {}  # the check of the connection asks again
    return Granted(secrets={"refresh_token": refresh_token}, settings=settings)


TOKEN = TokenSource(_fetch)
CONSENT = ConsentFlow(_authorize_url, _exchange)
