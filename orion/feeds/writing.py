"""Writing one batch of an import: products, what the feed said of them, issues, counters and checkpoint, at once.

What each row changed is noted in the same transaction. A dry run notes what it would change and writes no products.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import orjson
import polars as pl
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from orion import catalog
from orion.feeds.issues import MAX_RAW, Issue, family, warning
from orion.feeds.models import ImportJob
from orion.feeds.normalising import Normaliser
from orion.feeds.reading import Batch
from orion.feeds.state import TakenOver, Task
from orion.feeds.watching import Cancelled
from orion.plumbing.db import bulk, utcnow

FORGOTTEN = 0
"""The hash of no record: the product is the feed's, and its record is looked at anew in the next import."""

_SHOWN_VALUE = 1000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch ready to be written: its rows (`record` is the index of a batch's record), all issues in row order."""

    rows: pl.DataFrame
    issues: list[Issue]
    batch: Batch


def prepare(batch: Batch, normaliser: Normaliser) -> Prepared:
    """Normalise a batch. Pure work, no database: it may run while the batch before is written."""
    done = normaliser(batch.records)
    issues = batch.issues + done.issues + normaliser(batch.reported).issues
    issues.sort(key=lambda issue: issue.row)
    warned = {issue.row for issue in done.issues if issue.severity == "warning"}
    hashes = [batch.records[index].hash | (batch.records[index].row in warned) for index in done.frame["record"]]
    row_hash = pl.Series(np.array(hashes, np.uint64).view(np.int64), dtype=pl.Int64)
    return Prepared(done.frame.hstack([row_hash.alias("row_hash")]), issues, batch)


async def write(
    connection: AsyncConnection, task: Task, normaliser: Normaliser, work: Prepared, *, offset: int
) -> None:
    """Write the batch that begins at `offset` and move the checkpoint behind it, in one transaction.

    Raises TakenOver when the checkpoint is not at `offset` any more, Cancelled when somebody asked to stop, and
    sqlalchemy.exc.DBAPIError when another import creates the same products just now; nothing is written then.
    """
    async with connection.begin():
        query = sa.select(ImportJob.next_offset, ImportJob.status, ImportJob.cancel_requested)
        state = (await connection.execute(query.where(ImportJob.id == task.id).with_for_update())).one_or_none()
        if state is None or state.status != "processing" or state.next_offset != offset:
            raise TakenOver
        if state.cancel_requested:
            raise Cancelled
        imported = unchanged = 0
        issues = work.issues
        if work.rows.height:
            taken = await catalog.take_in(
                connection,
                work.rows,
                normaliser.catalogue_columns,
                store_id=task.store_id,
                marketplace=task.marketplace,
                language=task.language,
                dry_run=task.is_dry_run,
            )
            imported = int(taken.is_new.sum())
            unchanged = int((taken.kinds == "unchanged").sum())
            if not task.is_dry_run:
                await _remember(connection, task, work.rows, taken)
            await _note_changes(connection, task, work, taken)
            if taken.is_shared.any():
                issues = sorted([*issues, *_shared(work, normaliser, taken)], key=lambda issue: issue.row)
        if work.batch.known:
            await _note_known(connection, task, work.batch.known)
        if issues:
            await bulk.insert_rows(connection, "marketplace_import_errors", _issue_rows(task, normaliser, issues))
            await bulk.insert_rows(connection, "import_issue_rows", _kept_rows(task, issues))
        errors = sum(issue.severity == "error" for issue in issues)
        batch = work.batch
        counts = {
            "imported_count": imported,
            "updated_count": work.rows.height - imported - unchanged,
            "unchanged_count": batch.unchanged + unchanged,
            "skipped_count": batch.skipped,
            "error_count": errors,
            "warning_count": len(issues) - errors,
            "processed_count": work.rows.height + batch.unchanged + batch.skipped + errors,
        }
        changes: dict[str, object] = {name: getattr(ImportJob, name) + count for name, count in counts.items()}
        changes |= {"next_offset": batch.end_offset, "next_row": batch.next_row, "starts": 0, "updated_at": utcnow()}
        await connection.execute(sa.update(ImportJob).where(ImportJob.id == task.id).values(changes))


async def _remember(connection: AsyncConnection, task: Task, rows: pl.DataFrame, taken: catalog.TakenIn) -> None:
    row_hash = rows["row_hash"]
    if taken.is_settled.any():
        row_hash = pl.select(
            pl.when(taken.is_settled).then(FORGOTTEN).otherwise(row_hash).alias("row_hash")
        ).to_series()
    said = pl.DataFrame(
        [
            bulk.constant("feed_id", task.feed_id, rows.height),
            taken.product_ids.alias("marketplace_product_id"),
            row_hash,
        ]
    )
    if taken.is_new.any():
        new = said if taken.is_new.all() else said.filter(taken.is_new)
        await bulk.insert_rows(connection, "feed_rows", new)
    if not taken.is_new.all():
        keys = ("feed_id", "marketplace_product_id")
        await bulk.upsert_rows(connection, "feed_rows", keys, said.filter(~taken.is_new), update=("row_hash",))


async def _note_changes(connection: AsyncConnection, task: Task, work: Prepared, taken: catalog.TakenIn) -> None:
    numbers = pl.Series("row_number", [work.batch.records[index].row for index in work.rows["record"]], dtype=pl.Int64)
    noted = pl.DataFrame(
        [
            bulk.constant("import_job_id", task.id, work.rows.height),
            numbers,
            taken.kinds.alias("kind"),
            taken.product_ids.alias("product_id"),
            work.rows["marketplace_product_id"].alias("identifier"),
            bulk.constant("language", task.language, work.rows.height),
            taken.changes.alias("changes"),
            taken.fingerprints.alias("fingerprint"),
        ]
    )
    unchanged = taken.kinds == "unchanged"
    if unchanged.any() and not task.is_dry_run:
        noted = noted.filter(~unchanged)
    if noted.height:
        await bulk.insert_rows(connection, "import_changes", noted)


async def _note_known(connection: AsyncConnection, task: Task, known: Sequence[tuple[int, str]]) -> None:
    noted = pl.DataFrame(known, schema={"row_number": pl.Int64, "identifier": pl.String}, orient="row")
    facts = (("import_job_id", task.id), ("kind", "unchanged"), ("language", task.language))
    noted = noted.hstack([bulk.constant(name, value, noted.height) for name, value in facts])
    await bulk.insert_rows(connection, "import_changes", noted)


def _shared(work: Prepared, normaliser: Normaliser, taken: catalog.TakenIn) -> list[Issue]:
    message = (
        "Another store's feed describes this product already. It was added to your store with your own price, "
        "availability, condition and texts; the shared record was left as it is."
    )
    rows = work.rows.filter(taken.is_shared).select("record", "marketplace_product_id").rows()
    column, records = normaliser.header_of("id"), work.batch.records
    return [
        warning(
            records[index].row,
            "shared_product",
            message,
            records[index].raw,
            identifier,
            column=column,
            value=identifier,
        )
        for index, identifier in rows
    ]


def _issue_rows(task: Task, normaliser: Normaliser, issues: Sequence[Issue]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "import_job_id": [task.id] * len(issues),
            "row_number": [issue.row for issue in issues],
            "severity": [issue.severity for issue in issues],
            "error_type": [family(issue.type) for issue in issues],
            "code": [issue.type for issue in issues],
            "identifier": [issue.identifier for issue in issues],
            "error_message": [issue.message for issue in issues],
            "row_data": [orjson.dumps(normaliser.row_data(issue.raw[:MAX_RAW])).decode() for issue in issues],
            "column_name": [_storable(issue.column) for issue in issues],
            "value": [_storable(issue.value) for issue in issues],
        },
        schema_overrides={"identifier": pl.String, "column_name": pl.String, "value": pl.String},
    )


def _kept_rows(task: Task, issues: Sequence[Issue]) -> pl.DataFrame:
    rows = {issue.row: issue for issue in issues}
    failed = {issue.row for issue in issues if issue.severity == "error"}
    return pl.DataFrame(
        {
            "import_job_id": [task.id] * len(rows),
            "row_number": list(rows),
            "is_failed": [row in failed for row in rows],
            "is_cut": [issue.is_cut for issue in rows.values()],
            "record": [storable_text(issue.raw) for issue in rows.values()],
        }
    )


def storable_text(raw: bytes) -> str:
    """A record as a database can hold it: what is not UTF-8, and NUL, became U+FFFD."""
    return raw.decode("utf-8", "replace").replace("\0", "\ufffd")


def _storable(text: str | None) -> str | None:
    return None if text is None else text[:_SHOWN_VALUE].replace("\0", "\ufffd")
