"""Commands that look over what is stored for what should never be: stock."""

import typer

from orion import inventory
from orion.main import process

app = typer.Typer(no_args_is_help=True, help="Look over what is stored for what should never be. Changes nothing.")


@app.callback()
def _check() -> None:
    """Each command looks at one kind of thing; more will follow."""


@app.command()
def stock() -> None:
    """Recompute every level of stock from its movements and reservations, and report what differs.

    It reads everything and locks nothing, so it may run beside the worker. Exits with 1 when anything differs.

    Example: `orion check stock`
    """
    settings = process.load_settings()

    async def main() -> list[str]:
        async with process.running(settings) as runtime, runtime.database.reading() as session:
            return await inventory.describe(session, await inventory.check(session))

    found = process.run(main())
    for line in found:
        typer.echo(line)
    if found:
        raise typer.Exit(1)
    typer.echo("The stock adds up.")
