"""Reads of imports: a store's own, those of every store of a user, and the platform's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import merchants
from orion.feeds.errors import import_not_found, invalid
from orion.feeds.models import SEVERITIES, STATUSES, ImportIssue, ImportJob
from orion.identity import Admin, User
from orion.kernel import NotFound, Page, page_offset, parse_language, parse_marketplace
from orion.merchants import Member, Store, StoreAccess


@dataclass(frozen=True, slots=True)
class ImportJobView:
    """An import with what people call its store and the user who asked for it (None: that user is gone)."""

    job: ImportJob
    store_code: str
    store_name: str
    created_by: str | None


@dataclass(frozen=True, slots=True)
class ImportStatistics:
    """How many imports there are on the platform, in all and by status."""

    total: int
    pending: int
    processing: int
    completed: int
    completed_with_errors: int
    failed: int
    cancelled: int


async def get_import(session: AsyncSession, access: StoreAccess, job_id: int) -> ImportJob:
    """An import of the store. Raises NotFound (`import_not_found`), also when it belongs to another store."""
    job = await session.scalar(
        sa.select(ImportJob).where(ImportJob.id == job_id, ImportJob.store_id == access.store.id)
    )
    if job is None:
        raise import_not_found(job_id)
    return job


async def list_imports(
    session: AsyncSession,
    access: StoreAccess,
    *,
    status: str | None = None,
    marketplace: str | None = None,
    language: str | None = None,
    page: int = 1,
    limit: int = 10,
) -> Page[ImportJob]:
    """The store's imports, newest first. Raises Invalid for an unknown filter value or an impossible page."""
    conditions = [
        ImportJob.store_id == access.store.id,
        *_conditions(status=status, marketplace=marketplace, language=language),
    ]
    return await _page(session, sa.select(ImportJob).where(*conditions).order_by(ImportJob.id.desc()), page, limit)


async def list_issues(
    session: AsyncSession,
    access: StoreAccess,
    job_id: int,
    *,
    severity: str | None = None,
    page: int = 1,
    limit: int = 50,
) -> Page[ImportIssue]:
    """What went wrong in an import of the store, in the order of the feed's rows; `severity`: error or warning.

    Raises NotFound (`import_not_found`) and Invalid (`unknown_severity`, `invalid_page`).
    """
    await get_import(session, access, job_id)
    conditions = _issue_conditions(job_id, severity)
    query = sa.select(ImportIssue).where(*conditions).order_by(ImportIssue.row_number, ImportIssue.id)
    return await _page(session, query, page, limit)


async def next_issues(
    session: AsyncSession,
    access: StoreAccess,
    job_id: int,
    *,
    severity: str | None = None,
    after: ImportIssue | None = None,
    limit: int = 1000,
) -> Sequence[ImportIssue]:
    """The next `limit` issues behind `after`: for reading all of them in small steps. Raises as `list_issues` does."""
    await get_import(session, access, job_id)
    conditions = _issue_conditions(job_id, severity)
    place = sa.tuple_(ImportIssue.row_number, ImportIssue.id)
    if after is not None:
        conditions.append(place > sa.tuple_(sa.literal(after.row_number), sa.literal(after.id)))
    query = sa.select(ImportIssue).where(*conditions).order_by(ImportIssue.row_number, ImportIssue.id)
    return (await session.scalars(query.limit(limit))).all()


async def get_visible_import(session: AsyncSession, user: User, job_id: int) -> ImportJobView:
    """An import of a store that the user may enter. Raises NotFound (`import_not_found`), also for other stores'."""
    row = (await session.execute(_views().where(ImportJob.id == job_id))).one_or_none()
    if row is None:
        raise import_not_found(job_id)
    view = ImportJobView(*row)
    try:
        await merchants.open_store(session, user, view.store_code)
    except NotFound:
        raise import_not_found(job_id) from None
    return view


async def imports_of(
    session: AsyncSession,
    user: User,
    *,
    store_code: str | None = None,
    status: str | None = None,
    marketplace: str | None = None,
    page: int = 1,
    limit: int = 10,
) -> Page[ImportJobView]:
    """The imports of every active store that the user is a member of, newest first. Raises as `list_imports` does."""
    conditions = _conditions(status=status, marketplace=marketplace)
    conditions.append(Store.is_active.is_(True))
    conditions.append(sa.exists().where(Member.merchant_id == Store.merchant_id, Member.user_id == user.id))
    if store_code is not None:
        conditions.append(Store.code == store_code.strip().upper())
    return await _view_page(session, conditions, page, limit)


async def all_imports(
    session: AsyncSession,
    admin: Admin,
    *,
    store_id: int | None = None,
    status: str | None = None,
    marketplace: str | None = None,
    created_by: int | None = None,
    page: int = 1,
    limit: int = 10,
) -> Page[ImportJobView]:
    """The platform's imports, newest first; `created_by` is the id of a user. Raises Invalid as `list_imports` does."""
    del admin  # the proof is having one
    conditions = _conditions(status=status, marketplace=marketplace)
    if store_id is not None:
        conditions.append(ImportJob.store_id == store_id)
    if created_by is not None:
        conditions.append(ImportJob.user_id == created_by)
    return await _view_page(session, conditions, page, limit)


async def get_any_import(session: AsyncSession, admin: Admin, job_id: int) -> ImportJobView:
    """An import of any store. Raises NotFound (`import_not_found`)."""
    del admin  # the proof is having one
    row = (await session.execute(_views().where(ImportJob.id == job_id))).one_or_none()
    if row is None:
        raise import_not_found(job_id)
    return ImportJobView(*row)


async def import_statistics(session: AsyncSession, admin: Admin) -> ImportStatistics:
    """The number of imports on the platform, in all and by status."""
    del admin  # the proof is having one
    rows = await session.execute(sa.select(ImportJob.status, sa.func.count()).group_by(ImportJob.status))
    counts = dict.fromkeys(STATUSES, 0) | {status: count for status, count in rows}  # noqa: C416 (dict() cannot see that rows are pairs)
    return ImportStatistics(total=sum(counts.values()), **counts)


def _views() -> sa.Select[ImportJob, str, str, str | None]:
    return (
        sa.select(ImportJob, Store.code, Store.name, User.username)
        .join(Store, Store.id == ImportJob.store_id)
        .outerjoin(User, User.id == ImportJob.user_id)
    )


def _conditions(
    *, status: str | None = None, marketplace: str | None = None, language: str | None = None
) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if status is not None:
        conditions.append(ImportJob.status == _one_of("status", status, STATUSES))
    if marketplace is not None:
        conditions.append(ImportJob.marketplace == parse_marketplace(marketplace))
    if language is not None:
        conditions.append(ImportJob.language == parse_language(language))
    return conditions


def _issue_conditions(job_id: int, severity: str | None) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [ImportIssue.import_job_id == job_id]
    if severity is not None:
        conditions.append(ImportIssue.severity == _one_of("severity", severity, SEVERITIES))
    return conditions


def _one_of(field: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise invalid(field, f"unknown_{field}", f"{value!r} is not one of {', '.join(known)}")
    return value


async def _page(session: AsyncSession, query: sa.Select[Any], page: int, limit: int) -> Page[Any]:
    offset = page_offset(page, limit)
    total = await session.scalar(query.with_only_columns(sa.func.count()).order_by(None))
    items = (await session.scalars(query.limit(limit).offset(offset))).all()
    return Page(items, total or 0, page, limit)


async def _view_page(
    session: AsyncSession, conditions: list[sa.ColumnElement[bool]], page: int, limit: int
) -> Page[ImportJobView]:
    offset = page_offset(page, limit)
    total = await session.scalar(
        sa.select(sa.func.count()).select_from(ImportJob).join(Store, Store.id == ImportJob.store_id).where(*conditions)
    )
    rows = await session.execute(_views().where(*conditions).order_by(ImportJob.id.desc()).limit(limit).offset(offset))
    return Page([ImportJobView(*row) for row in rows], total or 0, page, limit)
