"""The command that runs fake marketplaces, to try Orion with."""

import ipaddress
from contextlib import suppress
from typing import Annotated

import typer
from rich.console import Console

from orion.main import process
from orion.main.children import orphaned
from orion.main.demo_feed import demo_products
from orion.main.listen import listen


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulate)


def simulate(
    host: Annotated[str, typer.Option(help="Address to listen on; this machine's own only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8900,
    orders: Annotated[int, typer.Option(help="Orders that each marketplace has at the start.", min=0, max=100_000)] = 0,
    orders_per_minute: Annotated[
        float, typer.Option(help="New orders a minute at each marketplace; 0 for none.", min=0, max=6000)
    ] = 0,
    seed: Annotated[int | None, typer.Option(help="A number that makes the orders the same each time.")] = None,
    no_limits: Annotated[bool, typer.Option("--no-limits", help="Nobody is ever too quick.")] = False,
    parent_pid: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run fake marketplaces on this machine: their protocols over HTTP, with orders over the demo feed's products.

    Set SIMULATOR_URL for `orion serve`, and stores can connect to them. All they hold is gone when they stop.

    Example: `orion simulate --orders-per-minute 6`
    """
    if not _is_own(host):
        raise typer.BadParameter(
            "the simulators listen on this machine only: 127.0.0.1, ::1 or localhost", param_hint="--host"
        )
    sockets = listen(host, port, command="orion simulate")
    from orion.simulators.kit import Article  # noqa: PLC0415 (other commands need no web server)
    from orion.simulators.serve import make_app, make_simulators, serve  # noqa: PLC0415

    catalogue = [Article(*product) for product in demo_products()]
    simulators = make_simulators(limited=not no_limits, seed=seed, catalogue=catalogue)
    for simulator in simulators.values():
        with suppress(ValueError):  # not every channel has orders
            simulator.place_orders(orders)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{sockets[0].getsockname()[1]}"
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    console.print(f"Simulators of {', '.join(simulators)} are at {url} · Ctrl-C stops them")
    console.print(f"To connect stores to them: SIMULATOR_URL={url} orion serve")
    until = orphaned(parent_pid) if parent_pid is not None else None
    process.run(serve(make_app(simulators, orders_per_minute=orders_per_minute), sockets, until=until))


def _is_own(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
