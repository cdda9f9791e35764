"""Who may let whom in, and that an owner always remains."""

import asyncio

import pytest
import sqlalchemy as sa

from orion import merchants
from orion.identity import User
from orion.identity.models import AuditEntry
from orion.kernel import Forbidden, NotFound, OrionError
from orion.merchants import Member, Store
from orion.plumbing.db import Database
from tests.factories.people import a_member, a_store, a_user, access


@pytest.fixture
async def people(database: Database) -> dict[str, User]:
    """One member of each role in store DEMO, by role, and a user who is none."""
    async with database.transaction() as session:
        owner = await a_user(session, "owner")
        store = await a_store(session, owner, "DEMO")
        members = {role: await a_member(session, store, role, role) for role in ("manager", "staff", "viewer")}
        return {"owner": owner, "outsider": await a_user(session, "outsider")} | members


async def roles(database: Database) -> dict[str, str]:
    async with database.reading() as session:
        rows = await session.execute(sa.select(User.username, Member.role).join(Member, Member.user_id == User.id))
        return {row.username: row.role for row in rows}


async def act(database: Database, actor: User, verb: str, target: User, role: str | None = None) -> str:
    """Do it, and say what came of it."""
    try:
        async with database.transaction() as session:
            store = (await session.scalars(sa.select(Store))).one()
            opened = await access(session, actor, store)
            if verb == "add":
                await merchants.add_member(session, opened, login=target.username, role=role or "")
            elif verb == "change":
                await merchants.change_member(session, opened, target.id, role=role or "")
            else:
                await merchants.remove_member(session, opened, target.id)
    except OrionError as error:
        return error.code
    return "done"


async def test_owners_let_anybody_in_and_managers_only_lower_ones(database: Database, people: dict[str, User]) -> None:
    outsider = people["outsider"]
    for actor, role, outcome in (
        ("viewer", "viewer", "role_too_low"),
        ("staff", "viewer", "role_too_low"),
        ("manager", "manager", "role_too_low"),
        ("manager", "owner", "role_too_low"),
        ("owner", "emperor", "unknown_role"),
        ("manager", " Staff ", "done"),
        ("owner", "owner", "member_exists"),
    ):
        assert await act(database, people[actor], "add", outsider, role) == outcome, (actor, role)
    assert (await roles(database))["outsider"] == "staff"
    async with database.reading() as session:
        entry = (await session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "member.added"))).one()
    assert (entry.actor_id, entry.subject) == (people["manager"].id, "user:outsider")
    assert entry.details == {"user_id": outsider.id, "role": {"before": None, "after": "staff"}}


async def test_managers_leave_owners_and_managers_alone(database: Database, people: dict[str, User]) -> None:
    before = await roles(database)
    for verb, target, role in (
        ("change", "owner", "viewer"),
        ("change", "staff", "manager"),
        ("change", "manager", "owner"),
        ("remove", "owner", None),
    ):
        assert await act(database, people["manager"], verb, people[target], role) == "role_too_low", (verb, target)
    for actor in ("viewer", "staff"):
        assert await act(database, people[actor], "change", people[actor], "owner") == "role_too_low"
        assert await act(database, people[actor], "remove", people["manager"]) == "role_too_low"
    assert await roles(database) == before
    assert await act(database, people["manager"], "change", people["staff"], "viewer") == "done"
    assert await act(database, people["manager"], "remove", people["viewer"]) == "done"
    assert await roles(database) == {"owner": "owner", "manager": "manager", "staff": "viewer"}


async def test_everybody_may_leave_but_the_last_owner(database: Database, people: dict[str, User]) -> None:
    assert await act(database, people["viewer"], "remove", people["viewer"]) == "done"
    assert await act(database, people["owner"], "remove", people["owner"]) == "last_owner"
    assert await act(database, people["owner"], "change", people["owner"], "manager") == "last_owner"
    assert await act(database, people["owner"], "change", people["manager"], "owner") == "done"
    assert await act(database, people["owner"], "remove", people["owner"]) == "done"
    assert await roles(database) == {"manager": "owner", "staff": "staff"}


async def test_two_owners_who_demote_each_other_at_once_leave_one(database: Database, people: dict[str, User]) -> None:
    await act(database, people["owner"], "change", people["manager"], "owner")
    outcomes = await asyncio.gather(
        act(database, people["owner"], "change", people["manager"], "staff"),
        act(database, people["manager"], "change", people["owner"], "staff"),
    )
    assert "done" in outcomes
    assert list((await roles(database)).values()).count("owner") == 1


async def test_who_is_not_there_cannot_be_changed(database: Database, people: dict[str, User]) -> None:
    for verb in ("change", "remove"):
        assert await act(database, people["owner"], verb, people["outsider"], "staff") == "member_not_found"
    async with database.transaction() as session:
        opened = await merchants.open_store(session, people["owner"], "DEMO")
        with pytest.raises(NotFound) as caught:
            await merchants.add_member(session, opened, login="nobody", role="staff")
        assert caught.value.code == "user_not_found"
        (await session.get_one(User, people["outsider"].id)).is_active = False
        await session.flush()
        with pytest.raises(NotFound):
            await merchants.add_member(session, opened, login="outsider", role="staff")


async def test_members_are_listed_to_managers(database: Database, people: dict[str, User]) -> None:
    async with database.reading() as session:
        listed = await merchants.list_members(
            session, await merchants.open_store(session, people["manager"], "DEMO"), page=2, limit=3
        )
        assert [(member.username, member.email, member.role) for member in listed.items] == [
            ("viewer", "viewer@example.com", "viewer")
        ]
        assert listed.total == 4
        with pytest.raises(Forbidden):
            await merchants.list_members(session, await merchants.open_store(session, people["staff"], "DEMO"))
