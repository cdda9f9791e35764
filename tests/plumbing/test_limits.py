"""Sliding windows in memory and in Redis, and a Redis that goes away."""

import subprocess

import pytest
from structlog.testing import capture_logs

from orion.plumbing import limits as plumbing_limits
from orion.plumbing.limits import Limit, Limits, address_key
from tests.conftest import free_port

AGE = 10**9
"""Seconds: no test begins in one window and ends in the next."""
THREE = Limit("test", 3, AGE)


async def hits(limits: Limits, times: int, who: str = "ada") -> list[bool]:
    return [(await limits.hit(THREE, who)).allowed for _ in range(times)]


async def test_a_process_counts_each_caller_and_each_limit_apart() -> None:
    limits = Limits()
    assert (await limits.test(THREE, "ada")).remaining == 3
    assert await hits(limits, 4) == [True, True, True, False]
    assert not (await limits.test(THREE, "ada")).allowed
    assert (await limits.hit(THREE, "bob")).remaining == 2
    assert (await limits.hit(Limit("other", 1, AGE), "ada")).allowed
    await limits.clear(THREE, "ada")
    assert await hits(limits, 1) == [True]
    assert not (await Limits().test(Limit("test", 3, AGE), "ada")).remaining < 3


async def test_processes_share_their_counts_in_redis(redis: tuple[str, subprocess.Popen[bytes]]) -> None:
    one, other = Limits(redis[0]), Limits(redis[0])
    assert await hits(one, 2) == [True, True]
    assert await hits(other, 2) == [True, False]
    await one.clear(THREE, "ada")
    assert (await other.test(THREE, "ada")).allowed
    await one.close()
    await other.close()


async def test_without_redis_each_process_counts_for_itself_and_says_so_once(
    redis: tuple[str, subprocess.Popen[bytes]],
) -> None:
    url, server = redis
    limits = Limits(url)
    assert await hits(limits, 3) == [True, True, True]
    server.kill()
    server.wait()
    with capture_logs() as logs:
        assert await hits(limits, 4) == [True, True, True, False]
    assert [entry["event"] for entry in logs] == ["redis_unavailable"]
    await limits.close()


async def test_a_redis_that_was_never_there_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plumbing_limits, "_RETRY_REDIS_AFTER", AGE)
    limits = Limits(f"redis://127.0.0.1:{free_port()}/0")
    with capture_logs() as logs:
        assert await hits(limits, 4) == [True, True, True, False]
    assert [entry["event"] for entry in logs] == ["redis_unavailable"], "it is asked once, and left alone then"
    await limits.close()


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_whom_an_address_stands_for(address: str, key: str) -> None:
    assert address_key(address) == key
