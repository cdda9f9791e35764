"""Processes that live and die with the server: its worker, and the simulators of a demo."""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

import structlog

log = structlog.get_logger(__name__)

SETTLED_SECONDS = 60.0
"""A child that lived this long was not broken from the start: the next one is started at once."""


async def orphaned(parent_pid: int) -> None:
    """Comes back when the process `parent_pid` is not our parent any more."""
    while os.getppid() == parent_pid:  # noqa: ASYNC110 (nothing tells an orphan)
        await asyncio.sleep(1)


class Child:
    """A command of ours (`worker`, `simulate`, `serve`, with its options) as a child process.

    It is started again when it dies, each time a little later; `patience` is how many seconds it may take to end,
    `fds` what of our open files it inherits.
    """

    def __init__(self, *words: str, patience: float, fds: Sequence[int] = ()) -> None:
        self._words = words
        self._patience = patience
        self._fds = fds
        self._process: asyncio.subprocess.Process | None = None
        self._ending = asyncio.Event()

    async def keep_alive(self) -> None:
        """Start it, and start it again, until it is told to end."""
        pause = 0.25
        while not self._ending.is_set():
            began = time.monotonic()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "orion.main",
                *self._words,
                "--parent-pid",
                str(os.getpid()),
                pass_fds=tuple(self._fds),
            )
            code = await self._process.wait()
            if self._ending.is_set():
                return
            pause = 0.25 if time.monotonic() - began > SETTLED_SECONDS else min(pause * 2, 30.0)
            log.error("a child ended; another one follows", child=self._words[0], exit_code=code, seconds=pause)
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
