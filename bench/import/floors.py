"""What the import is compared with: the same, already normalised rows put into the same tables in plainer ways."""

import io
import sqlite3
import time
from contextlib import closing
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from orion.catalog.models import MarketplaceProduct, MarketplaceProductTranslation, Product
from orion.feeds.models import FeedRow
from orion.main.tables import metadata
from orion.plumbing.db import Database
from orion.plumbing.db.engine import prepare_sqlite

TABLES = ("marketplace_products", "marketplace_product_translations", "products", "feed_rows")
MODELS = (MarketplaceProduct, MarketplaceProductTranslation, Product, FeedRow)


class CopyFloor:
    """PostgreSQL: COPY of the rows that an import has written, into the same tables, indexes and constraints on."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.data: dict[str, bytes] = {}
        with psycopg.connect(url) as connection:
            for table in TABLES:
                buffer = io.BytesIO()
                with connection.cursor().copy(f"COPY {table} TO STDOUT (FORMAT csv)") as copy:
                    for part in copy:
                        buffer.write(part)
                self.data[table] = buffer.getvalue()

    def run(self) -> float:
        """Seconds for all rows; the tables are emptied first and left full."""
        with psycopg.connect(self.url) as connection:
            connection.execute(f"TRUNCATE {', '.join(reversed(TABLES))} CASCADE")
            connection.commit()
            connection.execute("SET synchronous_commit TO OFF")
            started = time.perf_counter()
            for table in TABLES:
                view = memoryview(self.data[table])
                with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy:
                    for at in range(0, len(view), 1 << 20):
                        copy.write(view[at : at + (1 << 20)])
            connection.commit()
            return time.perf_counter() - started


class UpsertFloor:
    """SQLite: `executemany` of one upsert per table, in one transaction, of the rows that an import has written."""

    def __init__(self, url: str) -> None:
        self.engine = _sync_engine(url)
        with self.engine.connect() as connection:
            self.rows = {
                name: [tuple(row) for row in connection.exec_driver_sql(f"SELECT {_names(name)} FROM {name}")]
                for name in TABLES
            }

    def run(self) -> float:
        """Seconds for all rows; the tables are emptied first and left full."""
        _empty(self.engine)
        started = time.perf_counter()
        with self.engine.begin() as connection:
            for table in TABLES:
                connection.exec_driver_sql(_upsert(table), self.rows[table])
        return time.perf_counter() - started


def _upsert(table: str) -> str:
    columns = [column.name for column in _written(metadata.tables[table])]
    keys = {
        "marketplace_products": "marketplace, marketplace_product_id",
        "marketplace_product_translations": "marketplace_product_id, language",
        "products": "store_id, marketplace_product_id",
        "feed_rows": "feed_id, marketplace_product_id",
    }[table]
    sets = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys.split(", ") and name != "id")
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT ({keys}) DO UPDATE SET {sets}"


def row_by_row(url: str, sample: int) -> float:
    """Rows per second of an ORM import that looks each row up and adds or changes it; commits every 1,000 rows."""
    engine = _sync_engine(url)
    with Session(engine) as session:
        loaded = [_values(model, session, sample) for model in MODELS]
        session.rollback()
        _empty(engine)
        started = time.perf_counter()
        for number, (product, text, listing, said) in enumerate(zip(*loaded, strict=True), 1):
            key = {k: product[k] for k in ("marketplace", "marketplace_product_id")}
            if session.scalar(sa.select(MarketplaceProduct).filter_by(**key)) is None:
                session.add(MarketplaceProduct(**product))
                session.flush()
                session.add_all([MarketplaceProductTranslation(**text), Product(**listing), FeedRow(**said)])
            if number % 1000 == 0:
                session.commit()
                session.expunge_all()
        session.commit()
        seconds = time.perf_counter() - started
    engine.dispose()
    return sample / seconds


def _empty(engine: sa.Engine) -> None:
    """Delete all rows without looking at them one by one."""
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(engine.url.database or "")) as connection:  # minds no foreign keys
            for table in TABLES:
                connection.execute(f"DELETE FROM {table}")
            connection.commit()
        return
    with engine.begin() as connection:
        connection.execute(sa.text(f"TRUNCATE {', '.join(TABLES)} CASCADE"))


def _values(model: Any, session: Session, sample: int) -> list[dict[str, Any]]:
    table = model.__table__
    order = table.c.id if model is MarketplaceProduct else table.c.marketplace_product_id
    return [dict(row) for row in session.execute(sa.select(*_written(table)).order_by(order).limit(sample)).mappings()]


def _written(table: Any) -> list[Any]:
    """The columns that somebody writes: the others are computed by the database."""
    return [column for column in table.columns if column.computed is None]


def _names(table: str) -> str:
    return ", ".join(column.name for column in _written(metadata.tables[table]))


def _sync_engine(url: str) -> sa.Engine:
    database = Database(url)
    engine = sa.create_engine(database.sync_url)
    if database.is_sqlite:
        prepare_sqlite(engine)
    return engine
