"""Imports in any state for tests."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.feeds import Feed, ImportIssue, ImportJob
from orion.merchants import StoreAccess


async def make_import(session: AsyncSession, access: StoreAccess, **columns: Any) -> ImportJob:
    """An import that `access.user` asked for, completed unless `columns` say otherwise."""
    values: dict[str, Any] = {
        "status": "completed",
        "phase": "finished",
        "marketplace": "Letzshop",
        "language": "en",
        "source_url": "https://example.com/products.csv",
        "user_id": access.user.id,
    } | columns
    feed = await _feed(session, access.store.id, values["marketplace"], values["language"])
    job = ImportJob(store_id=access.store.id, feed_id=feed.id, **values)
    session.add(job)
    await session.flush()
    return job


async def make_issue(session: AsyncSession, job: ImportJob, row_number: int, **columns: Any) -> ImportIssue:
    """A row that went wrong: an error about its price unless `columns` say otherwise."""
    values: dict[str, Any] = {
        "severity": "error",
        "error_type": "validation_error",
        "code": "unreadable_price",
        "identifier": f"SKU-{row_number}",
        "error_message": "The price 'abc' is not a number: write it like 29.90 EUR.",
        "row_data": {"id": f"SKU-{row_number}", "price": "abc"},
    } | columns
    issue = ImportIssue(import_job_id=job.id, row_number=row_number, **values)
    session.add(issue)
    await session.flush()
    return issue


async def _feed(session: AsyncSession, store_id: int, marketplace: str, language: str) -> Feed:
    found = await session.scalar(
        sa.select(Feed).filter_by(store_id=store_id, marketplace=marketplace, language=language)
    )
    if found is None:
        found = Feed(store_id=store_id, marketplace=marketplace, language=language)
        session.add(found)
        await session.flush()
    return found
