"""Consent on the channel's page: good once, for who asked, and for a quarter of an hour."""

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import sqlalchemy as sa
from starlette.responses import JSONResponse

from orion import channels
from orion.channels import ChannelClient, Connection, ConsentFlow, Field, Granted, oauth_token, registry
from orion.kernel import Conflict, Forbidden, Invalid, OrionError, Unavailable
from orion.merchants import Member, StoreAccess
from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime
from tests.channels.core.side import PROBE, Side
from tests.factories.stores import enter_as, make_store


def authorize_url(client: ChannelClient, state: str, redirect_uri: str) -> str:
    asked = {"client_id": client.secrets["client_id"], "state": state, "redirect_uri": redirect_uri}
    return f"{client.host('login')}/consent?{urlencode(asked)}"


async def exchange(client: ChannelClient, answered: Mapping[str, str], redirect_uri: str) -> Granted:
    form = {"grant_type": "authorization_code", "code": answered["code"], "redirect_uri": redirect_uri}
    await oauth_token(client, client.host("token") + "/token", form)
    return Granted({"refresh_token": f"for-{answered['code']}"}, {"seller_id": answered.get("seller", "")})


MANIFEST = dataclasses.replace(
    PROBE,
    secrets=(Field("refresh_token", "Refresh token", "secret", by_consent=True, lives=timedelta(days=547)),),
    settings=(Field("seller_id", "Seller", required=False),),
    consent=ConsentFlow(authorize_url, exchange),
)


@pytest.fixture
def known(probing: Runtime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    monkeypatch.setattr(registry, "MANIFESTS", {"amazon": MANIFEST})
    return probing


class Story:
    """A manager, who asks for consent and comes back."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def begin(self) -> "Story":
        async with self.runtime.database.transaction() as session:
            self.owner = await make_store(session)
            self.access = await enter_as(session, self.owner, "manager")
            self.connection = await self.make(self.access, "simulator", session)
        return self

    async def make(self, access: StoreAccess, environment: str, session: object) -> Connection:
        return await channels.create_connection(
            session,  # type: ignore[arg-type]
            access,
            settings=self.runtime.settings,
            channel="amazon",
            name=environment,
            environment=environment,
        )

    async def ask(self) -> str:
        async with self.runtime.database.transaction() as session:
            consent = await channels.start_consent(session, self.access, self.connection.id, runtime=self.runtime)
        query = parse_qs(urlsplit(consent.url).query)
        assert query["client_id"] == [channels.SIMULATOR_APP["client_id"]]
        assert query["redirect_uri"] == ["http://localhost:8000/consent/amazon"]
        return query["state"][0]

    async def back(self, user_id: int | None = None, channel: str = "amazon", **answered: str) -> OrionError | None:
        try:
            await channels.complete_consent(self.runtime, user_id or self.access.user.id, channel, answered)
        except OrionError as error:
            return error
        return None

    async def row(self) -> Connection:
        async with self.runtime.database.reading() as session:
            return await session.get_one(Connection, self.connection.id)


async def test_consent_is_granted_once_to_who_asked(known: Runtime, side: Side) -> None:
    story = await Story(known).begin()
    assert (await story.row()).state == "new"
    assert await channels.check_now(known, story.connection.id) is None
    row = await story.row()
    assert (row.state, row.reason_code) == ("new", "credentials_missing")  # unfinished is not broken

    state = await story.ask()
    row = await story.row()
    assert state not in str(row.consent_digest)
    refused = [
        await story.back(state=state, code="c", user_id=story.owner.user.id),
        await story.back(state=state, code="c", channel="ebay"),
        await story.back(state="x", code="c"),
        await story.back(code="c"),
    ]
    assert [error and error.code for error in refused] == ["consent_unknown"] * 4
    assert side.tokens == 0
    assert await story.back(state=state, code="c1", seller="A1") is None
    row = await story.row()
    assert registry.secrets_of(known.settings, row) == {"refresh_token": "for-c1"}
    assert (row.settings, row.consent_digest, row.state) == ({"seller_id": "A1"}, None, "new")
    assert row.credentials_expire_at
    again = await story.back(state=state, code="c1")
    assert isinstance(again, Invalid)
    assert again.code == "consent_unknown"
    assert await channels.check_now(known, story.connection.id) == "Connected as nobody"
    assert (await story.row()).state == "ok"


async def test_what_can_go_wrong_on_the_way(known: Runtime, side: Side) -> None:
    story = await Story(known).begin()
    first = await story.ask()
    second = await story.ask()
    error = await story.back(state=first, code="c")
    assert error
    assert error.code == "consent_unknown"  # the later one took its place
    error = await story.back(state=second, error="access_denied")
    assert error
    assert error.code == "consent_denied"
    error = await story.back(state=await story.ask(), error="server_error", error_description="Bad\x07 day")
    assert error
    assert (error.code, "Bad day" in error.detail) == ("consent_refused", True)
    error = await story.back(state=await story.ask())
    assert error
    assert error.code == "consent_refused"
    side.token_answer = JSONResponse({"error": "invalid_grant"}, 400)
    error = await story.back(state=await story.ask(), code="used")
    assert error
    assert error.code == "consent_refused"
    side.token_answer = JSONResponse({}, 503)
    error = await story.back(state=await story.ask(), code="c")
    assert isinstance(error, Unavailable)
    side.token_answer = None
    state = await story.ask()
    async with known.database.transaction() as session:
        await session.execute(sa.update(Connection).values(consent_until=utcnow()))
    error = await story.back(state=state, code="c")
    assert error
    assert error.code == "consent_unknown"
    state = await story.ask()
    async with known.database.transaction() as session:
        await session.execute(sa.update(Member).where(Member.user_id == story.access.user.id).values(role="staff"))
    assert isinstance(await story.back(state=state, code="c"), Forbidden)
    row = await story.row()
    assert (row.credentials, row.state) == (None, "new")

    async with known.database.transaction() as session:
        live = await story.make(story.owner, "live", session)
        with pytest.raises(Conflict, match="no app"):
            await channels.start_consent(session, story.owner, live.id, runtime=known)
