"""How Alembic reaches the database: one connection, locks that give up instead of queueing behind live traffic."""

from typing import Any

import sqlalchemy as sa
from alembic import context

from orion.main.tables import metadata
from orion.plumbing.db import Database, UtcDateTime

config = context.config
database = Database(config.attributes.get("database_url") or config.attributes["settings"].effective_database_url)


def include_name(name: str | None, type_: str, parent_names: Any) -> bool:
    """Leave alone what the models do not describe: the job queue's tables (on SQLite beside ours), and search."""
    if type_ == "index" and name is not None and name.startswith("search_"):
        return False
    return type_ != "table" or name in metadata.tables


def render_item(type_: str, item: Any, autogen_context: Any) -> str | bool:
    """Write our types into migrations as what they are in the database."""
    if type_ == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    engine = sa.create_engine(database.sync_url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SET lock_timeout = '10s'"))
            connection.execute(sa.text("SET statement_timeout = '15min'"))
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            include_name=include_name,
            render_item=render_item,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
