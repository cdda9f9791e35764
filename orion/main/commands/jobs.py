"""Commands for background jobs: list, show, requeue."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orion.main import process
from orion.plumbing import jobs
from orion.plumbing.jobs import JobView

app = typer.Typer(no_args_is_help=True, help="Look at background jobs, and let failed ones run again.")

_COLOURS = {"failed": "red", "running": "cyan", "done": "green", "retried": "yellow", "delayed": "yellow"}


@app.command("list")
def list_command(
    status: Annotated[str | None, typer.Option(help=f"Only these: {', '.join(jobs.STATUSES)}.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 50,
) -> None:
    """List the newest jobs.

    Example: `orion jobs list --status failed`
    """
    settings = process.load_settings()

    async def main() -> list[JobView]:
        async with process.running(settings) as runtime:
            return await jobs.list_jobs(runtime.database, status=status, limit=limit)

    found = process.run(main())
    if not found:
        typer.echo(f"No jobs are {status}." if status else "There are no jobs.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("Job", "What", "Status", "Attempt", "Created", "Error"):
        table.add_column(name, overflow="fold")
    for job in found:
        what = f"{job.name}({', '.join(map(repr, job.args))})"
        table.add_row(
            escape(job.id), escape(what), _coloured(job.status), str(job.attempt), _time(job.created_at), _brief(job)
        )
    Console().print(table)


@app.command()
def show(
    job_id: Annotated[str, typer.Argument(metavar="JOB", help="The job's id, as `orion jobs list` shows it.")],
) -> None:
    """Show everything about one job.

    Example: `orion jobs show import-17`
    """
    settings = process.load_settings()

    async def main() -> JobView:
        async with process.running(settings) as runtime:
            return await jobs.job_details(runtime.database, job_id)

    job = process.run(main())
    rows = {
        "Job": job.id,
        "What": f"{job.name}({', '.join(map(repr, job.args))})",
        "Status": job.status,
        "Queue": job.queue,
        "Attempt": str(job.attempt),
        "Started": f"{job.starts} times" if job.starts != 1 else "once",
        "Worker": job.worker,
        "Created": _time(job.created_at),
        "Not before": _time(job.not_before),
        "Last start": _time(job.started_at),
        "Finished": _time(job.finished_at),
        "Next attempt": job.retried_as,
        "Error": job.error,
    }
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in rows.items():
        if value:
            table.add_row(name, escape(value))
    Console().print(table)


@app.command()
def requeue(job_id: Annotated[str, typer.Argument(metavar="JOB", help="The id of a failed job.")]) -> None:
    """Let a failed job run once more, when what made it fail has been mended.

    Example: `orion jobs requeue import-17`
    """
    settings = process.load_settings()

    async def main() -> JobView:
        async with process.running(settings) as runtime:
            return await jobs.requeue_job(runtime.database, job_id)

    job = process.run(main())
    typer.echo(f"Job {job.id} is {job.status} again.")


def _coloured(status: str) -> str:
    colour = _COLOURS.get(status)
    return f"[{colour}]{status}[/]" if colour else status


def _time(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC") if moment else ""


def _brief(job: JobView) -> str:
    lines = (job.error or "").splitlines()
    return escape(lines[0][:120]) if lines else ""
