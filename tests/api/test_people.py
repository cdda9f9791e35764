"""Stores, members, keys and users over the API: what one change means for everybody else."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from orion import identity
from orion.feeds import ImportJob
from orion.identity.models import PasswordLink
from orion.identity.password_links import make_password_link
from orion.merchants import ApiKey, Invitation
from orion.notifications import Notification, OutgoingMail
from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.factories.people import PASSWORD, a_member, a_store, a_user, an_admin

API = "/api/v1"


class Person:
    """Somebody who calls the API."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    async def call(self, method: str, path: str, expected: int | str = 200, **options: Any) -> Any:
        """The answer, after a look at its status, or at the code of the problem that is expected."""
        answer = await self.client.request(method, API + path, headers=self.headers, **options)
        said = answer.json().get("code") if answer.status_code >= 400 else answer.status_code
        assert said == expected, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
async def people(client: httpx.AsyncClient, runtime: Runtime) -> dict[str, Person]:
    """The owner, the manager and the staff of DEMO, a stranger with a store, and an administrator."""
    async with runtime.database.transaction() as session:
        owner = await a_user(session, "owner")
        store = await a_store(session, owner, "DEMO")
        users = [owner, *[await a_member(session, store, role, role) for role in ("manager", "staff")]]
        stranger = await a_user(session, "stranger")
        await a_store(session, stranger, "OTHER")
        users += [stranger, await an_admin(session, "ada")]
    return {user.username: Person(client, await bearer(runtime, user)) for user in users}


async def mailed(runtime: Runtime, to: str) -> tuple[str, str]:
    """The text of the last mail to an address, and the token of its link."""
    async with runtime.database.reading() as session:
        mails = sa.select(OutgoingMail.text).where(OutgoingMail.recipient == to).order_by(OutgoingMail.id.desc())
        text = (await session.scalars(mails)).first()
    assert text is not None
    return text, re.findall(r"/([\w-]{30,})\s", text)[0]


async def test_a_store_is_public_while_it_is_verified_and_active(people: dict[str, Person], runtime: Runtime) -> None:
    ada, owner, stranger = people["ada"], people["owner"], people["stranger"]
    (demo,) = (await ada.call("GET", "/admin/shops", params={"search": "demo", "is_verified": False}))["shops"]
    path = f"/admin/shops/{demo['id']}"

    async def seen_by_strangers() -> bool:
        shops = (await stranger.call("GET", "/shop"))["shops"]
        assert [shop["shop_code"] for shop in shops if shop["shop_code"] != "OTHER"] in ([], ["DEMO"])
        await stranger.call("GET", "/shop/demo", 200 if len(shops) == 2 else "store_not_found")
        return len(shops) == 2

    assert not await seen_by_strangers()
    told = await ada.call("PUT", f"{path}/verify", json={"is_verified": True, "reason": " papers seen "})
    assert (told["verified_by"], told["verified_reason"], told["owners"]) == ("ada", "papers seen", ["owner"])
    assert await seen_by_strangers()

    key = (await owner.call("POST", "/store/api-keys", 201, json={"name": "X", "scopes": ["store:read"]}))["token"]
    program = Person(owner.client, {"Authorization": f"Bearer {key}"})
    await program.call("GET", "/store/settings")
    source = {"source_url": "https://example.com/feed.csv", "marketplace": "Letzshop", "language": "en"}
    await owner.call("POST", "/store/marketplace/import", 202, json=source)
    await ada.call("PUT", f"{path}/status", "validation_failed", json={"active": False})
    await ada.call("PUT", f"{path}/status", "reason_too_long", json={"is_active": False, "reason": "x" * 1001})
    await ada.call("PUT", f"{path}/status", json={"is_active": False, "reason": "complaints"})
    assert not await seen_by_strangers()
    await owner.call("GET", "/store/settings", "store_not_found")
    await program.call("GET", "/store/settings", "api_key_invalid")
    async with runtime.database.reading() as session:
        assert list(await session.scalars(sa.select(ImportJob.status))) == ["cancelled"]
        kinds = list(await session.scalars(sa.select(Notification.kind).order_by(Notification.id)))
    assert kinds == ["store_verified", "store_deactivated"]
    assert "complaints" in (await mailed_text(runtime, "owner@example.com"))

    assert (await ada.call("PUT", f"{path}/status"))["is_active"]
    assert await seen_by_strangers()
    await program.call("GET", "/store/settings")
    await ada.call("PUT", "/admin/shops/999999/verify", "store_not_found")
    actions = (await ada.call("GET", "/admin/audit-log", params={"action": "store.*", "store_id": demo["id"]}))["items"]
    assert [entry["action"] for entry in actions] == [
        "store.activated",
        "store.deactivated",
        "store.verified",
        "store.created",
    ]


async def mailed_text(runtime: Runtime, to: str) -> str:
    async with runtime.database.reading() as session:
        mails = sa.select(OutgoingMail.text).where(OutgoingMail.recipient == to).order_by(OutgoingMail.id.desc())
        return (await session.scalars(mails)).first() or ""


async def test_an_invitation_makes_a_member_once(people: dict[str, Person], runtime: Runtime) -> None:
    owner, manager, stranger = people["owner"], people["manager"], people["stranger"]
    hugo = {"email": "hugo@example.com", "role": "staff"}
    await manager.call("POST", "/store/invitations", "role_too_low", json=hugo | {"role": "owner"})
    await manager.call("POST", "/store/invitations", "unknown_role", json=hugo | {"role": "boss"})
    await manager.call("POST", "/store/invitations", "email_invalid", json=hugo | {"email": "hugo"})
    await manager.call("POST", "/store/invitations", "member_exists", json=hugo | {"email": "Staff@example.com"})
    sent = await manager.call("POST", "/store/invitations", 201, json=hugo)
    assert (sent["status"], sent["invited_by"], sent["store_code"]) == ("open", "manager", "DEMO")
    assert "token" not in str(sent)
    again = f"/store/invitations/{sent['id']}"
    await owner.call("POST", "/store/invitations", "invitation_exists", json=hugo | {"email": "HUGO@example.com"})
    await owner.call("POST", f"{again}/resend", "invitation_just_sent")
    text, old = await mailed(runtime, "hugo@example.com")
    assert "manager invites you" in text
    async with runtime.database.transaction() as session:
        assert old not in str((await session.execute(sa.select(Invitation.__table__))).all())
        await session.execute(sa.update(Invitation).values(expires_at=utcnow() + timedelta(days=3)))
    await owner.call("POST", f"{again}/resend")
    _, token = await mailed(runtime, "hugo@example.com")
    nobody = Person(owner.client, {})
    await nobody.call("GET", f"/invitations/{old}", "invitation_invalid")
    assert (await nobody.call("GET", f"/invitations/{token}"))["is_known"] is False
    await nobody.call(
        "POST", f"/invitations/{token}/register", "username_taken", json={"username": "Owner", "password": PASSWORD}
    )
    await nobody.call(
        "POST", f"/invitations/{token}/register", "password_unsuitable", json={"username": "hugo", "password": "x"}
    )
    joined = await nobody.call(
        "POST", f"/invitations/{token}/register", 201, json={"username": "hugo", "password": PASSWORD}
    )
    assert joined["store_code"] == "DEMO"
    await nobody.call("GET", f"/invitations/{token}", "invitation_invalid")
    await stranger.call("POST", f"/invitations/{token}/accept", "invitation_invalid")
    await owner.call("POST", f"{again}/resend", "invitation_ended")
    await owner.call("DELETE", again, "invitation_ended")
    async with runtime.database.reading() as session:
        user = await identity.find_user(session, "hugo")
    assert user is not None
    new = Person(owner.client, await bearer(runtime, user))
    await new.call("GET", "/store/settings")
    await new.call("GET", "/store/members", "role_too_low")
    await new.call("PUT", "/store/settings", "role_too_low", json={"name": "Mine"})

    # Who invited and then left has invited nobody.
    sent = await manager.call("POST", "/store/invitations", 201, json={"email": "late@example.com", "role": "viewer"})
    _, token = await mailed(runtime, "late@example.com")
    members = {m["username"]: m for m in (await owner.call("GET", "/store/members"))["items"]}
    assert members["hugo"]["role"] == "staff"
    await owner.call("PATCH", f"/store/members/{members['manager']['user_id']}", json={"role": "staff"})
    await stranger.call("POST", f"/invitations/{token}/accept", "invitation_invalid")
    await owner.call("DELETE", f"/store/invitations/{sent['id']}", 204)
    statuses = [item["status"] for item in (await owner.call("GET", "/store/invitations"))["items"]]
    assert statuses == ["revoked", "accepted"]

    # An owner always remains, and hands over in one step.
    mine = members["owner"]["user_id"]
    await owner.call("PATCH", f"/store/members/{mine}", "last_owner", json={"role": "staff"})
    await owner.call("DELETE", f"/store/members/{mine}", "last_owner")
    await owner.call("POST", f"/store/members/{mine}/transfer-ownership", "own_ownership")
    await owner.call("POST", f"/store/members/{members['hugo']['user_id']}/transfer-ownership")
    await owner.call("POST", f"/store/members/{members['hugo']['user_id']}/transfer-ownership", "role_too_low")
    await owner.call("DELETE", f"/store/members/{mine}", 204)
    await owner.call("GET", "/store/settings", "store_not_found")


async def test_a_key_shows_itself_once_and_changes_without_a_gap(people: dict[str, Person], runtime: Runtime) -> None:
    owner, manager = people["owner"], people["manager"]
    body = {"name": "Warehouse", "scopes": ["store:read"], "role": "viewer"}
    for wrong, field in (
        ({"scopes": ["store:admin"]}, "body.scopes.0"),
        ({"scopes": []}, "body.scopes"),
        ({"name": " "}, "body.name"),
        ({"role": "boss"}, "body.role"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "body.expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "body.expires_at"),
    ):
        problem = await owner.call("POST", "/store/api-keys", "api_key_unsuitable", json=body | wrong)
        assert [error["field"] for error in problem["errors"]] == [field]
    await manager.call("POST", "/store/api-keys", "role_too_low", json=body | {"role": "owner"})
    made = await manager.call("POST", "/store/api-keys", 201, json=body)
    first = Person(owner.client, {"Authorization": f"Bearer {made['token']}"})
    await first.call("GET", "/store/settings")
    await first.call("PUT", "/store/settings", "scope_missing", json={"name": "Mine"})
    await first.call("GET", "/store/members", "api_key_not_accepted")
    await first.call("GET", "/store/audit-log", "api_key_not_accepted")
    path = f"/store/api-keys/{made['id']}"
    shown = await owner.call("GET", path)
    assert shown == {name: value for name, value in made.items() if name != "token"} | {
        "last_used_at": shown["last_used_at"]
    }
    await owner.call("POST", f"{path}/rotate", "validation_failed", json={"overlap_hours": 169})
    second = Person(owner.client, {"Authorization": f"Bearer {(await owner.call('POST', f'{path}/rotate'))['token']}"})
    for program in (first, second):
        await program.call("GET", "/store/settings")
    async with runtime.database.transaction() as session:
        await session.execute(sa.update(ApiKey).values(previous_until=utcnow() - timedelta(seconds=1)))
    await first.call("GET", "/store/settings", "api_key_invalid")
    rotated = await owner.call("POST", f"{path}/rotate", json={"overlap_hours": 0})
    await second.call("GET", "/store/settings", "api_key_invalid")
    last = Person(owner.client, {"Authorization": f"Bearer {rotated['token']}"})
    await last.call("GET", "/store/settings")
    await owner.call("DELETE", path, 204)
    await last.call("GET", "/store/settings", "api_key_invalid")
    await owner.call("POST", f"{path}/rotate", "api_key_revoked")
    await people["stranger"].call("GET", path, "api_key_not_found")
    log = (await owner.call("GET", "/store/audit-log", params={"action": "api_key.*"}))["items"]
    assert [entry["action"].partition(".")[2] for entry in log] == ["revoked", "rotated", "rotated", "created"]
    assert made["token"] not in str(log)
    assert made["token"][-20:] not in str(log)


async def test_administrators_keep_users_out_and_one_of_them_remains(
    people: dict[str, Person], runtime: Runtime
) -> None:
    ada, manager = people["ada"], people["manager"]
    key = (await manager.call("POST", "/store/api-keys", 201, json={"name": "X", "scopes": ["store:read"]}))["token"]
    program = Person(ada.client, {"Authorization": f"Bearer {key}"})
    found = await ada.call("GET", "/admin/users", params={"search": "MANAGER@", "role": "user", "is_active": True})
    ((user,),) = (found["users"],)
    path = f"/admin/users/{user['id']}"
    assert (await ada.call("GET", path))["open_programs"] == 1
    assert (await ada.call("DELETE", f"{path}/sessions")) == {"portals": 0, "programs": 1}
    await manager.call("GET", "/auth/me", "access_token_invalid")
    await program.call("GET", "/store/settings")
    assert not (await ada.call("PUT", f"{path}/status"))["is_active"]
    await program.call("GET", "/store/settings", "api_key_invalid")
    login = {"username": "manager", "password": PASSWORD}
    await ada.call("POST", "/auth/login", "user_inactive", json=login)
    await ada.call("POST", f"{path}/password-link", "user_inactive")
    assert (await ada.call("PUT", f"{path}/status", json={"is_active": True}))["is_active"]
    await program.call("GET", "/store/settings", "api_key_invalid")

    own = (await ada.call("GET", "/auth/me"))["id"]
    await ada.call("PUT", f"/admin/users/{own}/role", "last_admin", json={"role": "user"})
    await ada.call("PUT", f"/admin/users/{own}/status", "last_admin", json={"is_active": False})
    await ada.call("PUT", f"{path}/role", json={"role": "admin"})
    await ada.call("PUT", f"/admin/users/{own}/role", json={"role": "user"})
    await ada.call("GET", "/admin/users", "admin_required")


async def test_a_mailed_link_sets_a_password_once(people: dict[str, Person], runtime: Runtime) -> None:
    ada, owner = people["ada"], people["owner"]
    nobody = Person(owner.client, {})
    for login in ("owner", "nobody-at-all", "OWNER@example.com"):
        await nobody.call("POST", "/auth/password-link", 202, json={"login": login})
    for login in ("nobody-at-all", "owner", "owner", "owner", "owner"):  # what the worker does with it
        await make_password_link(runtime, login)
    async with runtime.database.reading() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(PasswordLink)) == 3
    _, token = await mailed(runtime, "owner@example.com")
    wanted = {"token": token, "password": "quite another password"}
    await nobody.call("POST", "/auth/password-reset", "password_link_invalid", json=wanted | {"token": "x"})
    await nobody.call("POST", "/auth/password-reset", "password_unsuitable", json=wanted | {"password": "owner"})
    await nobody.call("POST", "/auth/password-reset", 204, json=wanted)
    await nobody.call("POST", "/auth/password-reset", "password_link_invalid", json=wanted)
    await owner.call("GET", "/auth/me", "access_token_invalid")
    await nobody.call("POST", "/auth/login", "credentials_invalid", json={"username": "owner", "password": PASSWORD})
    await nobody.call("POST", "/auth/login", json={"username": "owner", "password": wanted["password"]})
    async with runtime.database.reading() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(PasswordLink)) == 1
        user = await identity.find_user(session, "staff")
    assert user is not None
    await ada.call("POST", f"/admin/users/{user.id}/password-link", 202)
    text, token = await mailed(runtime, "staff@example.com")
    assert "An administrator sends you the link" in text
    async with runtime.database.transaction() as session:
        await session.execute(sa.update(PasswordLink).values(expires_at=utcnow()))
    await nobody.call("POST", "/auth/password-reset", "password_link_invalid", json=wanted | {"token": token})


async def test_the_log_is_read_in_stretches_and_by_filters(people: dict[str, Person], runtime: Runtime) -> None:
    owner, ada = people["owner"], people["ada"]
    for number in range(4):
        await owner.call("PUT", "/store/settings", json={"name": f"Name {number}"})
    await people["stranger"].call("PUT", "/store/settings", json={"name": "Not for DEMO"})
    query: dict[str, Any] = {"limit": 3, "action": "store.updated", "actor": "OWNER"}
    first = await owner.call("GET", "/store/audit-log", params=query)
    assert [entry["details"]["name"]["after"] for entry in first["items"]] == ["Name 3", "Name 2", "Name 1"]
    assert {entry["address"] for entry in first["items"]} == {None}
    onwards = query | {"cursor": first["next_cursor"]}
    second = await owner.call("GET", "/store/audit-log", params=onwards)
    assert ([entry["details"]["name"]["after"] for entry in second["items"]], second["next_cursor"]) == (
        ["Name 0"],
        None,
    )
    await owner.call("GET", "/store/audit-log", "invalid_cursor", params=onwards | {"actor": "ada"})
    await people["stranger"].call("GET", "/store/audit-log", "invalid_cursor", params=onwards)
    await owner.call("GET", "/store/audit-log", "audit_filter_invalid", params={"since": "2026-01-01T00:00:00"})
    await owner.call("GET", "/store/audit-log", "validation_failed", params={"who": "ada"})
    assert (await owner.call("GET", "/store/audit-log", params={"until": "2020-01-01T00:00:00Z"}))["items"] == []
    assert (await owner.call("GET", "/store/audit-log", params={"subject": "store:D*", "limit": 1}))["items"] != []
    everything = (await ada.call("GET", "/admin/audit-log", params={"limit": 200}))["items"]
    assert {entry["subject"] for entry in everything} >= {"store:DEMO", "store:OTHER", "user:owner"}
    async with runtime.database.transaction() as session:
        details = {"password": "p", "feed": ["https://u:p@example.com/x?token=t"], "n": {"api_token": "t", "count": 1}}
        details |= {"image_link": {"before": None, "after": "https://u@example.com/x.png?v=2"}}
        await identity.record_audit(session, actor_id=None, action="test.made", subject="x", details=details)
    (entry,) = (await ada.call("GET", "/admin/audit-log", params={"action": "test.made"}))["items"]
    assert entry["details"] == {
        "password": "•••",
        "feed": ["https://example.com/x?•••"],
        "n": {"api_token": "•••", "count": 1},
        "image_link": {"before": None, "after": "https://example.com/x.png?v=2"},
    }


async def test_of_two_at_once_one_gets_in_and_one_administrator_stays(
    people: dict[str, Person], runtime: Runtime
) -> None:
    owner, ada, stranger = people["owner"], people["ada"], people["stranger"]
    await owner.call("POST", "/store/invitations", 201, json={"email": "hugo@example.com", "role": "staff"})
    _, token = await mailed(runtime, "hugo@example.com")

    async def act(person: Person, method: str, path: str, **options: Any) -> Any:
        answer = await person.client.request(method, API + path, headers=person.headers, **options)
        return answer.json().get("code", answer.status_code)

    outcomes = await asyncio.gather(
        *(act(person, "POST", f"/invitations/{token}/accept") for person in (stranger, ada, stranger))
    )
    assert outcomes.count(200) == 1, outcomes
    assert set(outcomes) - {200} <= {"invitation_invalid", "member_exists"}
    members = (await owner.call("GET", "/store/members"))["items"]
    assert len(members) == 4

    async with runtime.database.transaction() as session:
        second = await an_admin(session, "bea")
    admins = {"ada": ada, "bea": Person(ada.client, await bearer(runtime, second))}
    own = {name: (await admin.call("GET", "/auth/me"))["id"] for name, admin in admins.items()}
    outcomes = await asyncio.gather(
        *(act(admins[name], "PUT", f"/admin/users/{own[name]}/role", json={"role": "user"}) for name in own)
    )
    assert sorted(map(str, outcomes)) == ["200", "last_admin"]
