"""The shared buckets: never more than burst + rate * time, whoever takes, and whatever the clocks say."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from orion.channels import ChannelBucket, Connection
from orion.channels.buckets import Rate, block, follow_rate, present_rate, take
from orion.plumbing.db import Database

START = datetime(2026, 1, 1, tzinfo=UTC)


async def test_takers_at_once_never_get_more_than_there_is(database: Database, connection: Connection) -> None:
    rate = Rate(5.0, 6.0)
    got = 0
    began = time.monotonic()

    async def taker() -> None:
        nonlocal got
        for _ in range(5):
            async with database.transaction() as session:
                if not (await take(session, connection.id, "op", rate)).wait:
                    got += 1

    await asyncio.gather(*(taker() for _ in range(6)))
    passed = time.monotonic() - began
    assert 6 <= got <= 6 + 5.0 * passed
    async with database.reading() as session:
        bucket = await session.get_one(ChannelBucket, (connection.id, "op"))
    assert 0 <= bucket.tokens < 6


async def test_the_first_takers_of_a_bucket_are_not_told_to_wait(database: Database, connection: Connection) -> None:
    """They come at once, while it is being made: what another has made in between is full."""

    async def taker(name: str) -> float:
        async with database.transaction() as session:
            return (await take(session, connection.id, name, Rate(1.0, 60.0), spare=0.5)).wait

    for name in range(12):
        assert await asyncio.gather(*(taker(f"new-{name}") for _ in range(6))) == [0.0] * 6


async def test_what_takers_get_by_any_clock(database: Database, connection: Connection) -> None:
    """Steps forwards and backwards in time: what was taken never exceeds the burst and what time has brought."""
    numbers = iter(range(10**6))
    steps = st.lists(st.tuples(st.floats(-30, 60), st.sampled_from([0.0, 0.5])), min_size=5, max_size=25)

    async def story(rate: Rate, moves: list[tuple[float, float]]) -> None:
        name = f"op-{next(numbers)}"
        now = furthest = 0.0
        taken = 0
        for step, spare in moves:
            now += step
            furthest = max(furthest, now)
            async with database.transaction() as session:
                at = START + timedelta(seconds=now)
                answer = await take(session, connection.id, name, rate, spare=spare, at=at)
            if not answer.wait:
                taken += 1
            elif now >= furthest:
                async with database.transaction() as session:
                    later = at + timedelta(seconds=answer.wait + 0.01)
                    again = await take(session, connection.id, name, rate, spare=spare, at=later)
                assert not again.wait  # it says truly when to come back
                now = furthest = now + answer.wait + 0.01
                taken += 1
            first = min(0.0, moves[0][0])
            assert taken <= rate.burst + rate.per_second * (furthest - first) + 1e-6

    stories: list[tuple[Rate, list[tuple[float, float]]]] = []

    @hypothesis_settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(st.floats(0.01, 3), st.integers(1, 5), steps)
    def collect(per_second: float, burst: int, moves: list[tuple[float, float]]) -> None:
        stories.append((Rate(per_second, float(burst)), moves))

    collect()
    for rate, moves in stories:
        await story(rate, moves)


async def test_shares_blocks_and_rates(database: Database, connection: Connection) -> None:
    rate = Rate(1.0, 4.0)

    async def ask(seconds: float, spare: float = 0.0, name: str = "op") -> float:
        async with database.transaction() as session:
            at = START + timedelta(seconds=seconds)
            return (await take(session, connection.id, name, rate, spare=spare, at=at)).wait

    assert [await ask(0, 0.5), await ask(0, 0.5)] == [0, 0]
    assert round(await ask(0, 0.5), 3) == 1.0  # two are left for what is more important
    assert [await ask(0), await ask(0)] == [0, 0]
    assert round(await ask(0), 3) == 1.0
    assert round(await ask(0, 0.5), 3) == 3.0
    assert await ask(0, name="other") == 0

    async with database.transaction() as session:
        assert await block(session, connection.id, "op", 30, at=START) == 30
        assert await block(session, connection.id, "op", 10, at=START) == 10  # the longer one stays
        assert await block(session, connection.id, "nothing", at=START) <= 1.25  # no bucket: no harm
    assert round(await ask(10)) == 20
    assert await ask(30.1) == 0

    async with database.transaction() as session:
        waits = [await block(session, connection.id, "other", at=START + timedelta(seconds=60)) for _ in range(4)]
    assert [lower <= wait <= lower * 1.25 for lower, wait in zip((1, 2, 4, 8), waits, strict=True)] == [True] * 4
    async with database.transaction() as session:
        assert await block(session, connection.id, "other", at=START + timedelta(seconds=600)) <= 1.25  # forgiven

    async with database.transaction() as session:
        await follow_rate(session, connection.id, "op", 0.1, at=START + timedelta(seconds=31))
    async with database.reading() as session:
        assert await present_rate(session, connection.id, "op") == 0.1
        assert await present_rate(session, connection.id, "nothing") is None
    for _ in range(5):
        last = await ask(31)
    assert 0.9 < last < 1.1  # 3.9 had come in at the old rate
