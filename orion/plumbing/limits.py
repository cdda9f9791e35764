"""How often somebody may do something: sliding windows, in this process, or in Redis for all of them together.

A window slides by weighing: of the acts in the calendar window before this one counts the share that a window ending
now still covers (as if they had been spread evenly), and those in this one count whole. Two numbers for each caller
do, where an exact log would need every act: https://limits.readthedocs.io/en/stable/strategies.html

Redis is a convenience here, never a dependency: while it does not answer, each process counts for itself.
"""

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TypeVar

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

T = TypeVar("T")
logger = structlog.get_logger()

_REDIS_SECONDS = 0.5
"""A Redis that takes longer to answer counts as failed: every request waits for it."""

_RETRY_REDIS_AFTER = 10.0
"""Seconds that a Redis which failed is left alone."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` acts in `seconds`; `name` keeps the counters of different limits apart."""

    name: str
    amount: int
    seconds: int

    @property
    def item(self) -> RateLimitItem:
        """The limit as the library knows it."""
        return RateLimitItemPerSecond(self.amount, self.seconds, namespace=f"orion-{self.name}")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit: `allowed` says whether this act was within it.

    After `reset_after` seconds one more act is within it than now, if nobody acts meanwhile.
    """

    allowed: bool
    remaining: int
    reset_after: int


class Limits:
    """The counters of this process, or of all processes when `redis_url` is given."""

    def __init__(self, redis_url: str = "") -> None:
        self._memory = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._connections: ConnectionPool | None = None
        self._shared: SlidingWindowCounterRateLimiter | None = None
        self._shared_again_at = 0.0
        if redis_url:
            self._connections = ConnectionPool.from_url(
                redis_url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS
            )
            storage = RedisStorage(
                f"async+{redis_url}",
                implementation="redispy",
                connection_pool=self._connections,  # type: ignore[arg-type] # documented, missing in its types
            )
            self._shared = SlidingWindowCounterRateLimiter(storage)

    async def hit(self, limit: Limit, who: str) -> Allowance:
        """Count one act of `who`, if the limit allows it."""
        allowed = await self._ask(lambda counters: counters.hit(limit.item, who))
        return await self._allowance(limit, who, allowed)

    async def test(self, limit: Limit, who: str) -> Allowance:
        """Whether `who` could act now; counts nothing."""
        allowed = await self._ask(lambda counters: counters.test(limit.item, who))
        return await self._allowance(limit, who, allowed)

    async def clear(self, limit: Limit, who: str) -> None:
        """Forget what `who` did."""
        await self._ask(lambda counters: counters.clear(limit.item, who))

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._connections is not None:
            await self._connections.aclose()

    async def _allowance(self, limit: Limit, who: str, allowed: bool) -> Allowance:
        key = limit.item.key_for(who)
        before, fades_in, here, expires_in = await self._ask(
            lambda counters: counters.storage.get_sliding_window(key, limit.seconds)  # type: ignore[attr-defined] # both ours have it
        )
        ends_in = max(0.0, expires_in - limit.seconds)  # a window is kept for another, in which it is the one before
        used = math.floor(before * fades_in / limit.seconds) + here
        wait = _until_below(used, limit.seconds, before, fades_in, here, ends_in)
        # Whole seconds, and always beyond the moment: at the moment itself the old act still counts.
        return Allowance(allowed, max(0, limit.amount - used), math.floor(wait) + 1)

    async def _ask(self, question: Callable[[SlidingWindowCounterRateLimiter], Awaitable[T]]) -> T:
        if self._shared is not None and time.monotonic() >= self._shared_again_at:
            try:
                return await question(self._shared)
            except (RedisError, OSError) as error:
                self._shared_again_at = time.monotonic() + _RETRY_REDIS_AFTER
                logger.warning("redis_unavailable", error=str(error), meaning="each process counts limits for itself")
        return await question(self._memory)


def _until_below(used: int, seconds: int, before: int, fades_in: float, here: int, ends_in: float) -> float:
    """Seconds until fewer than `used` acts weigh: those of the window `before` fade, then those `here` begin to."""
    if before and used > here:
        return max(0.0, fades_in - (used - here) * seconds / before)
    return ends_in + max(0.0, seconds * (1 - used / here)) if here else 0.0


def address_key(address: str) -> str:
    """Whom an address stands for: itself, or the /64 that an IPv6 customer is given as a whole."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)
