"""Bring a database up to date."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from orion.plumbing.db import Database
from orion.plumbing.jobs import prepare_job_tables

_PACKAGED = Path(__file__).parents[1] / "migrations"
MIGRATIONS = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[2] / "migrations"
"""Inside the package when it was installed from a wheel, beside it in a source tree."""


def migrate(database_url: str, revision: str = "head") -> None:
    """Run the migrations up to `revision` on the database at `database_url`, and prepare the job queue's tables.

    Raises what Alembic and the driver raise.
    """
    config = _config()
    config.attributes["database_url"] = database_url
    command.upgrade(config, revision)
    prepare_job_tables(database_url)


async def is_migrated(database: Database) -> bool:
    """Whether the database has had every migration. Raises what the driver raises when it does not answer."""

    def revisions(connection: sa.Connection) -> tuple[str, ...]:
        return MigrationContext.configure(connection).get_current_heads()

    async with database.engine.connect() as connection:
        present = await connection.run_sync(revisions)
    return set(present) == set(ScriptDirectory.from_config(_config()).get_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
