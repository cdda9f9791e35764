"""What is kept, for how long, and who works it out."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from orion.plumbing import kept
from orion.plumbing.kept import Kept


class Work:
    """Work that takes `seconds` of an injected clock, and counts how often it is done."""

    def __init__(self, seconds: float) -> None:
        self.now, self.seconds, self.done = 0.0, seconds, 0
        self.kept = Kept(lambda: self.now)
        self.gate: asyncio.Event | None = None

    async def work_out(self) -> int:
        if self.gate is not None:
            await self.gate.wait()
        self.now += self.seconds
        self.done += 1
        return self.done

    async def ask(self, before_waiting: Callable[[], Awaitable[object]] | None = None) -> int:
        return (await self.kept.get("key", self.work_out, before_waiting=before_waiting)).value


async def test_what_is_cheap_is_exact_every_time() -> None:
    work = Work(0.049)
    assert [await work.ask() for _ in range(4)] == [1, 2, 3, 4]


async def test_what_is_dear_is_kept_for_twenty_times_what_it_took() -> None:
    work = Work(2.0)
    assert [await work.ask(), await work.ask()] == [1, 1]
    work.now += 39.9
    assert await work.ask() == 1
    work.now += 0.2
    assert [await work.ask(), await work.ask()] == [2, 2]
    assert work.now / (work.done * work.seconds) > kept.SHARE / 2


async def test_one_works_it_out_and_the_others_wait_and_let_go() -> None:
    work, let_go = Work(2.0), []
    work.gate = asyncio.Event()

    async def release() -> None:
        let_go.append(1)

    asked = [asyncio.create_task(work.ask(release)) for _ in range(5)]
    await asyncio.sleep(0)
    work.gate.set()
    assert await asyncio.gather(*asked) == [1] * 5
    assert (work.done, len(let_go)) == (1, 4)


async def test_while_it_is_worked_out_anew_the_others_get_the_last_answer_unless_it_is_too_old() -> None:
    work = Work(1.0)
    await work.ask()
    work.now += 21
    work.gate = asyncio.Event()
    first = asyncio.create_task(work.ask())
    await asyncio.sleep(0)
    assert await work.ask() == 1
    work.now += 21
    late = asyncio.create_task(work.ask())
    await asyncio.sleep(0)
    assert not late.done()
    work.gate.set()
    assert [await first, await late] == [2, 2]


async def test_who_waited_for_a_cheap_answer_gets_one_of_their_own() -> None:
    work = Work(0.001)
    work.gate = asyncio.Event()
    asked = [asyncio.create_task(work.ask()) for _ in range(3)]
    await asyncio.sleep(0)
    work.gate.set()
    assert sorted(await asyncio.gather(*asked)) == [1, 2, 3]


async def test_a_failure_is_not_kept() -> None:
    work = Work(2.0)

    async def fail() -> int:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await work.kept.get("key", fail)
    assert await work.ask() == 1


async def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 2)
    work = Work(2.0)
    for key in (1, 2, 3, 1):
        await work.kept.get(key, work.work_out)
    assert work.done == 4
