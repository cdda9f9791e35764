"""Bring a database up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from orion.plumbing.jobs import prepare_job_tables

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def migrate(database_url: str, revision: str = "head") -> None:
    """Run the migrations up to `revision` on the database at `database_url`, and prepare the job queue's tables.

    Raises what Alembic and the driver raise.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database_url"] = database_url
    command.upgrade(config, revision)
    prepare_job_tables(database_url)
