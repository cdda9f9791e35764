"""The command that loads a category tree."""

import re
from pathlib import Path
from typing import Annotated

import typer

from orion import catalog
from orion.kernel import Invalid
from orion.main import process

app = typer.Typer(no_args_is_help=True, help="The tree of product categories.")

_IN_NAME = re.compile(r"\.(en|fr|de)[-_.]", re.IGNORECASE)


@app.callback()
def _categories() -> None:
    """The tree of product categories."""


@app.command()
def load(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="Google's taxonomy with ids, as text."),
    ],
    language: Annotated[
        str | None, typer.Option(help="Language of the file: en, fr or de. Its name tells, if it is Google's.")
    ] = None,
) -> None:
    """Load Google's product taxonomy, and map the products there are to it. Repeat it for each language.

    Example: `orion categories load taxonomy-with-ids.en-US.txt`
    """
    found = _IN_NAME.search(file.name)
    spoken = language or (found[1].lower() if found else None)
    if spoken is None:
        raise typer.BadParameter("say the language of the file", param_hint="--language")
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise Invalid("taxonomy_invalid", f"The file is not UTF-8 text: {error.reason}") from None
    settings = process.load_settings()

    async def main() -> tuple[int, int]:
        async with process.running(settings) as runtime:
            async with runtime.database.transaction() as session:
                loaded = await catalog.load_categories(session, lines, spoken)
            return loaded, await catalog.map_categories(runtime.database)

    loaded, mapped = process.run(main())
    typer.echo(f"{loaded} categories are there in {spoken}; {mapped} products got another category by it.")
