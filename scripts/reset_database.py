"""Make the database of DATABASE_URL anew, empty and migrated. Asks first, and refuses in production.

`--yes` answers the question, for scripts.
"""

import sys
from pathlib import Path

import sqlalchemy as sa

from orion.main.migrate import migrate
from orion.plumbing.db import Database
from orion.plumbing.settings import Settings


def main() -> None:
    """Drop everything, our tables and the job queue, then migrate."""
    settings = Settings()
    database = Database(settings.effective_database_url)
    name = database.url.render_as_string(hide_password=True)
    if settings.environment == "production":
        sys.exit("ENVIRONMENT is production: this would delete live data, so it is refused.")
    if "--yes" not in sys.argv and input(f"Delete everything in {name}? Type yes: ") != "yes":
        sys.exit("Nothing was changed.")
    drop(database)
    migrate(settings.effective_database_url)
    print(f"{name} is new and empty.")


def drop(database: Database) -> None:
    """Remove the SQLite file with its companions, or the schemas that Orion uses in PostgreSQL."""
    if database.is_sqlite:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{database.url.database}{suffix}").unlink(missing_ok=True)
        return
    engine = sa.create_engine(database.sync_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text("SET lock_timeout = '10s'"))
        connection.execute(sa.text("DROP SCHEMA IF EXISTS dbos CASCADE"))
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))


if __name__ == "__main__":
    main()
