"""Where jobs are kept: the engine's tables, in our own database, and how we reach them."""

import weakref
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer
from sqlalchemy import event

from orion.plumbing.db import Database
from orion.plumbing.db.engine import add_missing_functions

APPLICATION = "orion"
VERSION = "1"
"""Constant on purpose: the engine gives a job only to workers of the version that enqueued it, so a version that
follows the code would strand the queue at every deployment."""

SERIALIZER = DBOSPortableJSONSerializer()

_CLIENTS: weakref.WeakKeyDictionary[Database, DBOSClient] = weakref.WeakKeyDictionary()


def job_client(database: Database) -> DBOSClient:
    """The engine's client for a database, made on first use. It keeps no connection open."""
    client = _CLIENTS.get(database)
    if client is None:
        client = _CLIENTS[database] = DBOSClient(
            system_database_engine=job_engine(database, poolclass=sa.NullPool),
            serializer=SERIALIZER,
            application_name=APPLICATION,
            lazy=True,
            retry_connection_errors=False,
        )
    return client


def job_engine(database: Database, **options: Any) -> sa.Engine:
    """A blocking engine on the same database, prepared as the job engine needs it."""
    if not database.is_sqlite:
        settings = {"application_name": "orion-jobs", "options": "-c timezone=UTC"}
        return sa.create_engine(database.sync_url, connect_args=settings, **options)
    engine = sa.create_engine(database.sync_url, **options)

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        # Unlike our own engines: most of what the job engine does in a transaction only reads, so the write lock is
        # taken at the first write.
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=WAL", "busy_timeout=30000", "foreign_keys=ON", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
        add_missing_functions(connection)

    return engine


def workflow_status(database: Database) -> sa.TableClause:
    """The engine's table of jobs, for counting."""
    names = ("workflow_uuid", "status", "queue_name", "executor_id", "created_at", "delay_until_epoch_ms")
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in names]
    return sa.table("workflow_status", *columns, schema=None if database.is_sqlite else "dbos")


def prepare_job_tables(database_url: str) -> None:
    """Create or update the engine's own tables. Raises what the driver raises when the database does not answer."""
    DBOS.migrate(Database(database_url).url.render_as_string(hide_password=False))
