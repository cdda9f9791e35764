"""Commands that run Orion: serve, worker, migrate, openapi."""

import json
import os
import socket
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.console import Console
from rich.markup import escape

from orion.main import process
from orion.main.listen import listen_together
from orion.main.migrate import migrate
from orion.main.simulating import choose_simulator_port, point_at_simulators
from orion.plumbing.observability import counting_together

log = structlog.get_logger(__name__)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (serve, worker, migrate_command, openapi):
        name = "migrate" if command is migrate_command else None
        app.command(name)(command)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every one.")] = "localhost",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Start no worker; run `orion worker` apart.")] = False,
    processes: Annotated[
        int,
        typer.Option(help="Processes that answer requests, on one port: as many as there are cores.", min=1, max=64),
    ] = 1,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Run simulated marketplaces too, with a few orders a minute.")
    ] = False,
    fd: Annotated[list[int] | None, typer.Option(hidden=True)] = None,
    parent_pid: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve the portals and the API, with a worker beside them.

    Ctrl-C stops them all.

    Example: `orion serve`

    For a server: `orion serve --host 0.0.0.0 --port 80 --no-worker --processes 4`
    """
    if processes > 1 and not hasattr(socket, "SO_REUSEPORT"):
        raise typer.BadParameter("one process is all that this system allows on a port", param_hint="--processes")
    sockets, *others = [[socket.socket(fileno=one) for one in fd]] if fd else listen_together(host, port, processes)
    simulator_port = choose_simulator_port() if simulate else 0
    if simulate:
        point_at_simulators(simulator_port)
    shown = "localhost" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104 (a comparison)
    address = f"http://{shown}:{sockets[0].getsockname()[1]}"
    settings = process.load_settings()
    if "public_url" not in settings.model_fields_set:
        os.environ["PUBLIC_URL"] = address  # links and consent pages lead back here, also those that the worker makes
        settings = process.load_settings()
    from orion.main.children import Child  # noqa: PLC0415 (other commands need no web server)
    from orion.main.serve import GRACE_SECONDS  # noqa: PLC0415
    from orion.main.serve import serve as run_server  # noqa: PLC0415

    children = []
    for other in others:
        fds = [one.fileno() for one in other]
        words = ["--no-worker", *(f"--fd={one}" for one in fds)]
        children.append(Child("serve", *words, patience=GRACE_SECONDS + 2, fds=fds))
    if simulate:
        words = ["--port", str(simulator_port), "--orders", "5", "--orders-per-minute", "2"]
        children.append(Child("simulate", *words, patience=3))
    if not no_worker:
        children.append(Child("worker", patience=settings.worker_drain_seconds + 3))

    def announce() -> None:
        if fd:
            return
        Console(stderr=True, highlight=False).print(f"Orion is at [bold]{escape(address)}[/] · Ctrl-C stops it")
        if others and not settings.redis_url:
            log.warning("each process counts rate limits for itself; set REDIS_URL to have them count together")

    with counting_together() if others else nullcontext():
        process.run(run_server(settings, sockets, children=children, parent_pid=parent_pid, announce=announce))


def worker(parent_pid: Annotated[int | None, typer.Option(hidden=True)] = None) -> None:
    """Run background jobs: imports and everything else that takes time.

    `orion serve` brings a worker of its own. On PostgreSQL, start as many more as you like, on any machine: they
    share the work, and take over when one dies. A SQLite file has one worker.

    Example: `DATABASE_URL=postgresql://orion@db/orion orion worker`
    """
    settings = process.load_settings()
    from orion.main.worker import work  # noqa: PLC0415 (other commands need no jobs)

    process.run(work(settings, parent_pid))


def migrate_command() -> None:
    """Create the database's tables, or bring them up to date.

    Safe to repeat; `orion serve` and `orion worker` refuse to start before.

    Example: `orion migrate`
    """
    settings = process.load_settings()
    migrate(settings.effective_database_url)
    Console(stderr=True, highlight=False).print("The database is up to date.")


def openapi(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write to instead of the screen.")
    ] = None,
) -> None:
    """Print the description of the API (OpenAPI, JSON).

    Example: `orion openapi --output openapi.json`
    """
    settings = process.load_settings()
    from orion.main.app import create_app  # noqa: PLC0415 (other commands need no web application)
    from orion.main.wiring import HANDLERS  # noqa: PLC0415
    from orion.plumbing.db import Database  # noqa: PLC0415
    from orion.plumbing.runtime import Runtime  # noqa: PLC0415

    app = create_app(Runtime(settings, Database(settings.effective_database_url, handlers=HANDLERS)))
    text = json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"cannot write {output}: {error.strerror}", param_hint="--output") from None
