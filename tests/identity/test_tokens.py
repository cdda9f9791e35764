"""Access tokens, refresh tokens that are good once, and portal sessions."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity
from orion.identity.models import AuditEntry, RefreshToken, User, WebSession
from orion.kernel import Unauthenticated
from orion.plumbing.db import Database, utcnow
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from tests.conftest import count
from tests.factories.people import a_user


async def refusal(awaitable: Any) -> str:
    with pytest.raises(Unauthenticated) as caught:
        await awaitable
    return caught.value.code


async def user_of(session: AsyncSession, token: str, runtime: Runtime) -> identity.User:
    return await identity.user_for_claims(session, identity.read_access_token(token, runtime.settings))


async def refuse_access(runtime: Runtime, token: str) -> str:
    async with runtime.database.reading() as session:
        return await refusal(user_of(session, token, runtime))


async def rotate(runtime: Runtime, token: str) -> identity.TokenPair:
    async with runtime.database.transaction() as session:
        return await identity.rotate_tokens(session, token, runtime.settings)


async def log_in(runtime: Runtime) -> tuple[User, identity.TokenPair]:
    async with runtime.database.transaction() as session:
        user = await a_user(session)
        return user, await identity.issue_tokens(session, user, runtime.settings)


async def test_an_access_token_names_its_user_for_half_an_hour(runtime: Runtime) -> None:
    user, pair = await log_in(runtime)
    assert pair.expires_in == 1800
    claims = jwt.decode(pair.access_token, options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "sub", "iat", "exp", "jti", "sid"}
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("orion", "orion-api", str(user.id))
    assert claims["exp"] - claims["iat"] == 1800
    async with runtime.database.reading() as session:
        found = await user_of(session, pair.access_token, runtime)
    assert found.id == user.id


async def test_an_access_token_that_was_read_before_expires_all_the_same(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    _user, pair = await log_in(runtime)
    claims = jwt.decode(pair.access_token, options={"verify_signature": False})
    for moment, refused in ((claims["exp"] - 1, False), (claims["exp"], True), (claims["exp"] + 1, True)):
        monkeypatch.setattr("orion.identity.tokens.time", SimpleNamespace(time=lambda moment=moment: moment))
        if not refused:
            assert identity.read_access_token(pair.access_token, runtime.settings).family == claims["sid"]
            continue
        with pytest.raises(Unauthenticated) as caught:
            identity.read_access_token(pair.access_token, runtime.settings)
        assert caught.value.code == "access_token_expired"


async def test_tokens_that_we_did_not_sign_as_they_are_get_nobody_in(runtime: Runtime) -> None:
    _user, pair = await log_in(runtime)
    claims = jwt.decode(pair.access_token, options={"verify_signature": False})
    key = runtime.settings.signing_key()
    head, body, signature = pair.access_token.split(".")
    forged = {
        "another key": jwt.encode(claims, "y" * 40, algorithm="HS256"),
        "no signature": jwt.encode(claims, None, algorithm="none"),
        "another algorithm": jwt.encode(claims, key + key, algorithm="HS512"),
        "another issuer": jwt.encode(claims | {"iss": "else"}, key, algorithm="HS256"),
        "another audience": jwt.encode(claims | {"aud": "else"}, key, algorithm="HS256"),
        "no user": jwt.encode({k: v for k, v in claims.items() if k != "sub"}, key, algorithm="HS256"),
        "no number": jwt.encode(claims | {"sub": "ada"}, key, algorithm="HS256"),
        "no end": jwt.encode({k: v for k, v in claims.items() if k != "exp"}, key, algorithm="HS256"),
        "unknown log-in": jwt.encode(claims | {"sid": "0" * 32}, key, algorithm="HS256"),
        "cut": f"{head}.{body}.{signature[:-4]}",
        "empty": "",
        "refresh token": pair.refresh_token,
    }
    refused = {why: await refuse_access(runtime, token) for why, token in forged.items()}
    assert refused == dict.fromkeys(forged, "access_token_invalid")
    expired = jwt.encode(claims | {"exp": claims["iat"] - 1}, key, algorithm="HS256")
    assert await refuse_access(runtime, expired) == "access_token_expired"


async def test_a_refresh_token_gives_new_tokens_of_the_same_login(runtime: Runtime) -> None:
    _user, first = await log_in(runtime)
    second = await rotate(runtime, first.refresh_token)
    third = await rotate(runtime, second.refresh_token)
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    families = {identity.read_access_token(p.access_token, runtime.settings).family for p in (first, second, third)}
    assert len(families) == 1
    async with runtime.database.reading() as session:
        stored = list(await session.scalars(sa.select(RefreshToken.token_hash)))
    assert len(stored) == 3
    assert not {first.refresh_token, second.refresh_token, third.refresh_token} & set(stored)


async def test_a_token_that_comes_twice_ends_its_login_for_good_and_no_other(runtime: Runtime) -> None:
    user, first = await log_in(runtime)
    async with runtime.database.transaction() as session:
        other = await identity.issue_tokens(session, user, runtime.settings)
    second = await rotate(runtime, first.refresh_token)
    assert await refusal(rotate(runtime, first.refresh_token)) == "refresh_token_reused"
    # The revocation was committed although the answer was a refusal.
    assert await refusal(rotate(runtime, second.refresh_token)) == "refresh_token_invalid"
    assert await refuse_access(runtime, second.access_token) == "access_token_invalid"
    assert await refusal(rotate(runtime, first.refresh_token)) == "refresh_token_invalid"
    await rotate(runtime, other.refresh_token)
    async with runtime.database.reading() as session:
        entries = list(await session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)))
    assert entries == ["user.registered", "refresh_token.reused"]


async def test_of_two_who_refresh_at_once_with_one_token_one_is_refused_and_the_login_ends(runtime: Runtime) -> None:
    _user, first = await log_in(runtime)
    outcomes = await asyncio.gather(*(rotate(runtime, first.refresh_token) for _ in range(2)), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Unauthenticated)]
    given = [outcome for outcome in outcomes if isinstance(outcome, identity.TokenPair)]
    assert ([error.code for error in refused], len(given)) == (["refresh_token_reused"], 1)
    assert await refusal(rotate(runtime, given[0].refresh_token)) == "refresh_token_invalid"


async def test_logging_out_ends_the_whole_family_and_may_be_repeated(runtime: Runtime) -> None:
    _user, first = await log_in(runtime)
    second = await rotate(runtime, first.refresh_token)
    for token in (first.refresh_token, first.refresh_token, "unknown", "\ud800"):
        async with runtime.database.transaction() as session:
            await identity.revoke_tokens(session, token)
    assert await refusal(rotate(runtime, second.refresh_token)) == "refresh_token_invalid"
    assert await refuse_access(runtime, second.access_token) == "access_token_invalid"


async def test_expired_tokens_are_refused_and_purged(runtime: Runtime) -> None:
    user, pair = await log_in(runtime)
    settings = runtime.settings
    async with runtime.database.transaction() as session:
        cookie = await identity.open_web_session(session, user, settings)
        alive = await identity.open_web_session(session, user, settings)
        past = utcnow() - timedelta(seconds=1)
        await session.execute(sa.update(RefreshToken).values(expires_at=past))
        first = (await session.scalars(sa.select(WebSession))).first()
        first.expires_at = past
    assert await refusal(rotate(runtime, pair.refresh_token)) == "refresh_token_invalid"
    async with runtime.database.transaction() as session:
        visitors = [await identity.user_for_web_session(session, value) for value in (cookie, alive)]
        assert sorted(visitor is None for visitor in visitors) == [False, True]
        assert await identity.purge_expired_logins(session, utcnow()) == 2
    assert (await count(runtime.database, RefreshToken), await count(runtime.database, WebSession)) == (0, 1)


async def test_a_deactivated_user_is_refused_everywhere(runtime: Runtime) -> None:
    user, pair = await log_in(runtime)
    async with runtime.database.transaction() as session:
        cookie = await identity.open_web_session(session, user, runtime.settings)
    async with runtime.database.transaction() as session:
        (await session.get_one(User, user.id)).is_active = False
    assert await refuse_access(runtime, pair.access_token) == "access_token_invalid"
    assert await refusal(rotate(runtime, pair.refresh_token)) == "user_inactive"
    async with runtime.database.transaction() as session:
        assert await identity.user_for_web_session(session, cookie) is None


async def test_a_closed_portal_session_lets_nobody_in(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        user = await a_user(session)
        cookie = await identity.open_web_session(session, user, settings)
        assert (await identity.user_for_web_session(session, cookie)).id == user.id
        await identity.close_web_session(session, cookie)
        await identity.close_web_session(session, cookie)
        assert await identity.user_for_web_session(session, cookie) is None
        assert await identity.user_for_web_session(session, "") is None
