"""The command that runs simulators: what it sells, and where it listens."""

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orion.main.cli import app
from orion.main.demo_feed import demo_products, write_demo_feed


def test_what_is_sold_is_what_the_demo_feed_sells(tmp_path: Path) -> None:
    write_demo_feed(tmp_path / "feed.csv")
    with (tmp_path / "feed.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["id"], row["title"], row["price"], row["gtin"]) for row in csv.DictReader(file)}
    sold = demo_products()
    assert len(sold) == len({sku for sku, *_ in sold}) > 200
    assert {(sku, title, f"{cents / 100:.2f} EUR", gtin) for sku, title, cents, gtin in sold} <= rows


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com"])  # noqa: S104 (is refused)
def test_nobody_else_reaches_them(host: str) -> None:
    result = CliRunner().invoke(app, ["simulate", "--host", host])
    assert result.exit_code == 2
    assert "this machine only" in result.output
