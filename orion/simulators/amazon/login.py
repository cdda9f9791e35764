"""Login with Amazon: tokens, and the page on which a seller grants access to an app."""

from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from orion.simulators.kit.consent import answer_consent

if TYPE_CHECKING:
    from orion.simulators.amazon.simulator import Amazon

REFRESH_TOKEN = "Atzr|simulated-refresh-token"  # noqa: S105 (of a simulator)
SELLER_ID = "A1SIMULATED00"
APP_ID = "simulator-app"
CLIENTS = {"simulator-client": "simulator-secret"}
CODE_LIVES = timedelta(minutes=5)
_GRANTLESS = ("sellingpartnerapi::notifications", "sellingpartnerapi::migration")


async def token(seller: "Amazon", request: Request) -> Response:
    """Grants: refresh_token, authorization_code (a code is good once), client_credentials (for notifications)."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    if CLIENTS.get(form.get("client_id", "")) != form.get("client_secret"):
        return _refused("invalid_client", "Client authentication failed", 401)
    kind = form.get("grant_type")
    if kind == "refresh_token":
        if form.get("refresh_token") not in seller.grants:
            return _refused("invalid_grant", "The request has an invalid grant parameter : refresh_token")
        return _granted(seller, {"refresh_token": form["refresh_token"]})
    if kind == "authorization_code":
        issued = seller.codes.pop(form.get("code", ""), None)
        if issued is None or seller.now() > issued[1] or issued[0] != form.get("redirect_uri", issued[0]):
            return _refused("invalid_grant", "The request has an invalid grant parameter : code")
        refresh = f"Atzr|{seller.secret()}"
        seller.grants.add(refresh)
        return _granted(seller, {"refresh_token": refresh})
    if kind == "client_credentials":
        if form.get("scope") not in _GRANTLESS:
            return _refused("invalid_scope", "The request has an invalid parameter : scope")
        return _granted(seller, {"scope": form["scope"]})
    return _refused("unsupported_grant_type", "The grant_type is not supported")


def _granted(seller: "Amazon", more: dict[str, str]) -> Response:
    lives = int(seller.shaped["token_seconds"])
    access = f"Atza|{seller.secret()}"
    seller.access[access] = (seller.now() + timedelta(seconds=lives), "scope" in more)
    return JSONResponse({"access_token": access, "token_type": "bearer", "expires_in": lives, **more})


def _refused(error: str, description: str, status: int = 400) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)


async def consent(seller: "Amazon", request: Request) -> Response:
    """The page that asks the seller; `auto=allow` and `auto=deny` answer for them."""
    asked = request.query_params
    target = asked.get("redirect_uri", "")
    if (
        asked.get("application_id") != APP_ID
        or not asked.get("state")
        or not target.startswith(("http://", "https://"))
    ):
        return HTMLResponse("<h1>We are unable to process this request</h1>", 400)

    def granted() -> dict[str, str]:
        code = seller.secret()
        seller.codes[code] = (target, seller.now() + CODE_LIVES)
        return {"selling_partner_id": SELLER_ID, "spapi_oauth_code": code}

    denied = {"error": "access_denied", "error_description": "The seller did not grant access"}
    question = f"Let {APP_ID} act for {SELLER_ID}?"
    return answer_consent(asked, seller.shaped["consent"], question, granted=granted, denied=denied)
