"""Registering, judging passwords, changing them."""

import asyncio

import pytest
import sqlalchemy as sa
from pwdlib.hashers.bcrypt import BcryptHasher

from orion import identity
from orion.identity.models import AuditEntry, RefreshToken, User, WebSession
from orion.kernel import Conflict, Forbidden, Invalid, Unauthenticated
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from tests.conftest import count
from tests.factories.people import PASSWORD, a_user, an_admin


async def test_a_registered_user_has_no_special_rights_and_no_readable_password(database: Database) -> None:
    async with database.transaction() as session:
        user = await identity.register(session, username=" Ada ", email=" Ada@Example.com ", password=PASSWORD)
    assert (user.username, user.email, user.role, user.is_active) == ("Ada", "Ada@example.com", "user", True)
    assert user.password_hash.startswith("$argon2id$")
    assert PASSWORD not in user.password_hash
    async with database.reading() as session:
        entry = await session.scalar(sa.select(AuditEntry))
    assert (entry.actor_id, entry.action, entry.subject, entry.details) == (user.id, "user.registered", "user:Ada", {})


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"username": "ab"}, "username_invalid", "username"),
        ({"username": "a" * 65}, "username_invalid", "username"),
        ({"username": "with blank"}, "username_invalid", "username"),
        ({"username": "ada@example.com"}, "username_invalid", "username"),
        ({"username": "ada\x00"}, "username_invalid", "username"),
        ({"username": "ädä"}, "username_invalid", "username"),
        ({"email": "nobody"}, "email_invalid", "email"),
        ({"email": "a@b@c.example"}, "email_invalid", "email"),
        ({"email": "a\x00@example.com"}, "email_invalid", "email"),
        ({"password": "1234567"}, "password_unsuitable", "password"),
        ({"password": "x" * 129}, "password_unsuitable", "password"),
        ({"username": "longenough", "password": "LongEnough"}, "password_unsuitable", "password"),
    ],
)
async def test_what_cannot_be_registered(database: Database, changes: dict[str, str], code: str, field: str) -> None:
    good = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
    with pytest.raises(Invalid) as caught:
        async with database.transaction() as session:
            await identity.register(session, **(good | changes))
    assert caught.value.code == code
    assert [error.field for error in caught.value.errors] == [field]
    assert await count(database, User) == 0


@pytest.mark.parametrize(
    ("username", "email", "code"),
    [("ADA", "new@example.com", "username_taken"), ("new", "ADA@example.com", "email_taken")],
)
async def test_names_and_addresses_are_taken_whatever_their_case(
    database: Database, username: str, email: str, code: str
) -> None:
    async with database.transaction() as session:
        await a_user(session, "ada")
    with pytest.raises(Conflict) as caught:
        async with database.transaction() as session:
            await identity.register(session, username=username, email=email, password=PASSWORD)
    assert caught.value.code == code
    assert await count(database, User) == 1


async def test_of_two_who_register_one_name_at_once_one_is_told_that_it_is_taken(database: Database) -> None:
    async def register(email: str) -> str:
        try:
            async with database.transaction() as session:
                await identity.register(session, username="ada", email=email, password=PASSWORD)
        except Conflict as conflict:
            return conflict.code
        return "registered"

    outcomes = await asyncio.gather(*(register(f"ada{number}@example.com") for number in range(3)))
    assert sorted(outcomes) == ["registered", "username_taken", "username_taken"]
    assert await count(database, User) == 1


async def test_a_password_change_ends_every_login_but_the_present_one(runtime: Runtime) -> None:
    database, settings = runtime.database, runtime.settings
    async with database.transaction() as session:
        user, other = await a_user(session), await a_user(session)
        kept = await identity.issue_tokens(session, user, settings)
        ended = await identity.issue_tokens(session, user, settings)
        cookies = [await identity.open_web_session(session, user, settings) for _ in range(2)]
        others = await identity.open_web_session(session, other, settings)
        family = identity.read_access_token(kept.access_token, settings).family
    async with database.transaction() as session:
        user = await identity.user_for_claims(session, identity.read_access_token(kept.access_token, settings))
        await identity.change_password(
            session, user, PASSWORD, "another long password", keep_family=family, keep_cookie=cookies[1]
        )
    async with database.transaction() as session:
        assert await identity.user_for_web_session(session, cookies[0]) is None
        assert (await identity.user_for_web_session(session, cookies[1])).id == user.id
        assert (await identity.user_for_web_session(session, others)).id == other.id
        assert (
            await identity.user_for_claims(session, identity.read_access_token(kept.access_token, settings))
        ).id == user.id
        with pytest.raises(Unauthenticated) as caught:
            await identity.user_for_claims(session, identity.read_access_token(ended.access_token, settings))
        assert caught.value.code == "access_token_invalid"
        await identity.rotate_tokens(session, kept.refresh_token, settings)
    async with database.transaction() as session:
        assert (
            await identity.authenticate(session, user.username, "another long password", address=None, runtime=runtime)
        ).id == user.id
    assert await count(database, WebSession) == 2
    async with database.reading() as session:
        revoked = await session.scalar(
            sa.select(sa.func.count()).select_from(RefreshToken).where(RefreshToken.revoked_at.is_not(None))
        )
    assert revoked == 1


@pytest.mark.parametrize(
    ("current", "new", "code", "field"),
    [
        ("not the password", "another long password", "password_wrong", "current_password"),
        (PASSWORD, "short", "password_unsuitable", "new_password"),
        (PASSWORD, PASSWORD, "password_unsuitable", "new_password"),
    ],
)
async def test_a_password_is_not_changed_without_the_right_one_or_to_a_bad_one(
    database: Database, current: str, new: str, code: str, field: str
) -> None:
    async with database.transaction() as session:
        user = await a_user(session)
        before = user.password_hash
    with pytest.raises(Invalid) as caught:
        async with database.transaction() as session:
            await identity.change_password(session, await session.get_one(User, user.id), current, new)
    assert (caught.value.code, caught.value.errors[0].field) == (code, field)
    async with database.reading() as session:
        assert (await session.get_one(User, user.id)).password_hash == before


async def test_an_old_bcrypt_hash_lets_in_once_more_and_becomes_argon2(runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        user = await a_user(session)
        user.password_hash = BcryptHasher(rounds=4).hash("an old password")
    async with runtime.database.transaction() as session:
        await identity.authenticate(session, user.username, "an old password", address=None, runtime=runtime)
    async with runtime.database.reading() as session:
        kept = (await session.get_one(User, user.id)).password_hash
    assert kept.startswith("$argon2id$")
    async with runtime.database.transaction() as session:
        await identity.authenticate(session, user.username, "an old password", address=None, runtime=runtime)


async def test_only_an_active_administrator_becomes_an_admin(database: Database) -> None:
    async with database.transaction() as session:
        user, admin, former = await a_user(session), await an_admin(session), await an_admin(session)
        former.is_active = False
    assert identity.as_admin(admin).user is admin
    for nobody in (user, former):
        with pytest.raises(Forbidden, match="administrator"):
            identity.as_admin(nobody)
    with pytest.raises(TypeError):
        identity.Admin(admin)
