"""The serving process: the application, and beside it the worker that small installations need."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog
import uvicorn

from orion.main.app import create_app
from orion.main.process import running
from orion.plumbing.settings import Settings

log = structlog.get_logger(__name__)

GRACE_SECONDS = 3
"""For answers that are under way when the server is told to stop."""

SETTLED_SECONDS = 60.0
"""A worker that lived this long was not broken from the start: the next one is started at once."""


async def serve(settings: Settings, sockets: list[socket.socket], *, with_worker: bool) -> None:
    """Serve on listening `sockets` until SIGTERM or SIGINT, with a worker as a child process if asked.

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
        worker = EmbeddedWorker(settings) if with_worker else None
        server = _Server(config, worker)
        keeping = asyncio.create_task(worker.keep_alive()) if worker else None
        try:
            await server.serve(sockets)
        finally:
            if worker and keeping:
                keeping.cancel()
                with suppress(asyncio.CancelledError):
                    await keeping
                await worker.stop()


class _Server(uvicorn.Server):
    """A server that leaves signals to us: the first asks to stop, the second does not wait; none is raised again."""

    def __init__(self, config: uvicorn.Config, worker: "EmbeddedWorker | None") -> None:
        super().__init__(config)
        self._worker = worker
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

    def _leave(self) -> None:
        self._asked += 1
        self.should_exit = True
        self.force_exit = self._asked > 1
        if self._worker and self._asked > 1:
            self._worker.kill()
        elif self._worker:
            self._worker.terminate()


class EmbeddedWorker:
    """A worker as a child process, started again when it dies, each time a little later."""

    def __init__(self, settings: Settings) -> None:
        self._patience = settings.worker_drain_seconds + 3
        self._process: asyncio.subprocess.Process | None = None
        self._ending = asyncio.Event()

    async def keep_alive(self) -> None:
        """Start it, and start it again, until it is told to end."""
        pause = 0.25
        while not self._ending.is_set():
            began = time.monotonic()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "orion.main", "worker", "--parent-pid", str(os.getpid())
            )
            code = await self._process.wait()
            if self._ending.is_set():
                return
            pause = 0.25 if time.monotonic() - began > SETTLED_SECONDS else min(pause * 2, 30.0)
            log.error("the worker ended; another one follows", exit_code=code, seconds=pause)
            await asyncio.sleep(pause)

    async def stop(self) -> None:
        """Ask it to end, and wait; kill it when it takes longer than its jobs may."""
        self.terminate()
        if self._process is None:
            return
        try:
            await asyncio.wait_for(self._process.wait(), self._patience)
        except TimeoutError:
            self.kill()
            await self._process.wait()

    def terminate(self) -> None:
        """Ask it to end, for good."""
        self._ending.set()
        if self._process and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()

    def kill(self) -> None:
        """End it at once; its jobs are continued by the next worker."""
        if self._process and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
