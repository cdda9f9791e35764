"""Jobs for the tests of jobs, and the main function of a worker process that knows them.

What a job did is seen in a folder that it is given: files are named after the process that made them.
"""

import asyncio
import os
import signal
from pathlib import Path

import orion.webhooks  # noqa: F401 (a worker of the tests delivers, too)
from orion.main.process import run
from orion.main.worker import work as orion_work
from orion.plumbing.db import Database
from orion.plumbing.jobs import RetryLater, job, run_worker
from orion.plumbing.observability import configure_logging
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings


def note(folder: str, text: str) -> None:
    with (Path(folder) / "notes").open("a") as file:
        file.write(f"{text}\n")


def notes(folder: Path) -> list[str]:
    path = folder / "notes"
    return path.read_text().splitlines() if path.exists() else []


async def mourn(runtime: Runtime, reason: str, folder: str, *args: object) -> None:
    (Path(folder) / "mourned").write_text(reason)


@job()
async def say(runtime: Runtime, folder: str, text: str) -> None:
    note(folder, text)


@job(attempts=3, backoff=0.05, on_failure=mourn)
async def stumble(runtime: Runtime, folder: str, failures: int) -> None:
    """Fails with an error that is worth another try, so many times."""
    note(folder, "try")
    if len(notes(Path(folder))) <= failures:
        raise ConnectionError("not yet")


@job(attempts=2)
async def come_back(runtime: Runtime, folder: str) -> None:
    note(folder, "try")
    if len(notes(Path(folder))) == 1:
        raise RetryLater(0.05, "busy")


@job(on_failure=mourn)
async def err(runtime: Runtime, folder: str) -> None:
    note(folder, "try")
    if not (Path(folder) / "mended").exists():
        raise ValueError("a mistake in the program")


@job(queue="imports", crashes=5)
async def held(runtime: Runtime, folder: str) -> None:
    """Runs until the file `release` is there; fails then in the process that `fail-PID` names."""
    pid = os.getpid()
    (Path(folder) / f"begun-{pid}").touch()
    while not (Path(folder) / "release").exists():  # noqa: ASYNC110 (another process makes it)
        await asyncio.sleep(0.02)
    (Path(folder) / f"ended-{pid}").touch()
    if (Path(folder) / f"fail-{pid}").exists():
        raise ValueError("the word of a worker that was taken for dead")


@job(crashes=2, on_failure=mourn)
async def poison(runtime: Runtime, folder: str) -> None:
    note(folder, "bite")
    os.kill(os.getpid(), signal.SIGKILL)


def begin(variables: dict[str, str], log: str) -> Settings:
    """What a worker process begins with: its environment is `variables`, what it says goes to the file `log`."""
    os.environ.update(variables)
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(target, 1)
    os.dup2(target, 2)
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    configure_logging(settings)
    return settings


def work(variables: dict[str, str], log: str) -> None:
    """The main function of a worker process that knows the jobs of this module."""
    settings = begin(variables, log)
    asyncio.run(run_worker(Runtime(settings, Database(settings.effective_database_url))))


def work_for_orion(variables: dict[str, str], log: str) -> None:
    """The main function of the very worker that `orion worker` starts."""
    run(orion_work(begin(variables, log)))
