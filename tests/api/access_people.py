"""Who gets what answer from the operations on stores, members, invitations, keys, users and the audit log."""

from datetime import timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa

from orion import identity, merchants
from orion.identity.models import PasswordLink
from orion.merchants import Invitation, Store
from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime
from tests.api.access_rows import Row, admin_only, member, public
from tests.factories.people import PASSWORD, a_member, a_user

_numbers = count(1)


async def a_colleague(runtime: Runtime) -> dict[str, Any]:
    """A new member of DEMO."""
    async with runtime.database.transaction() as session:
        return {"user_id": (await a_member(session, await _demo(session), "viewer")).id}


async def an_invitation(runtime: Runtime) -> dict[str, Any]:
    """An invitation that the owner of DEMO sent long enough ago."""
    number = next(_numbers)
    async with runtime.database.transaction() as session:
        store, owner = await _demo(session), await identity.find_user(session, "owner")
        assert owner is not None
        invitation = Invitation(
            merchant_id=store.merchant_id,
            store_id=store.id,
            email=f"guest{number}@example.com",
            role="staff",
            token_hash=identity.digest(f"token-{number}"),
            invited_by=owner.id,
            expires_at=utcnow() + timedelta(days=5),
        )
        session.add(invitation)
        await session.flush()
        return {"invitation_id": invitation.id, "token": f"token-{number}", "username": f"guest{number}"}


async def a_key(runtime: Runtime) -> dict[str, Any]:
    """An API key of DEMO."""
    async with runtime.database.transaction() as session:
        owner = await identity.find_user(session, "owner")
        assert owner is not None
        access = await merchants.open_store(session, owner, "DEMO")
        made = await merchants.create_api_key(session, access, runtime.settings, name="X", scopes=["products:read"])
        return {"key_id": made.key.id}


async def somebody(runtime: Runtime) -> dict[str, Any]:
    """A new user, with a link to choose a password."""
    token = f"link-{next(_numbers)}"
    async with runtime.database.transaction() as session:
        user = await a_user(session)
        session.add(
            PasswordLink(token_hash=identity.digest(token), user_id=user.id, expires_at=utcnow() + timedelta(1))
        )
        return {"user_id": user.id, "token": token}


async def the_store(runtime: Runtime) -> dict[str, Any]:
    """DEMO by its id."""
    async with runtime.database.reading() as session:
        return {"shop_id": (await _demo(session)).id}


async def _demo(session: Any) -> Store:
    store: Store = await session.scalar(sa.select(Store).where(Store.code == "DEMO"))
    return store


STORE = "/api/v1/store"
_MEMBER = f"{STORE}/members/{{user_id}}"
_INVITATION = f"{STORE}/invitations/{{invitation_id}}"
_KEY = f"{STORE}/api-keys/{{key_id}}"
_LINK = "/api/v1/invitations/{token}"
_USER = "/api/v1/admin/users/{user_id}"
_SHOP = "/api/v1/admin/shops/{shop_id}"
NEW_KEY = {"name": "Of {caller}", "scopes": ["products:read"]}
JOIN = {"username": "", "password": PASSWORD}

PEOPLE_ROWS: dict[tuple[str, str], Row] = {
    ("PUT", "/api/v1/shop/{shop_code}"): member(
        "manager", low="staff", path={"shop_code": "DEMO"}, body={"shop_name": "Of {caller}"}
    ),
    ("POST", "/api/v1/auth/password-link"): public(202, body={"login": "stranger"}, changes=False),
    ("POST", "/api/v1/auth/password-reset"): public(
        204, prepare=somebody, body={"token": "", "password": "another long password"}
    ),
    ("GET", f"{STORE}/members"): member("manager", low="staff"),
    ("PATCH", _MEMBER): member("manager", low="staff", prepare=a_colleague, body={"role": "staff"}),
    ("DELETE", _MEMBER): member("manager", 204, low="staff", prepare=a_colleague),
    ("POST", f"{_MEMBER}/transfer-ownership"): Row(
        anonymous=401, stranger=404, right=("owner", 200), admin=403, low=("manager", 403), prepare=a_colleague
    ),
    ("GET", f"{STORE}/invitations"): member("manager", low="staff"),
    ("POST", f"{STORE}/invitations"): member("manager", 201, low="staff", body={"email": "for-{caller}@example.com"}),
    ("POST", f"{_INVITATION}/resend"): member("manager", low="staff", prepare=an_invitation),
    ("DELETE", _INVITATION): member("manager", 204, low="staff", prepare=an_invitation),
    ("GET", _LINK): public(prepare=an_invitation),
    ("POST", f"{_LINK}/accept"): Row(
        anonymous=401, stranger=200, right=("viewer", 409), admin=200, prepare=an_invitation
    ),
    ("POST", f"{_LINK}/register"): public(201, prepare=an_invitation, body=JOIN),
    ("GET", f"{STORE}/api-keys"): member("manager", low="staff"),
    ("POST", f"{STORE}/api-keys"): member("manager", 201, low="staff", body=NEW_KEY),
    ("GET", _KEY): member("manager", low="staff", prepare=a_key),
    ("POST", f"{_KEY}/rotate"): member("manager", low="staff", prepare=a_key),
    ("DELETE", _KEY): member("manager", 204, low="staff", prepare=a_key),
    ("GET", f"{STORE}/audit-log"): member("manager", low="staff"),
    ("GET", "/api/v1/admin/audit-log"): admin_only(),
    ("GET", "/api/v1/admin/users"): admin_only(),
    ("GET", _USER): admin_only(prepare=somebody),
    ("PUT", f"{_USER}/status"): admin_only(prepare=somebody),
    ("PUT", f"{_USER}/role"): admin_only(prepare=somebody, body={"role": "admin"}),
    ("DELETE", f"{_USER}/sessions"): admin_only(prepare=somebody),
    ("POST", f"{_USER}/password-link"): admin_only(202, prepare=somebody),
    ("GET", "/api/v1/admin/shops"): admin_only(),
    ("GET", _SHOP): admin_only(prepare=the_store),
    ("PUT", f"{_SHOP}/verify"): admin_only(prepare=the_store),
    ("PUT", f"{_SHOP}/status"): admin_only(prepare=the_store),
}
