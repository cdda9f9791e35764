"""What a sliding window promises, at every moment of an injected clock."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orion.plumbing.limits import Allowance, Limit, Limits

SECONDS = 8
TICK = 1 / 8  # with a window of a power of two, every sum below is exact
START = 1_700_000_000.0 // SECONDS * SECONDS

amounts = st.integers(1, 12)
pauses = st.lists(st.integers(0, 3 * SECONDS * 8), min_size=1, max_size=40)
bursts = st.lists(st.sampled_from((0, 0, 0, 1, 2, 8, 31, 64)), min_size=1, max_size=50)


class Clock:
    """The time of day, for everybody who asks."""

    now = START

    def __call__(self) -> float:
        return self.now


@contextmanager
def stopped() -> Iterator[Clock]:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", clock)
        yield clock


def play(amount: int, ticks: list[int]) -> list[tuple[float, Allowance]]:
    """Act after each pause; when, and what came of it."""

    async def act() -> list[tuple[float, Allowance]]:
        limits, limit = Limits(), Limit("play", amount, SECONDS)
        played = []
        for pause in ticks:
            clock.now += pause * TICK
            played.append((clock.now, await limits.hit(limit, "ada")))
        return played

    with stopped() as clock:
        return asyncio.run(act())


@settings(max_examples=50)
@given(amounts, pauses | bursts)
def test_it_allows_exactly_what_the_weighed_windows_leave(amount: int, ticks: list[int]) -> None:
    counted: dict[int, int] = {}
    for now, allowance in play(amount, ticks):
        window, passed = divmod(now, SECONDS)
        before, here = counted.get(int(window) - 1, 0), counted.get(int(window), 0)
        used = int(before * (SECONDS - passed) / SECONDS) + here
        assert allowance.allowed == (used < amount), (now, before, here)
        counted[int(window)] = here + allowance.allowed
        assert allowance.remaining == max(0, amount - used - allowance.allowed)


@settings(max_examples=50)
@given(amounts, pauses | bursts)
def test_no_window_of_the_clock_has_more_than_the_amount_and_no_other_twice_as_much(
    amount: int, ticks: list[int]
) -> None:
    acts = [now for now, allowance in play(amount, ticks) if allowance.allowed]
    for start in {now // SECONDS * SECONDS for now in acts}:
        assert sum(start <= act < start + SECONDS for act in acts) <= amount
    for start in acts:
        assert sum(start <= act < start + SECONDS for act in acts) < 2 * amount or amount == 1


@settings(max_examples=50)
@given(amounts, bursts)
def test_who_comes_back_when_told_to_is_let_in(amount: int, ticks: list[int]) -> None:
    async def act() -> None:
        limits, limit = Limits(), Limit("play", amount, SECONDS)
        for pause in ticks:
            clock.now += pause * TICK
            allowance = await limits.hit(limit, "ada")
            if not allowance.allowed:
                assert 1 <= allowance.reset_after <= 2 * SECONDS
                clock.now += allowance.reset_after
                assert (await limits.hit(limit, "ada")).allowed

    with stopped() as clock:
        asyncio.run(act())


@settings(max_examples=50)
@given(st.integers(2, 12), st.integers(0, 63))
def test_who_keeps_below_the_rate_is_never_refused(amount: int, offset: int) -> None:
    spacing = -(-SECONDS * 8 // (amount - 1))
    assert all(allowance.allowed for _, allowance in play(amount, [offset, *[spacing] * 40]))
