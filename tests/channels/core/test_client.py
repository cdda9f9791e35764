"""The channels' client, against a real server on loopback that misbehaves."""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

import orion
from orion.channels import (
    ChannelBucket,
    ChannelClient,
    ChannelUnavailable,
    Connection,
    CredentialsRefused,
    Refused,
    ReplyLost,
    ScopeMissing,
    SlowDown,
    Unreadable,
    tokens,
)
from orion.plumbing.db import utcnow
from orion.plumbing.runtime import Runtime
from tests.channels.core.side import PROBE, Side, hang_up, ok


async def test_calls_and_what_is_made_of_answers(
    client: ChannelClient, side: Side, capsys: pytest.CaptureFixture[str]
) -> None:
    said = await client.send("quick", "GET", "/x", params={"a": "[b]"}, headers={"x-more": "1"})
    assert (said.status, said.json()) == (200, {"ok": True})
    (call,) = side.calls
    assert (call.method, call.path, call.query) == ("GET", "/amazon/x", {"a": "[b]"})
    assert call.headers["authorization"] == "Bearer token-1"
    assert call.headers["user-agent"] == f"Orion/{orion.__version__} (Language=Python)"
    assert call.headers["x-more"] == "1"

    side.say(JSONResponse({"error": "no"}, 400))
    with pytest.raises(Refused):
        await client.send("quick", "POST", "/x", json={"secret": "hidden"})
    assert side.calls[0].body == b'{"secret":"hidden"}'
    assert len(side.calls) == 1
    side.say(JSONResponse({}, 403))
    with pytest.raises(ScopeMissing):
        await client.send("quick", "GET", "/x")
    assert len(side.calls) == 1

    side.say(HTMLResponse("<html>soon</html>"))
    with pytest.raises(Unreadable):
        await client.send("quick", "GET", "/x")
    with pytest.raises(ReplyLost):  # what it did is not known
        await client.send("quick", "POST", "/x")
    side.say(Response("{half", media_type="application/json"))
    answer = await client.send("quick", "GET", "/x")
    with pytest.raises(Unreadable):
        answer.json()
    side.say(RedirectResponse("http://127.0.0.1:1/elsewhere"))
    with pytest.raises(Unreadable):
        await client.send("quick", "GET", "/x")
    assert len(side.calls) == 1
    side.say(Response(b"x" * 2000))
    with pytest.raises(Unreadable, match="longer than 1000"):
        await client.send("quick", "GET", "/x", max_bytes=1000)
    side.say(ok())
    side.answers[0].set_cookie("session", "theirs")  # type: ignore[union-attr]
    await client.send("quick", "GET", "/x")
    await client.send("quick", "GET", "/x")
    assert "cookie" not in side.calls[1].headers  # nor does it pass to other stores

    with pytest.raises(Unreadable, match="not its own"):
        await client.send("quick", "GET", "https://evil.example.com/x")
    with pytest.raises(Unreadable, match="not its own"):
        await client.send("quick", "GET", side.url + "/amazonian/x")
    shown = capsys.readouterr()
    assert not re.search("token-|hidden|once-granted", shown.err + shown.out + repr(client))


async def test_only_what_may_be_repeated_is_repeated(client: ChannelClient, side: Side) -> None:
    busy = JSONResponse({}, 503)
    side.say(JSONResponse({}, 408), hang_up, ok(at=3))
    assert (await client.send("quick", "GET", "/x")).json() == {"ok": True, "at": 3}
    assert len(side.calls) == 3
    side.say(busy)
    with pytest.raises(ChannelUnavailable, match="503"):
        await client.send("quick", "PUT", "/x")
    assert len(side.calls) == 3
    for answer in (busy, hang_up):
        side.say(answer)
        with pytest.raises(ReplyLost):
            await client.send("quick", "POST", "/x", json={})
        assert len(side.calls) == 1
    side.say(busy, ok(at=2))
    assert (await client.send("quick", "POST", "/x", repeatable=True)).json()["at"] == 2
    side.say(JSONResponse({}, 503, {"retry-after": "90"}))
    with pytest.raises(ChannelUnavailable) as found:
        await client.send("quick", "GET", "/x")
    assert (found.value.retry_after, len(side.calls)) == (90, 1)


async def test_silence_and_nobody_there(client: ChannelClient, side: Side, probing: Runtime) -> None:
    side.silent = asyncio.Event()
    probing.settings.channel_read_seconds = 0.1
    with pytest.raises(ReplyLost, match="no answer in time"):
        await client.send("quick", "POST", "/x", token=False)
    with pytest.raises(ChannelUnavailable, match="no answer in time"):
        await client.send("quick", "GET", "/x", token=False)
    assert len(side.calls) == 4
    side.silent.set()
    probing.settings.simulator_url = "http://127.0.0.1:9"
    with pytest.raises(ChannelUnavailable, match="could not be reached"):  # nothing was sent: also for a POST
        await client.send("quick", "POST", "/x", token=False)


async def test_too_quick(client: ChannelClient, side: Side, probing: Runtime, connection: Connection) -> None:
    side.say(JSONResponse({}, 429, {"retry-after": "700"}))
    with pytest.raises(SlowDown) as found:
        await client.send("quick", "POST", "/x")
    assert found.value.retry_after == 700
    with pytest.raises(SlowDown) as found:
        await client.send("quick", "GET", "/x")
    assert len(side.calls) == 1  # the second was not sent
    assert 0 < (found.value.retry_after or 0) <= 700

    side.say(JSONResponse({}, 429))
    waits = []
    for _ in range(3):
        with pytest.raises(SlowDown) as found:
            await client.send("slow", "GET", "/x")
        waits.append(found.value.retry_after or 0)
        async with probing.database.transaction() as session:  # the wait passes
            past = sa.func.coalesce(ChannelBucket.refilled_at, ChannelBucket.refilled_at)
            await session.execute(
                sa.update(ChannelBucket).where(ChannelBucket.operation == "slow").values(blocked_until=past, tokens=2.0)
            )
    assert 100 <= waits[0] <= 125
    assert 200 <= waits[1] <= 250
    assert 400 <= waits[2] <= 500

    side.say(ok())
    side.answers[0].headers["x-amzn-RateLimit-Limit"] = "0.002"  # type: ignore[union-attr]
    await client.send("slow", "GET", "/x")
    async with probing.database.reading() as session:
        bucket = await session.get_one(ChannelBucket, (connection.id, "slow"))
    assert bucket.rate == 0.002
    await client.send("slow", "GET", "/x", max_wait=0)
    with pytest.raises(SlowDown) as found:
        await client.send("slow", "GET", "/x", max_wait=0)
    assert 250 < (found.value.retry_after or 0) <= 500  # by the new rate; by the one before it would be 100


async def test_a_refused_token_is_renewed_once(client: ChannelClient, side: Side) -> None:
    await client.send("quick", "GET", "/x")
    no = JSONResponse({}, 401)
    side.say(no, ok(at=2))
    assert (await client.send("quick", "POST", "/x")).json()["at"] == 2
    assert [call.headers["authorization"] for call in side.calls] == ["Bearer token-1", "Bearer token-2"]
    side.say(no)
    with pytest.raises(CredentialsRefused):
        await client.send("quick", "GET", "/x")
    assert (len(side.calls), side.tokens) == (2, 3)


async def test_many_callers_fetch_one_token(
    client: ChannelClient, client_with: Callable[..., ChannelClient], side: Side, probing: Runtime
) -> None:
    side.hold = asyncio.Event()
    first = [asyncio.create_task(client.send("quick", "GET", "/x")) for _ in range(8)]
    await side.asked.wait()
    tokens._FLIGHTS.clear()  # as if the others were another process: only the lease stands between them
    others = [asyncio.create_task(client_with().send("quick", "GET", "/x")) for _ in range(8)]
    await asyncio.sleep(0.2)
    side.hold.set()
    await asyncio.gather(*first, *others)
    assert side.tokens == 1
    assert {call.headers["authorization"] for call in side.calls} == {"Bearer token-1"}

    async with probing.database.reading() as session:
        row = await session.get_one(Connection, client.connection_id)
    assert row.token_lease_until is None
    assert row.access_token
    assert "token-1" not in row.access_token
    side.say(ok())
    side.refused = "token-1"
    await asyncio.gather(*(client.send("quick", "GET", "/x") for _ in range(8)))
    assert side.tokens == 2  # eight were refused the same one


async def test_a_process_that_died_fetching_a_token_stops_nobody(
    client: ChannelClient, side: Side, probing: Runtime
) -> None:
    async def lease(seconds: float) -> None:
        async with probing.database.transaction() as session:
            row = await session.get_one(Connection, client.connection_id)
            row.token_lease_until = utcnow() + timedelta(seconds=seconds)

    await lease(30)
    waiting = asyncio.create_task(client.send("quick", "GET", "/x"))
    done, _ = await asyncio.wait([waiting], timeout=0.3)
    assert (done, side.tokens) == (set(), 0)  # another process is at it
    await lease(-1)
    await waiting
    assert side.tokens == 1
    async with probing.database.transaction() as session:
        await session.execute(sa.delete(Connection))
    with pytest.raises(CredentialsRefused, match="deleted"):
        await client.send("quick", "GET", "/x")


async def test_tokens_that_end_and_grants_that_end(client: ChannelClient, side: Side, probing: Runtime) -> None:
    side.token_life = 30.0
    await client.send("quick", "GET", "/x")
    await client.send("quick", "GET", "/x")
    assert side.tokens == 1  # also one that lives shorter than a minute is used
    async with probing.database.transaction() as session:
        row = await session.get_one(Connection, client.connection_id)
        assert row.access_expires_at
        row.access_expires_at = row.created_at
    side.token_answer = JSONResponse({"error": "invalid_grant", "error_description": "revoked"}, 400)
    failed = await asyncio.gather(*(client.send("quick", "GET", "/x") for _ in range(5)), return_exceptions=True)
    assert {(type(error), getattr(error, "code", None)) for error in failed} == {(CredentialsRefused, "grant_ended")}
    assert side.tokens == 2  # one attempt for all five
    side.token_answer = JSONResponse({"no": "token"})
    with pytest.raises(Unreadable):
        await client.send("quick", "GET", "/x")
    side.token_answer = None
    await client.send("quick", "GET", "/x")  # the lease was given back
    assert PROBE.capabilities == ()
