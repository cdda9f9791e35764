"""The processes and rows that orders come in with: a simulator, a worker, stores and their connections."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import psycopg

import orion.sync  # noqa: F401 (its reactions make schedules)
from orion import merchants
from orion.channels import Connection, ConnectionChanged
from orion.identity import User
from orion.main.migrate import migrate
from orion.main.wiring import HANDLERS
from orion.plumbing.db import Database
from orion.plumbing.events import publish
from orion.plumbing.sealing import place_of, seal
from orion.plumbing.settings import Settings
from orion.simulators.letzshop import API_KEY

KEY = "b" * 40
ROOT = Path(__file__).parents[2]


def fresh(url: str) -> None:
    """An empty, migrated database at `url`."""
    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    migrate(url)


def drop(url: str) -> None:
    """Away with it."""
    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def settings_for(url: str, folder: Path, simulator: str) -> Settings:
    """What the worker has, so that secrets which are sealed here can be opened there."""
    return Settings(
        _env_file=None,
        database_url=url,
        var_dir=folder,
        secret_key=KEY,
        simulator_url=simulator,
        simulator_rate_factor=1000,
    )


@contextmanager
def simulator() -> Iterator[str]:
    """The marketplaces in a process of their own, without limits; their address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "orion.main", "simulate", "--port", str(port), "--no-limits", "--seed", "1"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urlopen(url).close()
                break
            except (URLError, ConnectionError):
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def tell(url: str, path: str, **asked: Any) -> Any:
    """Say something to the control surface of the simulated Letzshop."""
    data = json.dumps(asked).encode()
    request = Request(f"{url}/letzshop/_control{path}", data, {"Content-Type": "application/json"})  # noqa: S310 (loopback)
    with urlopen(request) as answer:  # noqa: S310 (our own address, as above)
        return json.loads(answer.read() or b"null")


@contextmanager
def worker(settings: Settings, *, core: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, on one core alone if it is named."""
    environment = os.environ | {
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": KEY,
        "VAR_DIR": str(settings.var_dir),
        "LOG_LEVEL": "WARNING",
        "SIMULATOR_URL": settings.simulator_url,
        "SIMULATOR_RATE_FACTOR": str(settings.simulator_rate_factor),
    }
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    process = subprocess.Popen([*pinned, sys.executable, "-m", "orion.main", "worker"], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


async def open_stores(settings: Settings, count: int) -> list[int]:
    """So many stores with a connection to the simulated Letzshop each; the ids of the connections."""
    database = Database(settings.database_url, handlers=HANDLERS)
    made = []
    async with database.transaction() as session:
        owner = User(username="owner", email="owner@example.com", password_hash="!", role="user")  # noqa: S106 (none)
        session.add(owner)
        await session.flush()
        for number in range(count):
            store = await merchants.create_store(session, owner, code=f"S{number}", name=f"Store {number}")
            connection = Connection(
                store_id=store.id, channel="letzshop", name="Main", environment="simulator", settings={}, state="ok"
            )
            session.add(connection)
            await session.flush()
            place = place_of("connections", "credentials", connection.id)
            connection.credentials = seal(settings, json.dumps({"api_key": API_KEY}), bound_to=place)
            await session.flush()
            event = ConnectionChanged(
                store_id=store.id,
                connection_id=connection.id,
                channel="letzshop",
                change="created",
                details={},
                actor_id=owner.id,
            )
            await publish(session, event)
            made.append(connection.id)
    await database.dispose()
    return made
