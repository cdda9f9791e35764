"""The command that fills a development database with something to look at."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity, merchants
from orion.kernel import Forbidden, NotFound
from orion.main import process
from orion.main.demo_feed import write_demo_feed
from orion.main.migrate import migrate
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
) -> None:
    """Prepare a development database: tables, a demo store, two log-ins and a feed to import.

    Safe to repeat: what is there stays. Refused in production, because the passwords are known to everybody.

    Example: `orion demo`
    """
    settings = process.load_settings()
    if settings.environment != "development":
        raise Forbidden("demo_in_production", "`orion demo` makes log-ins with known passwords: development only.")
    migrate(settings.effective_database_url)
    process.run(_fill(settings))
    feed = settings.var_dir / "demo-feed.csv"
    rows = write_demo_feed(feed)
    Console(highlight=False).print(_banner(url.rstrip("/"), feed, rows))


async def _fill(settings: Settings) -> None:
    async with process.running(settings) as runtime, runtime.database.transaction() as session:
        admin = await _user(session, *ADMIN, admin=True)
        merchant = await _user(session, *MERCHANT, admin=False)
        try:
            await merchants.open_store(session, admin, STORE)
        except NotFound:
            store = await merchants.create_store(session, merchant, code=STORE, name="Demo Store")
            await merchants.verify_store(session, identity.as_admin(admin), store.id, verified=True)


async def _user(session: AsyncSession, username: str, email: str, password: str, *, admin: bool) -> identity.User:
    found = await identity.find_user(session, username)
    if found is not None:
        return found
    create = identity.create_admin if admin else identity.register
    return await create(session, username=username, email=email, password=password)


def _banner(url: str, feed: Path, rows: int) -> Panel:
    path = escape(str(feed))
    lines = (
        f"[bold]Portal[/]    {url}/login",
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
