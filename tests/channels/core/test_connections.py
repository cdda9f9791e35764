"""Connections: what managers may do with them, that secrets never come out again, and how they are."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, JSONResponse

from orion import channels, orders
from orion.channels import Connection, Field, registry
from orion.identity.models import AuditEntry
from orion.kernel import Conflict, Forbidden, Invalid, NotFound, OrionError
from orion.merchants import StoreAccess
from orion.notifications.models import Notification
from orion.plumbing.runtime import Runtime
from orion.webhooks import WebhookEvent
from tests.channels.core.side import PROBE, Side, ok
from tests.factories.stores import enter_as, make_store

MANIFEST = dataclasses.replace(
    PROBE,
    secrets=(
        Field("refresh_token", "Refresh token", "secret", by_consent=True),
        Field("client_secret", "Client secret", "secret", required=False, lives=timedelta(days=180)),
    ),
    settings=(
        Field("region", "Region", "choice", choices=(("eu", "Europe"), "na"), default="eu"),
        Field("marketplaces", "Marketplaces", "choices", choices=("DE", "FR")),
        Field("seller_id", "Seller", required=False),
    ),
)
VALUES = {"marketplaces": ["FR", "DE"]}


@pytest.fixture
def known(probing: Runtime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    monkeypatch.setattr(registry, "MANIFESTS", {"amazon": MANIFEST})
    return probing


async def make(session: AsyncSession, access: StoreAccess, runtime: Runtime, **changes: Any) -> Connection:
    asked: dict[str, Any] = {
        "channel": "amazon",
        "name": "Amazon EU",
        "environment": "simulator",
        "values": VALUES,
        "secrets": {"refresh_token": " granted ", "client_secret": "s3cret"},
    }
    return await channels.create_connection(session, access, settings=runtime.settings, **(asked | changes))


def fields_of(error: OrionError) -> list[str]:
    return [problem.field for problem in error.errors]


async def test_what_managers_may_do_with_connections(session: AsyncSession, known: Runtime) -> None:
    access = await make_store(session)
    staff = await enter_as(session, access, "staff")
    other = await make_store(session, "OTHER")
    made = await make(session, access, known)
    assert (made.state, made.settings) == ("new", {"region": "eu", "marketplaces": ["DE", "FR"]})
    assert set(channels.secret_dates(made)) == {"refresh_token", "client_secret"}
    assert made.credentials
    assert "granted" not in made.credentials + repr(made)
    assert made.credentials_expire_at
    assert abs(made.credentials_expire_at - datetime.now(UTC) - timedelta(days=180)) < timedelta(minutes=5)
    assert registry.secrets_of(known.settings, made) == {"refresh_token": "granted", "client_secret": "s3cret"}

    with pytest.raises(Forbidden):
        await make(session, staff, known)
    with pytest.raises(NotFound):
        await channels.get_connection(session, other, made.id)
    assert await channels.list_connections(session, staff) == [made]
    with pytest.raises(Conflict, match="already"):
        await make(session, access, known)
    bad: list[tuple[dict[str, Any], list[str]]] = [
        ({"channel": "storefront"}, ["channel"]),
        ({"name": " "}, ["name"]),
        ({"environment": "sandbox"}, ["environment"]),
        ({"values": {"region": "mars", "extra": 1}}, ["settings.extra", "settings.region", "settings.marketplaces"]),
        ({"values": {"marketplaces": ["LU"]}}, ["settings.marketplaces"]),
        ({"secrets": {"password": "x"}}, ["secrets.password", "secrets.refresh_token"]),
        ({"secrets": {"refresh_token": "x" * 5000}}, ["secrets.refresh_token"]),
    ]
    for changes, named in bad:
        with pytest.raises(Invalid) as found:
            await make(session, access, known, **({"name": "Bad"} | changes))
        assert fields_of(found.value) == named
        assert "x" * 50 not in str(found.value)

    settings = known.settings
    await channels.update_connection(session, access, made.id, settings=settings, name="EU")
    await channels.update_connection(session, access, made.id, settings=settings, values={"region": "na"})
    assert (made.name, made.settings) == ("EU", {"region": "na", "marketplaces": ["DE", "FR"]})
    made.credentials_since = dict.fromkeys(("refresh_token", "client_secret"), "2026-01-02T00:00:00+00:00")
    made.access_token = "old"
    await channels.replace_credentials(session, access, made.id, settings=settings, secrets={"refresh_token": "anew"})
    assert registry.secrets_of(settings, made) == {"refresh_token": "anew", "client_secret": "s3cret"}
    assert channels.secret_dates(made)["client_secret"] == datetime(2026, 1, 2, tzinfo=UTC)
    assert channels.secret_dates(made)["refresh_token"].year == datetime.now(UTC).year
    assert (made.access_token, made.credentials_expire_at) == (None, datetime(2026, 7, 1, tzinfo=UTC))
    await channels.replace_credentials(session, access, made.id, settings=settings, secrets={"client_secret": None})
    assert made.credentials_expire_at is None
    await channels.pause_connection(session, access, made.id)
    assert made.state == "paused"
    await channels.resume_connection(session, access, made.id)
    assert made.state == "new"

    audited = (await session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))).all()
    of_connections = [entry.action for entry in audited if entry.action.startswith("connection.")]
    assert of_connections == [
        *("connection.created", "connection.updated", "connection.updated", "connection.credentials_replaced"),
        *("connection.credentials_replaced", "connection.paused", "connection.resumed"),
    ]
    assert "anew" not in str([entry.details for entry in audited])

    now = datetime.now(UTC)
    order = channels.RemoteOrder("1", "1", "Paid", "confirmed", now, now, "EUR", (), {"id": "1"})
    await orders.take_in(session, made, [order], actor="test")
    with pytest.raises(Conflict, match="pause it"):
        await channels.delete_connection(session, access, made.id)
    fresh = await make(session, access, known, name="Second")
    await channels.delete_connection(session, access, fresh.id)
    assert await channels.list_connections(session, access) == [made]
    for number in range(channels.connections.MOST - 1):
        session.add(
            Connection(
                store_id=access.store.id, channel="amazon", name=f"N{number}", environment="simulator", settings={}
            )
        )
    await session.flush()
    with pytest.raises(Conflict, match="most"):
        await make(session, access, known)


async def test_the_check_says_in_words_what_is_wrong(known: Runtime, side: Side) -> None:
    async with known.database.transaction() as session:
        access = await make_store(session)
        made = await make(session, access, known)

    async def check() -> tuple[str, str | None, str | None]:
        said = await channels.check_now(known, made.id)
        async with known.database.reading() as session:
            row = await session.get_one(Connection, made.id)
        assert (said is None) == (row.reason is not None)
        return row.state, row.reason_code, row.reason

    side.say(ok(name="Demo Store"))
    assert await channels.check_now(known, made.id) == "Connected as Demo Store"
    assert await check() == ("ok", None, None)
    side.say(JSONResponse({}, 403))
    assert (await check())[:2] == ("broken", "scope_missing")
    side.say(HTMLResponse("<html>"))
    assert (await check())[:2] == ("broken", "unreadable")
    side.say(ok())
    assert (await check())[0] == "ok"
    side.say(JSONResponse({}, 503))
    assert await channels.check_now(known, made.id) is None
    async with known.database.transaction() as session:
        row = await session.get_one(Connection, made.id)
        assert (row.state, row.failures) == ("ok", 1)
        row.access_expires_at = row.created_at
    side.token_answer = JSONResponse({"error": "invalid_grant"}, 400)
    assert await check() == ("broken", "grant_ended", "The permission has ended or was taken back: connect again")

    async with known.database.reading() as session:
        kinds = (await session.scalars(sa.select(Notification.kind).order_by(Notification.id))).all()
        told = (await session.scalars(sa.select(WebhookEvent).order_by(WebhookEvent.id))).all()
        actions = (await session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id))).all()
    assert kinds == ["connection_broken", "connection_works_again", "connection_broken"]
    assert [event.type for event in told] == ["connection.health_changed"] * 4
    assert [action for action in actions if "broken" in action or "again" in action] == [
        "connection.broken",
        "connection.works_again",
        "connection.broken",
    ]


async def test_health_over_time(session: AsyncSession, known: Runtime) -> None:
    access = await make_store(session)
    made = await make(session, access, known, secrets={"refresh_token": "x"})
    start = datetime(2026, 6, 1, tzinfo=UTC)
    down = channels.ChannelUnavailable("channel_unavailable", "There was no answer")

    async def fail(minutes: int, error: channels.ChannelError = down) -> str:
        await channels.note_failure(session, made.id, error, at=start + timedelta(minutes=minutes))
        return made.state

    await channels.note_success(session, made.id, at=start)
    assert [await fail(minute) for minute in (1, 2, 3, 4, 5, 6, 15)] == ["ok"] * 7
    assert await fail(16) == "broken"
    assert (made.reason_code, made.failures) == ("channel_unavailable", 8)
    assert await fail(17, channels.SlowDown("rate_limited", "Slow")) == "broken"
    await channels.note_success(session, made.id, at=start + timedelta(minutes=20))
    assert (made.state, made.reason, made.failures, made.failing_since) == ("ok", None, 0, None)
    assert await fail(21, channels.Refused("no", "No")) == "ok"
    assert [await fail(minute) for minute in (100, 200)] == ["ok", "ok"]  # long, but seldom
    assert await fail(201, channels.CredentialsRefused("no", "No")) == "broken"
    await channels.pause_connection(session, access, made.id)
    await channels.note_success(session, made.id)
    assert await fail(300, channels.CredentialsRefused("no", "No")) == "paused"
    await channels.note_success(session, 10**9)  # deleted meanwhile
    await channels.note_failure(session, 10**9, down)


async def test_credentials_that_end_are_foretold(known: Runtime) -> None:
    async with known.database.transaction() as session:
        access = await make_store(session)
        made = await make(session, access, known)
        await channels.note_success(session, made.id)
        ends = made.credentials_expire_at
        assert ends
    warned = []
    for days in (31.0, 29.5, 29.0, 10.0, 6.5, 6.0, 0.5, 0.2, -1.0):
        await channels.watch_expiry(known, at=ends - timedelta(days=days))
        async with known.database.reading() as session:
            row = await session.get_one(Connection, made.id)
            query = sa.select(Notification.params).where(Notification.kind == "connection_expiring")
            told = (await session.scalars(query.order_by(Notification.id))).all()
        warned.append((row.state, len(told)))
    assert warned == [("ok", 0)] + [("expiring", number) for number in (1, 1, 1, 2, 2, 3, 3, 3)]
    assert [params["days"] for params in told] == [29, 6, 0]
    async with known.database.transaction() as session:
        renewed = {"client_secret": "another"}
        row = await channels.replace_credentials(session, access, made.id, settings=known.settings, secrets=renewed)
        assert (row.state, row.warned_at) == ("new", None)
