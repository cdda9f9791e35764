"""The rows of an import that failed, as they stood in the feed: as a file to mend, and to be run again."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.feeds.grammar import Grammar
from orion.feeds.issues import HOW_TO_MEND, MAX_KEPT
from orion.feeds.mending import FINDINGS, safe_text
from orion.feeds.models import ImportIssue, ImportJob, IssueRow
from orion.kernel import Conflict, NotFound
from orion.plumbing.db import Database

if TYPE_CHECKING:
    from orion.feeds.stock.models import StockImport

Wanted = Literal["error", "warning", "all"]
"""Which rows: those that were not imported, those that were and had warnings, or both."""

_STEP = 500


def failed_rows_header(job: ImportJob) -> list[str]:
    """The first row of the file: the feed's columns, in its order, and the findings.

    Raises NotFound (`failed_rows_not_kept`) when the import's rows are not remembered (any more).
    """
    return [*map(safe_text, _headers(job)), *FINDINGS]


async def failed_row_steps(
    database: Database, job: ImportJob, wanted: Wanted = "error"
) -> AsyncIterator[list[list[str]]]:
    """The rows of the file, step by step, each step in a transaction of its own."""
    after: int | None = 0
    while after is not None:
        async with database.reading() as session:
            cells, after = await _failed_rows_after(session, job, wanted=wanted, after=after)
        if cells:
            yield cells


async def _failed_rows_after(
    session: AsyncSession, job: ImportJob, *, wanted: Wanted, after: int, limit: int = _STEP
) -> tuple[list[list[str]], int | None]:
    """The next rows of the file behind row `after` of the feed, and the number of the last of them (None: the end)."""
    query = sa.select(IssueRow).where(IssueRow.import_job_id == job.id, IssueRow.row_number > after)
    if wanted != "all":
        query = query.where(IssueRow.is_failed.is_(wanted == "error"))
    rows = (await session.scalars(query.order_by(IssueRow.row_number).limit(limit))).all()
    if not rows:
        return [], None
    issues = await session.scalars(
        sa.select(ImportIssue)
        .where(
            ImportIssue.import_job_id == job.id,
            ImportIssue.row_number.between(rows[0].row_number, rows[-1].row_number),
        )
        .order_by(ImportIssue.row_number, ImportIssue.id)
    )
    by_row: dict[int, list[ImportIssue]] = {}
    for issue in issues:
        by_row.setdefault(issue.row_number, []).append(issue)
    headers, grammar = _headers(job), _grammar(job)
    cells = [_cells(row, by_row.get(row.row_number, []), headers, grammar) for row in rows]
    return cells, rows[-1].row_number


async def write_again(database: Database, import_id: int, target: Path) -> None:
    """Write the rows that failed as a feed with the header they had; those that are not kept whole are left out."""
    async with database.reading() as session:
        job = await session.get_one(ImportJob, import_id)
    with target.open("wb") as file:
        file.write(f"{job.header}\n".encode())
        async for rows in _records(database, import_id):
            file.write(b"".join(f"{record}\n".encode() for record in rows))


async def count_failed_rows(session: AsyncSession, import_id: int) -> tuple[int, int]:
    """How many failed rows of the import are kept whole, and how many only in part."""
    query = sa.select(IssueRow.is_cut, sa.func.count()).where(
        IssueRow.import_job_id == import_id, IssueRow.is_failed.is_(True)
    )
    counts = {is_cut: count for is_cut, count in await session.execute(query.group_by(IssueRow.is_cut))}  # noqa: C416 (dict() cannot see that rows are pairs)
    return counts.get(False, 0), counts.get(True, 0)


def require_kept(job: "ImportJob | StockImport") -> None:
    """Raises Conflict (`import_changes_expired`) when what the import noted is not kept any more."""
    if job.changes_purged:
        message = f"What import {job.id} changed, and its rows, are not kept any more (IMPORT_CHANGES_KEEP_DAYS)."
        raise Conflict("import_changes_expired", message)


async def _records(database: Database, import_id: int) -> AsyncIterator[Sequence[str]]:
    last = 0
    query = sa.select(IssueRow.row_number, IssueRow.record).where(
        IssueRow.import_job_id == import_id, IssueRow.is_failed.is_(True), IssueRow.is_cut.is_(False)
    )
    while True:
        async with database.reading() as session:
            step = query.where(IssueRow.row_number > last).order_by(IssueRow.row_number).limit(_STEP)
            rows = (await session.execute(step)).all()
        if not rows:
            return
        last = rows[-1][0]
        yield [record for _, record in rows]


def _cells(row: IssueRow, issues: Sequence[ImportIssue], headers: Sequence[str], grammar: Grammar) -> list[str]:
    issues = [issue for issue in issues if issue.severity == "error"] or issues
    fields, note = grammar.values(row.record.rstrip("\r\n").encode()), ""
    if row.is_cut:  # half a row would be imported as if it were whole
        fields = []
        note = f"The row is longer than {MAX_KEPT:,} bytes and is not kept: copy it from the feed."
    surplus = _line(fields[len(headers) :], grammar.delimiter.decode())
    own = [*fields[: len(headers)], *[""] * (len(headers) - len(fields))]
    codes = [issue.code for issue in issues]
    findings = [
        str(row.row_number),
        _joined(codes),
        _joined(issue.column_name or "" for issue in issues),
        _joined(issue.value or "" for issue in issues),
        _joined([issue.error_message for issue in issues] + ([note] if note else [])),
        _joined(HOW_TO_MEND.get(code, "") for code in codes),
    ]
    return [safe_text(cell) for cell in (*own, surplus, *findings)]


def _joined(texts: Iterable[str]) -> str:
    return "\n".join(texts)


def _line(fields: Sequence[str], delimiter: str) -> str:
    """Fields as one text, as a feed would write them."""
    if not fields:
        return ""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="").writerow(fields)
    return buffer.getvalue()


def _headers(job: ImportJob) -> list[str]:
    if job.header is None or job.changes_purged:
        raise NotFound("failed_rows_not_kept", f"The rows of import {job.id} are not kept (any more).")
    return Grammar(str(job.details["delimiter"]), 1).values(job.header.encode())


def _grammar(job: ImportJob) -> Grammar:
    return Grammar(str(job.details["delimiter"]), len(_headers(job)))
