"""Running whole imports in tests: the real verbs, the real file store, the real database."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import sqlalchemy as sa

from orion import catalog, feeds
from orion.feeds.models import FeedRow
from orion.feeds.run import run
from orion.merchants import StoreAccess
from orion.plumbing import files
from orion.plumbing.runtime import Runtime
from tests.factories.stores import make_store

HEADER = b"id,title,description,price,gtin,availability\n"
GOOD = b"A1,Lamp,Bright,29.90 EUR,4006381333931,in stock\n"


async def new_store(runtime: Runtime, code: str = "DEMO") -> StoreAccess:
    async with runtime.database.transaction() as session:
        return await make_store(session, code)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def start(runtime: Runtime, access: StoreAccess, data: bytes, **options: Any) -> feeds.ImportJob:
    """A pending import of an uploaded file."""
    key = await files.save_upload(_once(data), name="feed.csv", settings=runtime.settings, max_bytes=1 << 30)
    async with runtime.database.transaction() as session:
        return await feeds.start_import(session, access, upload_key=key, filename="feed.csv", **options)


async def import_bytes(runtime: Runtime, access: StoreAccess, data: bytes, **options: Any) -> feeds.ImportJob:
    """Import an uploaded file to its end."""
    return await finish(runtime, (await start(runtime, access, data, **options)).id)


async def import_url(runtime: Runtime, access: StoreAccess, url: str, **options: Any) -> feeds.ImportJob:
    """Import from an address to its end."""
    async with runtime.database.transaction() as session:
        job = await feeds.start_import(session, access, source_url=url, **options)
    return await finish(runtime, job.id)


async def finish(runtime: Runtime, job_id: int) -> feeds.ImportJob:
    await run(runtime, job_id)
    return await reload(runtime, job_id)


async def reload(runtime: Runtime, job_id: int) -> feeds.ImportJob:
    async with runtime.database.reading() as session:
        return await session.get_one(feeds.ImportJob, job_id)


def counters(job: feeds.ImportJob) -> dict[str, int]:
    """The counters that are not zero."""
    names = ("imported", "updated", "unchanged", "skipped", "error", "warning", "processed")
    values = {name: getattr(job, f"{name}_count") for name in names}
    return {name: value for name, value in values.items() if value}


async def issues(runtime: Runtime, job: feeds.ImportJob) -> list[tuple[int, str, str, str | None]]:
    """(row, severity, code, identifier) of every issue, in order."""
    async with runtime.database.reading() as session:
        table = feeds.ImportIssue
        query = sa.select(table.row_number, table.severity, table.code, table.identifier).where(
            table.import_job_id == job.id
        )
        return sorted(tuple(row) for row in (await session.execute(query)).all())  # type: ignore[type-var]  # one shape


async def snapshot(runtime: Runtime) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that an import leaves behind, without surrogate keys and clocks, in an order of its own."""
    product, text, listing = catalog.MarketplaceProduct, catalog.MarketplaceProductTranslation, catalog.Product
    job, issue = feeds.ImportJob, feeds.ImportIssue
    skipped = {"id", "created_at", "updated_at", "started_at", "completed_at", "details", "starts", "upload_key"}

    def columns(model: type, keep: Callable[[str], bool] = lambda _: True) -> list[Any]:
        table: sa.Table = model.__table__  # type: ignore[attr-defined]  # every model has one
        return [column for column in table.columns if column.name not in skipped and keep(column.name)]

    key = product.marketplace_product_id
    queries = {
        "products": sa.select(*columns(product)).order_by(key),
        "texts": sa.select(key, text.language, text.title, text.description)
        .join(product, product.id == text.marketplace_product_id)
        .order_by(key, text.language),
        "links": sa.select(key, listing.store_id, listing.price_minor, listing.is_active)
        .join(product, product.id == listing.marketplace_product_id)
        .order_by(key, listing.store_id),
        "said": sa.select(key, FeedRow.feed_id, FeedRow.row_hash)
        .join(product, product.id == FeedRow.marketplace_product_id)
        .order_by(key, FeedRow.feed_id),
        "jobs": sa.select(*columns(job)).order_by(job.id),
        "issues": sa.select(*columns(issue)).order_by(issue.import_job_id, issue.row_number, issue.code),
    }
    async with runtime.database.reading() as session:
        return {name: [tuple(row) for row in (await session.execute(query)).all()] for name, query in queries.items()}
