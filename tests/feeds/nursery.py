"""Workers that start fast: one process imports everything once and forks a real worker whenever it is asked to.

The parent writes a line to its standard input and reads the new worker's process id; every worker can be killed like
any process.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orion.main.process import load_settings, run
from orion.main.worker import work
from orion.plumbing.settings import Settings
from tests.plumbing.workers import ROOT, environment


class Nursery:
    """Hands out workers on the database that it was opened for."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def worker(self) -> int:
        """Start a worker; its process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("worker\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def nursery(settings: Settings, log: Path) -> Iterator[Nursery]:
    """Open a nursery; at the end all its workers are killed."""
    changes = {"WORKER_TICK_SECONDS": 0.1, "WORKER_DEAD_AFTER_SECONDS": 0.6}
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.feeds.nursery"],
            env=environment(settings, **changes),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
            start_new_session=True,
        )
    try:
        yield Nursery(process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def main() -> None:
    settings = load_settings()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(2, 1)
            run(work(settings))
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
