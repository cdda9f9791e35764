"""The command line: `orion`. One module per group of commands in `commands/`."""

import sys
from typing import Any

import pydantic
import rich
import sqlalchemy as sa
import typer
from rich.console import Console
from rich.markup import escape
from typer.core import TyperGroup

from orion import __version__
from orion.kernel import OrionError
from orion.main.process import why_unavailable

EXIT_CODES = {"port_taken": 2}
"""By error code; every other failure is 1."""


class _Commands(TyperGroup):
    """Says what went wrong in a line or two, and never in a traceback, when a person can do something about it."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except OrionError as error:
            fail(error.detail, *(e.message for e in error.errors if e.message != error.detail), code=error.code)
        except pydantic.ValidationError as error:
            fail(*(f"{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()))
        except (sa.exc.OperationalError, sa.exc.InterfaceError, ConnectionError, TimeoutError) as error:
            fail(why_unavailable(error))
        except ValueError as error:
            fail(str(error))
        except KeyboardInterrupt:
            raise typer.Exit(130) from None


def fail(*lines: str, code: str = "") -> None:
    """Print what went wrong on standard error, and exit."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print("\n".join(["[bold red]Error:[/] " + escape(lines[0]), *map(escape, lines[1:])]))
    raise typer.Exit(EXIT_CODES.get(code, 1))


app = typer.Typer(
    name="orion",
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        rich.print(__version__)
        raise typer.Exit


@app.callback()
def _orion(
    _: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version and exit."),
) -> None:
    """One catalogue, one stock and one order inbox for every marketplace a merchant sells on.

    Every command works on the database of `DATABASE_URL` (empty: a SQLite file under `VAR_DIR`).

    Start here: `orion migrate`, then `orion create-admin`, then `orion serve`.
    """


from orion.main.commands import accounts, categories, check, demo, imports, jobs, keys, processes, simulate  # noqa: E402 (they add themselves to `app`)

processes.add_to(app)
accounts.add_to(app)
demo.add_to(app)
imports.add_to(app)
simulate.add_to(app)
app.add_typer(jobs.app, name="jobs")
app.add_typer(categories.app, name="categories")
app.add_typer(check.app, name="check")
app.add_typer(keys.app, name="keys")

if __name__ == "__main__":
    sys.exit(app())
