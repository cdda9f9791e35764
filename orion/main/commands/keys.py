"""Commands for the keys that seal secrets in the database: new, rotate."""

from typing import Annotated

import typer

from orion.main import process
from orion.plumbing import sealing

app = typer.Typer(no_args_is_help=True, help="The keys that seal secrets in the database (SEALING_KEYS).")


@app.command()
def new(name: Annotated[str, typer.Argument(help="Letters and digits; no other key may have it.")] = "k1") -> None:
    """Print a new key for SEALING_KEYS.

    Example: `orion keys new 2027a`
    """
    if not (name.isascii() and name.isalnum()):
        raise typer.BadParameter("use letters and digits", param_hint="NAME")
    typer.echo(sealing.new_key(name))


@app.command()
def rotate() -> None:
    """Seal every secret with the first key of SEALING_KEYS.

    Put a new key in front, restart every process, run this, then take the old key out. Safe to repeat.

    Example: `orion keys rotate`
    """
    settings = process.load_settings()

    async def main() -> dict[str, int]:
        async with process.running(settings) as runtime:
            return await sealing.rotate_keys(runtime.database, settings)

    for place, count in process.run(main()).items():
        typer.echo(f"{place}: {count} sealed anew")
