"""The test databases look after themselves: what a crashed run left behind goes, what is in use stays."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests import databases


@pytest.fixture(scope="module")
def admin() -> Iterator[sa.Connection]:
    engine = sa.create_engine(databases.server(), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def exists(admin: sa.Connection, name: str) -> bool:
    return admin.scalar(sa.text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": name}) == 1


@pytest.mark.integration
def test_a_database_is_gone_at_the_end(admin: sa.Connection) -> None:
    with databases.postgresql("passing") as url:
        name = url.rsplit("/", 1)[-1].partition("?")[0]
        assert exists(admin, name)
    assert not exists(admin, name)


@pytest.mark.integration
def test_what_a_crashed_run_left_is_dropped_and_what_is_in_use_is_not(
    admin: sa.Connection, dead_pid: int, worker_id: str
) -> None:
    left, used = f"orion_test_left_{worker_id}_{dead_pid}", f"orion_test_used_{worker_id}_{dead_pid}"
    user = sa.create_engine(databases.server().set(database=used), poolclass=sa.NullPool)
    # With the lock, nobody else sweeps between the making and the using.
    admin.execute(sa.text(f"SELECT pg_advisory_lock({databases.LOCK})"))
    for name in (left, used):
        admin.execute(sa.text(f'CREATE DATABASE "{name}"'))
    try:
        with user.connect():
            admin.execute(sa.text(f"SELECT pg_advisory_unlock({databases.LOCK})"))
            with databases.postgresql(f"sweeping_{worker_id}"):
                assert not exists(admin, left)
                assert exists(admin, used)
    finally:
        admin.execute(sa.text(f'DROP DATABASE IF EXISTS "{used}" WITH (FORCE)'))
