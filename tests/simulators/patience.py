"""Time-outs without a clock: a call that a simulator lets hang has waited long enough, any other waits on and on.

A short time-out would strike calls that nothing is the matter with, whenever the machine is busy.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from orion.plumbing.http_pool import HttpPool

Hang = Callable[[Request], Awaitable[Response]]

_NUMBER = "x-number-of-the-call"


class Patience:
    """Of the calls that processes make through their pool, as long as the patch lasts."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        send = HttpPool.send
        patch.setattr(HttpPool, "send", lambda pool, request: self._sent(send(pool, request), request))
        self._numbers = itertools.count()
        self._waiting: dict[str, tuple[asyncio.AbstractEventLoop, asyncio.Event]] = {}

    def ends_with(self, hang: Hang) -> Hang:
        """That way to hang; who called gives up as soon as it begins."""

        async def say_nothing(request: Request) -> Response:
            if found := self._waiting.get(request.headers.get(_NUMBER, "")):
                loop, hangs = found
                loop.call_soon_threadsafe(hangs.set)
            return await hang(request)

        return say_nothing

    async def _sent(self, sending: Coroutine[Any, Any, httpx.Response], request: httpx.Request) -> httpx.Response:
        """The answer; raises ReadTimeout when the call hangs."""
        number = request.headers[_NUMBER] = str(next(self._numbers))
        hangs = asyncio.Event()
        self._waiting[number] = (asyncio.get_running_loop(), hangs)
        answer, end = asyncio.ensure_future(sending), asyncio.ensure_future(hangs.wait())
        try:
            await asyncio.wait({answer, end}, return_when=asyncio.FIRST_COMPLETED)
            if hangs.is_set():
                raise httpx.ReadTimeout("the simulator lets the call hang", request=request)
            return await answer
        finally:
            del self._waiting[number]
            end.cancel()
            answer.cancel()
            await asyncio.gather(end, answer, return_exceptions=True)
