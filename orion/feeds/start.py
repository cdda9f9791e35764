"""Start an import."""

from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from orion.feeds.errors import invalid
from orion.feeds.events import ImportRequested
from orion.feeds.models import ACTIVE_STATUSES, ON_MISSING, Feed, ImportJob, ImportUndo
from orion.kernel import Conflict, FieldError, NotFound, parse_language, parse_marketplace
from orion.merchants import Store, StoreAccess
from orion.plumbing.events import publish
from orion.plumbing.jobs import enqueue

MIN_BATCH_SIZE = 100
MAX_BATCH_SIZE = 5000
MAX_URL_LENGTH = 2048


async def start_import(
    session: AsyncSession,
    access: StoreAccess,
    *,
    source_url: str | None = None,
    upload_key: str | None = None,
    filename: str | None = None,
    marketplace: str = "Letzshop",
    language: str = "en",
    batch_size: int = 1000,
    on_missing: str = "keep",
    dry_run: bool = False,
    retry_of: int | None = None,
) -> ImportJob:
    """Ask for an import of the feed at `source_url`, or of the uploaded file `upload_key`, into the store.

    Returns the pending import; its job is queued in the same transaction. `filename` is what people see of an upload;
    `on_missing` is what happens to products that the feed no longer has: keep, unpublish or out_of_stock. A dry run
    finds out what the import would do, and does nothing of it. `retry_of` is the import of the same feed whose failed
    rows the source holds, mended: the rows that it does not have are not gone.
    Needs staff (Forbidden otherwise). Raises Invalid naming the field (`unknown_marketplace`, `unknown_language`,
    `invalid_batch_size` outside 100 to 5000 rows, `unknown_on_missing`, `one_source_needed`, `invalid_source_url`,
    `other_feed`), NotFound (`import_not_found`: the one to retry), and Conflict: `store_inactive`, `undo_running`, or
    `import_already_running` while the same feed (store, marketplace and language) is still being imported.
    """
    access.require("staff")
    return await begin_import(
        session,
        access.store,
        access.user.id,
        source_url=source_url,
        upload_key=upload_key,
        filename=filename,
        marketplace=marketplace,
        language=language,
        batch_size=batch_size,
        on_missing=on_missing,
        dry_run=dry_run,
        retry_of=retry_of,
    )


async def begin_import(
    session: AsyncSession,
    store: Store,
    user_id: int | None,
    *,
    source_url: str | None = None,
    upload_key: str | None = None,
    filename: str | None = None,
    marketplace: str = "Letzshop",
    language: str = "en",
    batch_size: int = 1000,
    on_missing: str = "keep",
    dry_run: bool = False,
    retry_of: int | None = None,
) -> ImportJob:
    """The same, for a caller that has judged already whether it may be done; `user_id` None is the system itself."""
    marketplace = parse_marketplace(marketplace)
    language = parse_language(language)
    check_batch_size(batch_size)
    check_on_missing(on_missing)
    if (source_url is None) == (upload_key is None):
        raise invalid("source_url", "one_source_needed", "Name one source: the address of a feed, or an uploaded file.")
    if source_url is not None:
        source_url = parse_feed_url(source_url)
    if retry_of is not None:
        await _check_retry(session, store, retry_of, marketplace, language)
    return await queue_import(
        session,
        store,
        user_id,
        source_url=source_url,
        upload_key=upload_key,
        filename=filename,
        marketplace=marketplace,
        language=language,
        batch_size=batch_size,
        on_missing=on_missing,
        mode="dry_run" if dry_run else "full" if retry_of is None else "partial",
        retry_of=retry_of,
    )


async def queue_import(
    session: AsyncSession, store: Store, user_id: int | None, *, marketplace: str, language: str, **job_values: Any
) -> ImportJob:
    """Add an import of a store's feed with these values and queue its job.

    Raises Conflict: `store_inactive`, `import_already_running`, `undo_running`.
    """
    if not store.is_active:
        raise Conflict("store_inactive", f"The store {store.code} is not active: it cannot import.")
    feed_id = await lock_feed(session, store.id, marketplace, language)
    await require_idle(session, feed_id, f"{marketplace}, {language}")
    job = ImportJob(
        store_id=store.id,
        feed_id=feed_id,
        user_id=user_id,
        marketplace=marketplace,
        language=language,
        **job_values,
    )
    session.add(job)
    await session.flush()  # the job is queued under its number
    await enqueue(session, "run_import", job.id, id=f"import-{job.id}")
    await publish(session, ImportRequested(import_id=job.id, store_id=store.id, user_id=user_id))
    return job


async def require_idle(session: AsyncSession, feed_id: int, name: str) -> None:
    """Raises Conflict while something works on the feed: `import_already_running`, `undo_running`."""
    running = await session.scalar(
        sa.select(ImportJob.id).where(ImportJob.feed_id == feed_id, ImportJob.status.in_(ACTIVE_STATUSES))
    )
    if running is not None:
        raise Conflict(
            "import_already_running",
            f"Import {running} of this feed ({name}) is still running: wait for it or cancel it.",
        )
    undone = await session.scalar(
        sa.select(ImportUndo.import_job_id)
        .join(ImportJob, ImportJob.id == ImportUndo.import_job_id)
        .where(ImportJob.feed_id == feed_id, ImportUndo.status.in_(ACTIVE_STATUSES))
    )
    if undone is not None:
        raise Conflict("undo_running", f"Import {undone} of this feed ({name}) is just being undone: wait for it.")


async def _check_retry(session: AsyncSession, store: Store, retry_of: int, marketplace: str, language: str) -> None:
    job = await session.get(ImportJob, retry_of)
    if job is None or job.store_id != store.id:
        message = f"There is no import {retry_of}."
        raise NotFound("import_not_found", message, errors=[FieldError("retry_of", message)])
    if (job.marketplace, job.language) != (marketplace, language):
        message = f"Import {job.id} was one of another feed ({job.marketplace}, {job.language})."
        raise invalid("retry_of", "other_feed", message)


def parse_feed_url(text: str, field: str = "source_url") -> str:
    """The address of a feed as it is stored. Raises Invalid (`invalid_source_url`) when no feed can be fetched there.

    Only its shape is judged here; whether the host may be reached is found out when it is. A user name or password
    in the address is refused: everyone who may see the import would see it.
    """
    url = text.strip()
    problem = _url_problem(url)
    if problem:
        raise invalid(field, "invalid_source_url", problem)
    return url


def _url_problem(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        nowhere = not parts.hostname or parts.port == 0
    except ValueError:
        return "This is not an address: write it like https://example.com/products.csv."
    problems = {
        f"The address is longer than {MAX_URL_LENGTH} characters.": len(url) > MAX_URL_LENGTH,
        "The address contains a space or an invisible character: write a space as %20.": any(
            character.isspace() or not character.isprintable() for character in url
        ),
        "The address must start with http:// or https://.": parts.scheme not in ("http", "https"),
        "The address names no host: write it like https://example.com/products.csv.": nowhere,
        "Leave the user name and password out of the address: everyone who sees the import would see them.": (
            "@" in parts.netloc
        ),
    }
    return next((problem for problem, found in problems.items() if found), None)


def check_on_missing(on_missing: str) -> None:
    """Raises Invalid (`unknown_on_missing`)."""
    if on_missing not in ON_MISSING:
        raise invalid("on_missing", "unknown_on_missing", f"{on_missing!r} is not one of {', '.join(ON_MISSING)}")


def check_batch_size(batch_size: int) -> None:
    """Raises Invalid (`invalid_batch_size`)."""
    if not MIN_BATCH_SIZE <= batch_size <= MAX_BATCH_SIZE:
        raise invalid(
            "batch_size",
            "invalid_batch_size",
            f"batch_size must be from {MIN_BATCH_SIZE} to {MAX_BATCH_SIZE} rows; it is {batch_size}.",
        )


async def lock_feed(session: AsyncSession, store_id: int, marketplace: str, language: str) -> int:
    """The id of the store's feed, made if it is new, locked until the transaction ends.

    The lock lets two starts at the same moment see each other; it does not stand in the way of an importer's batches.
    """
    key = {"store_id": store_id, "marketplace": marketplace, "language": language}
    find = sa.select(Feed.id).filter_by(**key).with_for_update(key_share=True)
    feed_id = await session.scalar(find)
    if feed_id is not None:
        return feed_id
    feed = Feed(**key)
    try:
        async with session.begin_nested():
            session.add(feed)
    except IntegrityError:  # someone made it a moment ago
        return (await session.scalars(find)).one()
    return feed.id
