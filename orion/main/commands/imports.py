"""The command that imports a feed and stays to watch."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from orion import feeds, identity, merchants
from orion.kernel import Conflict, Invalid, NotFound
from orion.main import process
from orion.plumbing import jobs
from orion.plumbing.db import utcnow
from orion.plumbing.files import delete_upload, save_upload
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings

LOOK_SECONDS = 0.25
SHOWN_ISSUES = 10
_CHUNK = 1 << 20
_ENDED = ("completed", "completed_with_errors", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for."""

    source: str
    store: str
    language: str
    marketplace: str
    batch_size: int

    @property
    def is_url(self) -> bool:
        """Whether the source is an address, not a file."""
        return self.source.lower().startswith(("http://", "https://"))


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_command)


def import_command(
    source: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="A CSV or TSV file (gzip and zip too), or its address.")
    ],
    store: Annotated[str, typer.Option(help="Code of the store to import into.")],
    language: Annotated[str, typer.Option(help="Language of the feed's texts: en, fr or de.")] = "en",
    marketplace: Annotated[str, typer.Option(help="Marketplace that the products are from.")] = "Letzshop",
    batch_size: Annotated[int, typer.Option(help="Rows that are written at once: 100 to 5000.")] = 1000,
) -> None:
    """Import a product feed into a store, and watch it come in.

    A worker does the work when one is running; otherwise this command does. Interrupt it whenever you like: the next
    worker goes on where it stopped.

    Example: `orion import products.csv --store DEMO`

    Or: `orion import https://example.com/feed-fr.csv.gz --store DEMO --language fr`
    """
    settings = process.load_settings()
    finished = process.run(_import(settings, Wish(source, store, language, marketplace, batch_size)))
    if finished.status in ("failed", "cancelled"):
        raise typer.Exit(1)


async def _import(settings: Settings, wish: Wish) -> feeds.ImportJob:
    console = Console(highlight=False)
    async with process.running(settings) as runtime:
        finished = await import_feed(runtime, wish, console)
        await _summarise(runtime, finished, console)
        return finished


async def import_feed(runtime: Runtime, wish: Wish, console: Console) -> feeds.ImportJob:
    """Import a feed and show how it goes, by the worker that runs, else in this very process; the import's end.

    Raises what `feeds.start_import` raises.
    """
    import_id = await _start(runtime, wish)
    async with AsyncExitStack() as stack:
        if not await jobs.worker_is_alive(runtime.database, runtime.settings.worker_dead_after_seconds):
            await stack.enter_async_context(jobs.working(runtime))
        return await _follow(runtime, import_id, console)


async def _start(runtime: Runtime, wish: Wish) -> int:
    upload_key = None if wish.is_url else await _upload(wish.source, runtime.settings)
    try:
        async with runtime.database.transaction() as session:
            access = await merchants.open_store(session, await _first_admin(session), wish.store)
            job = await feeds.start_import(
                session,
                access,
                source_url=wish.source if wish.is_url else None,
                upload_key=upload_key,
                filename=None if wish.is_url else Path(wish.source).name,
                marketplace=wish.marketplace,
                language=wish.language,
                batch_size=wish.batch_size,
            )
            return job.id
    except BaseException:
        if upload_key is not None:
            await delete_upload(upload_key, runtime.settings)
        raise


async def _upload(source: str, settings: Settings) -> str:
    try:
        file = await asyncio.to_thread(open, source, "rb")
    except OSError as error:
        raise Invalid("file_unreadable", f"Cannot read {source!r}: {error.strerror}.") from error

    async def chunks() -> AsyncIterator[bytes]:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk

    with file:
        name = Path(source).name
        return await save_upload(chunks(), name=name, settings=settings, max_bytes=settings.feed_max_bytes)


async def _first_admin(session: Any) -> identity.User:
    """The administrator that the command line acts as: whoever may run it may read the whole database anyway."""
    admins = sa.select(identity.User).where(identity.User.role == "admin", identity.User.is_active)
    admin: identity.User | None = await session.scalar(admins.order_by(identity.User.id).limit(1))
    if admin is None:
        raise Conflict("no_admin", "There is no administrator yet to act as. Run `orion create-admin` first.")
    return admin


async def _follow(runtime: Runtime, import_id: int, console: Console) -> feeds.ImportJob:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("waiting", total=None, pace="")
        while True:
            async with runtime.database.reading() as session:
                job = await session.get(feeds.ImportJob, import_id)
            if job is None:
                raise NotFound("import_gone", f"Import {import_id} has been deleted.")
            total = job.processed_count if job.status in _ENDED else job.total_count
            bar.update(task, description=job.phase, completed=job.processed_count, total=total, pace=_pace(job))
            if job.status in _ENDED:
                return job
            await asyncio.sleep(LOOK_SECONDS)


def _pace(job: feeds.ImportJob) -> str:
    progress = feeds.progress(job, utcnow())
    if progress.rows_per_second is None:
        return ""
    pace = f"{progress.rows_per_second:,.0f} rows/s"
    if progress.remaining_seconds is not None:
        minutes, seconds = divmod(round(progress.remaining_seconds), 60)
        pace += f" · {minutes}:{seconds:02} left"
    return pace


async def _summarise(runtime: Runtime, job: feeds.ImportJob, console: Console) -> None:
    heading = {"completed": "green", "completed_with_errors": "yellow", "failed": "red", "cancelled": "yellow"}
    console.print(f"Import {job.id}: [bold {heading[job.status]}]{job.status.replace('_', ' ')}[/]")
    if job.failure_message:
        console.print(escape(job.failure_message))
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    for name in ("imported", "updated", "unchanged", "skipped", "error", "warning"):
        table.add_row(f"{name}s" if name in ("error", "warning") else name, f"{getattr(job, f'{name}_count'):,}")
    progress = feeds.progress(job, utcnow())
    table.add_row("rows", f"{job.processed_count:,}")
    if progress.elapsed_seconds is not None:
        table.add_row("seconds", f"{progress.elapsed_seconds:,.1f}")
    console.print(table)
    await _show_issues(runtime, job, console)


async def _show_issues(runtime: Runtime, job: feeds.ImportJob, console: Console) -> None:
    async with runtime.database.reading() as session:
        access = await merchants.open_store_as_admin(
            session, identity.as_admin(await _first_admin(session)), job.store_id
        )
        issues = await feeds.list_issues(session, access, job.id, page=1, limit=SHOWN_ISSUES)
    if not issues.items:
        return
    table = Table(title=f"First {len(issues.items)} of {issues.total:,} rows with problems", title_justify="left")
    table.add_column("Row", justify="right")
    for name in ("Severity", "Identifier", "What is wrong"):
        table.add_column(name, overflow="fold")
    for issue in issues.items:
        table.add_row(
            str(issue.row_number), issue.severity, escape(issue.identifier or ""), escape(issue.error_message)
        )
    console.print(table)
