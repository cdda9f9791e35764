"""OAuth 2.0 as eBay has it, its consent page, and who the seller is."""

import base64
import binascii
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from orion.simulators.kit.consent import answer_consent

if TYPE_CHECKING:
    from orion.simulators.ebay.simulator import Ebay

REFRESH_TOKEN = "v^1.1#simulated-refresh-token"  # noqa: S105 (of a simulator)
CLIENTS = {"simulator-client": "simulator-secret"}
USER_ID = "SimUser0001"
USERNAME = "simulated_seller"
CODE_LIVES = timedelta(minutes=5)
REFRESH_SECONDS = 47_304_000
_PUBLIC = "https://api.ebay.com/oauth/api_scope"


async def token(seller: "Ebay", request: Request) -> Response:
    """Grants: authorization_code (a code is good once), refresh_token (never changes), client_credentials."""
    if not _is_client(request):
        return _refused("invalid_client", "client authentication failed", 401)
    form = {name: str(value) for name, value in (await request.form()).items()}
    kind = form.get("grant_type")
    if kind == "refresh_token":
        if form.get("refresh_token") not in seller.grants:
            return _refused(
                "invalid_grant", "the provided authorization refresh token is invalid or was issued to another client"
            )
        return _granted(seller, "User Access Token")
    if kind == "authorization_code":
        issued = seller.codes.pop(form.get("code", ""), None)
        if issued is None or seller.now() > issued[1] or issued[0] != form.get("redirect_uri"):
            return _refused(
                "invalid_grant", "the provided authorization grant code is invalid or was issued to another client"
            )
        refresh = f"v^1.1#{seller.secret()}"
        seller.grants.add(refresh)
        return _granted(seller, "User Access Token", refresh_token=refresh, refresh_token_expires_in=REFRESH_SECONDS)
    if kind == "client_credentials":
        if _PUBLIC not in form.get("scope", "").split():
            return _refused(
                "invalid_scope",
                "The requested scope is invalid, unknown, malformed, or exceeds the scope granted to the client",
            )
        return _granted(seller, "Application Access Token")
    return _refused("unsupported_grant_type", "grant type in request is not supported by the authorization server")


def _is_client(request: Request) -> bool:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        client_id, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return kind.lower() == "basic" and CLIENTS.get(unquote_plus(client_id)) == unquote_plus(secret)


def _granted(seller: "Ebay", kind: str, **more: str | int) -> Response:
    lives = int(seller.shaped["token_seconds"])
    access = f"v^1.1#{seller.secret()}"
    seller.access[access] = (seller.now() + timedelta(seconds=lives), kind.startswith("User"))
    return JSONResponse({"access_token": access, "expires_in": lives, "token_type": kind, **more})


def _refused(error: str, description: str, status: int = 400) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)


async def consent(seller: "Ebay", request: Request) -> Response:
    """The page that asks the seller; `auto=allow` and `auto=deny` answer for them."""
    asked = request.query_params
    target = asked.get("redirect_uri", "")
    known = asked.get("client_id") in CLIENTS and asked.get("response_type") == "code" and asked.get("scope")
    if not known or not asked.get("state") or not target.startswith(("http://", "https://")):
        return HTMLResponse("<h1>unauthorized_client</h1>", 400)

    def granted() -> dict[str, str]:
        code = seller.secret()
        seller.codes[code] = (target, seller.now() + CODE_LIVES)
        return {"code": code, "expires_in": str(int(CODE_LIVES.total_seconds()))}

    question = f"Let this app act for {USERNAME}?"
    denied = {"error": "access_denied"}
    return answer_consent(asked, seller.shaped["consent"], question, granted=granted, denied=denied)


async def user(seller: "Ebay", _: Request) -> Response:
    """Commerce Identity API, getUser."""
    return JSONResponse(
        {
            "userId": USER_ID,
            "username": USERNAME,
            "accountType": "BUSINESS",
            "registrationMarketplaceId": seller.shaped["marketplace"],
        }
    )
