"""The serving process: the application, and beside it the worker that small installations need."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import uvicorn

from orion.main.app import create_app
from orion.main.children import Child, orphaned
from orion.main.process import running
from orion.plumbing.settings import Settings

GRACE_SECONDS = 3
"""For answers that are under way when the server is told to stop."""


async def serve(
    settings: Settings,
    sockets: list[socket.socket],
    *,
    children: Sequence[Child] = (),
    parent_pid: int | None = None,
    announce: Callable[[], None] = lambda: None,
) -> None:
    """Serve on listening `sockets` until SIGTERM or SIGINT, with child processes beside it.

    As a child itself it ends too when the process `parent_pid` is gone. `announce` is called when nothing stands in the
    way any more.

    Raises ValueError for settings that production refuses, and Unavailable without migrations.
    """
    settings.signing_key()
    async with running(settings) as runtime:
        config = uvicorn.Config(
            create_app(runtime),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        server = _Server(config, children)
        announce()
        watching = [asyncio.create_task(child.keep_alive()) for child in children]
        if parent_pid is not None:
            watching.append(asyncio.create_task(server.leave_without(parent_pid)))
        try:
            await server.serve(sockets)
        finally:
            for task in watching:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await asyncio.gather(*(child.stop() for child in children))


class _Server(uvicorn.Server):
    """A server that leaves signals to us: the first asks to stop, the second does not wait; none is raised again."""

    def __init__(self, config: uvicorn.Config, children: Sequence[Child]) -> None:
        super().__init__(config)
        self._children = children
        self._asked = 0

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self._leave)
            except NotImplementedError:  # Windows
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(self._leave))
        yield

    async def leave_without(self, parent_pid: int) -> None:
        """Stop when the parent is gone."""
        await orphaned(parent_pid)
        self._leave()

    def _leave(self) -> None:
        self._asked += 1
        self.should_exit = True
        self.force_exit = self._asked > 1
        for child in self._children:
            if self._asked > 1:
                child.kill()
            else:
                child.terminate()
