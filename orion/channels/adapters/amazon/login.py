"""Login with Amazon: access tokens from a refresh token, and the consent that brings one.

Source: "Connect to the SP-API" and "Website Authorization Workflow" of the API's guide.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from orion.channels.adapters.amazon.asking import token_ended
from orion.channels.adapters.amazon.places import MARKETPLACES
from orion.channels.client import ChannelClient
from orion.channels.errors import Refused, Unreadable
from orion.channels.registry import ConsentFlow, Granted
from orion.channels.tokens import Token, TokenSource, oauth_token

_PORTALS = {
    "eu": "https://sellercentral-europe.amazon.com",
    "na": "https://sellercentral.amazon.com",
    "fe": "https://sellercentral.amazon.co.jp",
}


async def _fetch(client: ChannelClient) -> Token:
    said = await _ask_token(client, grant_type="refresh_token", refresh_token=client.secrets.get("refresh_token", ""))
    return Token(said["access_token"], said["expires_in"])


async def _ask_token(client: ChannelClient, **form: str) -> dict[str, Any]:
    app = {name: client.secrets.get(name, "") for name in ("client_id", "client_secret")}
    return await oauth_token(client, f"{client.host('token')}/auth/o2/token", {**form, **app})


def _authorize_url(client: ChannelClient, state: str, redirect_uri: str) -> str:
    """The page of the seller's portal for their first marketplace."""
    portal = _PORTALS[client.settings.get("region") or "eu"]
    for marketplace_id in client.settings.get("marketplace_ids") or ():
        portal = MARKETPLACES[marketplace_id].portal
        break
    if client.environment == "simulator":
        portal = client.host()
    asked = {"application_id": client.secrets.get("app_id", ""), "state": state, "redirect_uri": redirect_uri}
    return f"{portal}/apps/authorize/consent?{urlencode(asked)}"


async def _exchange(client: ChannelClient, answered: Mapping[str, str], redirect_uri: str) -> Granted:
    """The refresh token for the code, which lives a few minutes, and whose seller account it is."""
    seller_id = answered.get("selling_partner_id", "").strip()
    if not seller_id.isascii() or not seller_id.isalnum():
        raise Refused("seller_missing", "Amazon did not say whose seller account this is")
    code = answered.get("spapi_oauth_code", "")
    said = await _ask_token(client, grant_type="authorization_code", code=code, redirect_uri=redirect_uri)
    refresh_token = said.get("refresh_token")
    if not isinstance(refresh_token, str) or not refresh_token:
        raise Unreadable("unreadable", "The token endpoint answered without a refresh token")
    return Granted(secrets={"refresh_token": refresh_token}, settings={"seller_id": seller_id})


TOKEN = TokenSource(_fetch, headers=lambda token: {"x-amz-access-token": token}, ended=token_ended)
CONSENT = ConsentFlow(_authorize_url, _exchange, code_parameter="spapi_oauth_code")
