"""A database with many products: some imported from a feed, and copies of these."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg

from bench.feeds import Options, feed_blocks
from orion import feeds, identity, merchants
from orion.feeds.run import run
from orion.main.migrate import migrate
from orion.main.wiring import HANDLERS
from orion.plumbing import files
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings

IMPORTED = 50_000
OVERRIDDEN = 10
"""Of every hundred listings so many have a price of their own."""


def fresh(url: str) -> None:
    """An empty, migrated database at `url`."""
    drop(url)
    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    migrate(url)


def drop(url: str) -> None:
    """Drop the database at `url`."""
    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def is_there(url: str) -> bool:
    """Whether there is a database at `url`."""
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


async def token(url: str, settings: Settings) -> str:
    """An access token of the store's owner."""
    database = Database(url, handlers=HANDLERS)
    async with database.transaction() as session:
        user = await identity.find_user(session, "bench")
        if user is None:
            raise SystemExit(f"{url} is no database of this bench")
        found = (await identity.issue_tokens(session, user, settings)).access_token
    await database.dispose()
    return found


async def fill(url: str, settings: Settings, rows: int) -> None:
    """`rows` products in one store."""
    count = min(IMPORTED, rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "feed.csv"
        with path.open("wb") as file:
            for block in feed_blocks(Options(rows=count)):
                file.write(block)
        database = Database(url, handlers=HANDLERS)
        try:
            await import_feed(database, settings, path)
        finally:
            await database.dispose()
    with psycopg.connect(url) as connection:
        multiply(connection, -(-rows // count))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


async def import_feed(database: Database, settings: Settings, path: Path) -> None:
    """A user with a store that has imported the feed."""
    async with database.transaction() as session:
        user = await identity.register(
            session,
            username="bench",
            email="bench@example.com",
            password="correct horse battery",  # noqa: S106 - a database that is thrown away
        )
        await merchants.create_store(session, user, code="BENCH", name="Bench")
    key = await files.save_upload(chunks(path), name="feed.csv", settings=settings, max_bytes=1 << 40)
    async with database.transaction() as session:
        access = await merchants.open_store(session, user, "BENCH", role="staff")
        job = await feeds.start_import(session, access, upload_key=key, filename="feed.csv", batch_size=5000)
    await run(Runtime(settings, database), job.id)


async def chunks(path: Path) -> AsyncIterator[bytes]:
    """The file, a megabyte at a time."""
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            yield part


def multiply(connection: psycopg.Connection, times: int) -> None:
    """Copy every product `times` - 1 times, and give some listings prices of their own."""
    connection.execute("SET session_replication_role = replica")  # no triggers: nothing here searches
    step = connection.execute("SELECT max(id) + 1 FROM marketplace_products").fetchone()[0]  # type: ignore[index]
    copies = f"CROSS JOIN generate_series(1, {times - 1}) AS n"
    for table, made in (
        (
            "marketplace_products",
            {"id": f"id + n * {step}", "marketplace_product_id": "marketplace_product_id || '-' || n"},
        ),
        ("marketplace_product_translations", {"marketplace_product_id": f"marketplace_product_id + n * {step}"}),
        (
            "products",
            {
                "id": f"id + n * {step}",
                "marketplace_product_id": f"marketplace_product_id + n * {step}",
                "price_minor": f"CASE WHEN id % 100 < {OVERRIDDEN} THEN 999 END",
                "currency": f"CASE WHEN id % 100 < {OVERRIDDEN} THEN 'EUR' END",
            },
        ),
    ):
        columns = [
            row[0]
            for row in connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'"
                " AND is_generated = 'NEVER' ORDER BY ordinal_position",
                (table,),
            )
        ]
        values = ", ".join(made.get(name, name) for name in columns)
        connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} {copies}")
    connection.commit()
