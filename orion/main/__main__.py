"""`python -m orion.main` is `orion`."""

from orion.main.cli import app

app(prog_name="orion")
