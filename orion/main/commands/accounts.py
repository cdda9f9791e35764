"""Commands for users: create-admin."""

from typing import Annotated

import typer
from rich.console import Console

from orion import identity
from orion.main import process


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(create_admin)


def create_admin(
    username: Annotated[str, typer.Option(help="Name to log in with.", prompt="User name")],
    email: Annotated[str, typer.Option(help="E-mail address; logs in too.", prompt="E-mail address")],
    password: Annotated[
        str,
        typer.Option(
            help="At least 8 characters. Leave it out to be asked: the command line is seen by others.",
            prompt="Password",
            hide_input=True,
            confirmation_prompt=True,
        ),
    ],
) -> None:
    """Create an administrator, who may do everything in every store.

    Example: `orion create-admin --username ada --email ada@example.com`
    """
    settings = process.load_settings()

    async def main() -> None:
        async with process.running(settings) as runtime, runtime.database.transaction() as session:
            await identity.create_admin(session, username=username, email=email, password=password)

    process.run(main())
    Console(highlight=False, markup=False).print(f"Administrator {username} can log in now.")
