"""The migrations make exactly the tables that the models describe, and can be taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from orion.main.migrate import MIGRATIONS
from orion.main.tables import metadata
from orion.plumbing.db import Database
from tests import databases

pytestmark = [
    pytest.mark.integration,
    # SQLite cannot reflect an index on lower(...); PostgreSQL's run compares those.
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index"),
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index"),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fresh.db'}"
    url: str = request.getfixturevalue("fresh_postgresql_url")
    return url


@pytest.fixture
def fresh_postgresql_url(worker_id: str) -> Iterator[str]:
    with databases.postgresql(f"fresh_{worker_id}") as url:
        yield url


@pytest.fixture
def config(fresh_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database_url"] = fresh_url
    return config


def tables(url: str) -> set[str]:
    engine = sa.create_engine(Database(url).sync_url, poolclass=sa.NullPool)
    return set(sa.inspect(engine).get_table_names())


def test_migrations_go_up_down_and_up_and_match_the_models(config: Config, fresh_url: str) -> None:
    databases.migrate(fresh_url)
    command.check(config)
    assert tables(fresh_url) >= set(metadata.tables)

    command.downgrade(config, "base")
    assert tables(fresh_url) & set(metadata.tables) == set()

    command.upgrade(config, "head")
    command.check(config)
    assert tables(fresh_url) >= set(metadata.tables)


def test_a_model_without_its_migration_is_found(config: Config, fresh_url: str) -> None:
    databases.migrate(fresh_url)
    extra = sa.Table("not_migrated", metadata, sa.Column("id", sa.Integer, primary_key=True))
    try:
        with pytest.raises(CommandError, match="not_migrated"):
            command.check(config)
    finally:
        metadata.remove(extra)
