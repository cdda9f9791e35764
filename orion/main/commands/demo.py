"""The command that fills a development database with something to look at."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from sqlalchemy.ext.asyncio import AsyncSession

from orion import catalog, identity, merchants
from orion.kernel import Forbidden, NotFound
from orion.main import process
from orion.main.commands.imports import Wish, import_feed
from orion.main.demo_channels import connect_demo
from orion.main.demo_feed import write_demo_feed
from orion.main.migrate import migrate
from orion.main.simulating import SIMULATOR_URL
from orion.plumbing.settings import Settings

ADMIN = ("admin", "admin@example.com", "admin123")
MERCHANT = ("demo", "demo@example.com", "demo12345")
STORE = "DEMO"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    url: Annotated[
        str, typer.Option(help="Where `orion serve` will be, for the links shown.")
    ] = "http://localhost:8000",
    channels: Annotated[
        bool, typer.Option("--channels", help="Import the feed too, and connect the store to the simulators.")
    ] = False,
) -> None:
    """Prepare a development database: tables, a demo store, two log-ins and a feed to import.

    Safe to repeat: what is there stays. Refused in production, because the passwords are known to everybody.

    Example: `orion demo`

    To see orders arrive: `orion demo --channels`, and then `orion serve --simulate`
    """
    settings = process.load_settings()
    if settings.environment != "development":
        raise Forbidden("demo_in_production", "`orion demo` makes log-ins with known passwords: development only.")
    migrate(settings.effective_database_url)
    feed = settings.var_dir / "demo-feed.csv"
    rows = write_demo_feed(feed)
    console = Console(highlight=False)
    process.run(_fill(settings, feed if channels else None, console))
    console.print(_banner(url.rstrip("/"), feed, rows, channels=channels))


async def _fill(settings: Settings, feed: Path | None, console: Console) -> None:
    """Log-ins and a store; with `feed` also what is in it, and connections to the simulators."""
    async with process.running(settings) as runtime:
        async with runtime.database.transaction() as session:
            admin = await _user(session, *ADMIN, admin=True)
            merchant = await _user(session, *MERCHANT, admin=False)
            try:
                access = await merchants.open_store(session, admin, STORE)
            except NotFound:
                store = await merchants.create_store(session, merchant, code=STORE, name="Demo Store")
                await merchants.verify_store(session, identity.as_admin(admin), store.id, verified=True)
                access = await merchants.open_store(session, admin, STORE)
            known = await catalog.list_products(session, access, limit=1) if feed else None
        if feed is None:
            return
        if known is not None and not known.items:
            wish = Wish(str(feed), STORE, language="en", marketplace="Letzshop", batch_size=1000)
            await import_feed(runtime, wish, console)
        reachable = settings.model_copy(update={"simulator_url": settings.simulator_url or SIMULATOR_URL})
        async with runtime.database.transaction() as session:
            access = await merchants.open_store(session, admin, STORE)
            await connect_demo(session, access, reachable)


async def _user(session: AsyncSession, username: str, email: str, password: str, *, admin: bool) -> identity.User:
    found = await identity.find_user(session, username)
    if found is not None:
        return found
    create = identity.create_admin if admin else identity.register
    return await create(session, username=username, email=email, password=password)


def _banner(url: str, feed: Path, rows: int, *, channels: bool) -> Panel:
    path = escape(str(feed))
    orders = (f"[bold]Orders[/]    {url}/store/{STORE}/orders   (from simulated marketplaces)",) if channels else ()
    lines = (
        f"[bold]Portal[/]    {url}/login",
        *orders,
        f"[bold]Import[/]    {url}/store/{STORE}/marketplace",
        f"[bold]API[/]       {url}/docs",
        "",
        f"[bold]Merchant[/]  {MERCHANT[0]} / {MERCHANT[2]}",
        f"[bold]Admin[/]     {ADMIN[0]} / {ADMIN[2]}   (development only)",
        "",
        f"A feed to import ({rows} rows, some with mistakes): {path}",
        f"In the portal, or: orion import {path} --store {STORE}",
    )
    return Panel("\n".join(lines), title="Orion", title_align="left", expand=False, padding=(1, 2))
