"""Running a stock import from its file to its last row. It may die at any moment and be run again."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from orion import inventory
from orion.feeds.prepare import Prepared, prepare
from orion.feeds.stock import state
from orion.feeds.stock.models import StockImport, StockImportChange, StockImportError
from orion.feeds.stock.reading import MAX_CELL, BadCell, Columns, open_rows, read_columns, read_row
from orion.feeds.stock.trying import item_key, try_rows
from orion.feeds.watching import Cancelled, watched
from orion.inventory import RowEffect, StockRow
from orion.kernel import OrionError
from orion.plumbing import files
from orion.plumbing.db import utcnow
from orion.plumbing.http import fetch_to_file
from orion.plumbing.jobs import RetryLater
from orion.plumbing.runtime import Runtime

ROWS_AT_ONCE = 500
SHOWN_UNCHANGED = 1000
"""A dry run names so many of the rows that say nothing new."""
MAX_DOWNLOADS = 5
_COLLISIONS = 5
_ERROR = "Something went wrong on our side. What was set is kept; send the file again to set the rest."


@dataclass(frozen=True, slots=True)
class _Record:
    """A row of the file by its number in a spreadsheet (the first is row 1), and what it says or why it cannot."""

    number: int
    cells: list[str]
    row: StockRow | BadCell


async def run(runtime: Runtime, import_id: int) -> None:
    """Run or resume the import; it ends completed, failed or cancelled, or raises for another try later.

    Raises RetryLater while a download may still succeed, and DBAPIError when the database is away.
    """
    spool = runtime.settings.var_dir / "spool" / f"stock-{import_id}"
    try:
        job = await _claim(runtime, import_id)
        if job is None:
            await state.forget_file(runtime, import_id)
            return
        await asyncio.to_thread(shutil.rmtree, spool, ignore_errors=True)
        await asyncio.to_thread(spool.mkdir, parents=True)
        await _take(runtime, job, await _obtain(runtime, job, spool))
    except Cancelled:
        await state.stop(runtime, import_id, "cancelled")
    except (RetryLater, DBAPIError):
        raise
    except OrionError as problem:
        await state.stop(runtime, import_id, "failed", problem.code, problem.detail)
    except Exception:
        await state.stop(runtime, import_id, "failed", "stock_import_stopped", _ERROR)
        raise
    finally:
        await asyncio.to_thread(shutil.rmtree, spool, ignore_errors=True)


async def _claim(runtime: Runtime, import_id: int) -> StockImport | None:
    async with runtime.database.transaction() as session:
        job = await state.held(session, import_id)
        if job is not None:
            if job.cancel_requested:
                raise Cancelled
            job.status, job.started_at = "processing", job.started_at or utcnow()
        return job


async def _obtain(runtime: Runtime, job: StockImport, spool: Path) -> Prepared:
    """The file on this machine's disk. One from an address is kept first: a second run must read the same rows."""
    raw, settings = spool / "raw", runtime.settings
    try:
        if job.upload_key is None:
            fetching = fetch_to_file(
                job.source_url or "",
                raw,
                settings=settings,
                max_bytes=settings.feed_max_bytes,
                timeout_seconds=settings.feed_timeout_seconds,
            )
            await watched(fetching, database=runtime.database, job=StockImport, import_id=job.id)
        else:
            await files.copy_to(job.upload_key, raw, settings)
        prepared = await asyncio.to_thread(prepare, raw, spool / "rows.csv", max_bytes=settings.feed_max_bytes)
    except OrionError as problem:
        await _try_later(runtime, job, problem)
        raise
    if job.upload_key is None:
        key = await files.save_upload(_pieces(raw), name=job.name, settings=settings, max_bytes=settings.feed_max_bytes)
        await state.note(runtime, job.id, upload_key=key)
    return prepared


async def _try_later(runtime: Runtime, job: StockImport, problem: OrionError) -> None:
    """Ask for another try when the problem may pass and there were not too many yet."""
    downloads = job.downloads + 1
    if job.upload_key is None and getattr(problem, "retryable", False) and downloads < MAX_DOWNLOADS:
        await state.note(runtime, job.id, downloads=downloads)
        raise RetryLater(problem.retry_after or 10.0 * 2 ** (downloads - 1), problem.code)


async def _take(runtime: Runtime, job: StockImport, prepared: Prepared) -> None:
    rows = enumerate(open_rows(prepared.path, prepared.delimiter, prepared.start_offset), start=1)
    header = await asyncio.to_thread(lambda: next((row for _, row in rows if any(cell.strip() for cell in row)), []))
    columns = read_columns(header)
    await state.note(runtime, job.id, header=[_storable(title) for title in columns.header])
    async with runtime.database.reading() as session:
        room = await inventory.stockroom_of(session, job.store_id, actor_id=job.user_id)
        places = await inventory.list_locations(session, room)
    default = next((place.code for place in places if place.is_default), None)
    records = _records(rows, columns, job.mode, default)
    await asyncio.to_thread(lambda: next(islice(records, job.position, job.position), None))  # done by an earlier run
    while batch := await asyncio.to_thread(lambda: list(islice(records, ROWS_AT_ONCE))):
        await _write_again(runtime, job.id, columns, batch)
    async with runtime.database.transaction() as session:
        held = await state.held(session, job.id)
        if held is not None:
            await state.end(session, held, "completed_with_errors" if held.failed else "completed")
    await state.forget_file(runtime, job.id)


def _records(
    rows: Iterator[tuple[int, list[str]]], columns: Columns, mode: str, default: str | None
) -> Iterator[_Record]:
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            yield _Record(number, cells, read_row(columns, cells, mode=mode, default_location=default))
        except BadCell as problem:
            yield _Record(number, cells, problem)


async def _write_again(runtime: Runtime, import_id: int, columns: Columns, batch: Sequence[_Record]) -> None:
    """Write a batch; when it and somebody else stood in each other's way, once more."""
    for attempt in range(1, _COLLISIONS + 1):
        try:
            await _write(runtime, import_id, columns, batch)
        except DBAPIError as error:
            if attempt == _COLLISIONS or getattr(error.orig, "sqlstate", None) not in ("40001", "40P01"):
                raise
        else:
            return


async def _write(runtime: Runtime, import_id: int, columns: Columns, batch: Sequence[_Record]) -> None:
    """Rows, counters and position in one transaction, so that no row is ever taken twice."""
    async with runtime.database.transaction() as session:
        job = await state.held(session, import_id)
        if job is None or job.cancel_requested:
            raise Cancelled
        room = await inventory.stockroom_of(session, job.store_id, actor_id=job.user_id)
        readable = [record.row for record in batch if isinstance(record.row, StockRow)]
        how = {"reason": job.reason, "reference": f"stock-import:{import_id}"}
        if job.dry_run:
            said = iter(await try_rows(session, room, import_id, readable, **how))
        else:
            said = iter(await inventory.apply_rows(session, room, readable, **how))
        errors: list[dict[str, Any]] = []
        changes: list[dict[str, Any]] = []
        shown = SHOWN_UNCHANGED - job.unchanged if job.dry_run else 0
        for record in batch:
            outcome = record.row if isinstance(record.row, BadCell) else next(said)
            if not isinstance(outcome, RowEffect):
                errors.append(_error(import_id, columns, record, outcome))
                continue
            kind = "unchanged" if outcome.after == outcome.before else "created" if outcome.is_new else "updated"
            job.created += kind == "created"
            job.changed += kind != "unchanged"
            job.unchanged += kind == "unchanged"
            shown -= kind == "unchanged"
            if kind != "unchanged" or shown >= 0:
                changes.append(_change(import_id, kind, record, outcome, tried=job.dry_run))
        for table, rows in ((StockImportError, errors), (StockImportChange, changes)):
            if rows:
                await session.execute(sa.insert(table), rows)
        job.failed += len(errors)
        job.position += len(batch)


def _error(import_id: int, columns: Columns, record: _Record, problem: BadCell | OrionError) -> dict[str, Any]:
    if isinstance(problem, BadCell):
        meaning, code, message = problem.meaning, problem.code, problem.message
    else:
        meaning = problem.errors[0].field if problem.errors else ""
        code, message = problem.code, problem.detail
    value = columns.cell(record.cells, meaning)
    return {
        "import_id": import_id,
        "row_number": record.number,
        "column": _storable(columns.title(meaning) or meaning)[:255] or None,
        "value": _storable(value)[:255] or None,
        "code": code,
        "message": message,
        "cells": [_storable(cell) for cell in record.cells[: len(columns.header)]],
    }


def _change(import_id: int, kind: str, record: _Record, effect: RowEffect, *, tried: bool) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "row_number": record.number,
        "kind": kind,
        "gtin": effect.item.gtin,
        "product_id": effect.item.product_id,
        "location": effect.location,
        "before": effect.before,
        "after": effect.after,
        "tried_key": item_key(effect.item.gtin, effect.item.product_id) if tried else None,
    }


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, 1 << 20):
            yield piece


def _storable(text: str) -> str:
    return text[:MAX_CELL].encode("utf-8", "replace").decode().replace("\0", "")
