"""Answers that are dear to work out, kept in this process only as long as that keeps them cheap on average.

Nobody sets how long: an answer is kept for `SHARE` times the seconds that it took, so that working it out again and
again never takes more than a twentieth of a core; one that took less than `WORTH` seconds is not kept at all, and is
exact whenever it is asked for.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from orion.plumbing.db import utcnow

T = TypeVar("T")

SHARE = 20
WORTH = 0.05
MOST = 1000
"""Answers that are remembered at a time; those asked for longest ago go first."""


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """A value, and the moment when working it out began: what happened before is in it."""

    value: T
    as_of: datetime


@dataclass(slots=True)
class _Entry:
    took: float | None = None
    answer: Dated[Any] | None = None
    until: float = 0.0
    flight: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_cheap(self) -> bool:
        return self.took is not None and self.took < WORTH

    @property
    def held_for(self) -> float:
        return SHARE * (self.took or 0.0)


class Kept:
    """The answers of this process, by key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    async def get(
        self,
        key: Hashable,
        work_out: Callable[[], Awaitable[T]],
        *,
        before_waiting: Callable[[], Awaitable[object]] | None = None,
    ) -> Dated[T]:
        """The answer to `key`: kept, or worked out now.

        A dear one is worked out by one caller at a time. Meanwhile the others get the last answer, while it is at most
        twice as old as it may get, or wait for the new one (`before_waiting` lets go of what they hold).
        """
        entry = self._entry(key)
        if not self._holds(entry) and not entry.is_cheap:
            if entry.flight.locked():
                if entry.answer is not None and self._clock() < entry.until + entry.held_for:
                    return entry.answer
                if before_waiting is not None:
                    await before_waiting()
            async with entry.flight:
                if not self._holds(entry) and not entry.is_cheap:
                    return await self._work_out(entry, work_out)
        if entry.answer is not None and self._holds(entry):
            return cast("Dated[T]", entry.answer)
        return await self._work_out(entry, work_out)

    async def _work_out(self, entry: _Entry, work_out: Callable[[], Awaitable[T]]) -> Dated[T]:
        as_of, began = utcnow(), self._clock()
        answer = Dated(await work_out(), as_of)
        now = self._clock()
        entry.took = now - began
        entry.answer = None if entry.is_cheap else answer
        entry.until = now + entry.held_for
        return answer

    def _holds(self, entry: _Entry) -> bool:
        return entry.answer is not None and self._clock() < entry.until

    def _entry(self, key: Hashable) -> _Entry:
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        while len(self._entries) > MOST:
            self._entries.popitem(last=False)
        return entry
