"""Commands that look over what is stored for what should never be: stock, orders. Workers do the same every night."""

import typer

from orion.main import nightly, process

app = typer.Typer(no_args_is_help=True, help="Look over what is stored for what should never be. Changes nothing.")

_FINE = {"stock": "The stock adds up.", "orders": "The orders agree."}


@app.command()
def stock() -> None:
    """Recompute every level of stock from its movements and reservations, and report what differs.

    It reads everything and locks nothing, so it may run beside the worker. Exits with 1 when anything differs.

    Example: `orion check stock`
    """
    _look("stock")


@app.command()
def orders() -> None:
    """Hold every order against its history, its amounts and what is reserved for it, and report what differs.

    It reads everything and locks nothing, so it may run beside the worker. Exits with 1 when anything differs.

    Example: `orion check orders`
    """
    _look("orders")


def _look(what: str) -> None:
    settings = process.load_settings()

    async def main() -> list[str]:
        async with process.running(settings) as runtime:
            return await nightly.CHECKS[what](runtime.database)

    found = process.run(main())
    for line in found:
        typer.echo(line)
    if found:
        raise typer.Exit(1)
    typer.echo(_FINE[what])
