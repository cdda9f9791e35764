"""How fast a feed comes in, compared with floors measured in the same run: `python -m bench.import --help`."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from bench.feeds import Options, feed_blocks
from orion.main.migrate import migrate

from .floors import CopyFloor, UpsertFloor, row_by_row

CHANGED = 0.05


def feed(folder: Path, rows: int, change_rate: float = 0.0) -> Path:
    """A feed of `rows` rows, made once."""
    path = folder / f"feed-{rows}-{change_rate:g}.csv"
    if not path.exists():
        with path.open("wb") as file:
            for block in feed_blocks(Options(rows=rows, change_rate=change_rate)):
                file.write(block)
    return path


def imported(url: str, folder: Path, path: Path, batch_size: int) -> dict[str, Any]:
    """Import the feed in a process of its own."""
    command = [sys.executable, "-m", "bench.import.child", url, str(folder / "var"), str(path), str(batch_size)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if not str(result["status"]).startswith("completed"):
        raise SystemExit(f"the import ended {result['status']}")
    return result


def fresh(url: str) -> None:
    """An empty, migrated database at `url`."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
    else:
        server, _, name = url.rpartition("/")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}"')
    migrate(url)


def measure(url: str, folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """One round on one database."""
    fresh(url)
    path = feed(folder, options.rows)
    first = imported(url, folder, path, options.batch_size)
    again = imported(url, folder, path, options.batch_size)
    changed = imported(url, folder, feed(folder, options.rows, CHANGED), options.batch_size)
    floor = UpsertFloor(url) if url.startswith("sqlite") else CopyFloor(url)
    floor_seconds = statistics.median(floor.run() for _ in range(options.floor_runs))
    orm = row_by_row(url, min(options.rows, 3000))
    rate = options.rows / first["seconds"]
    return {
        "first import, rows/s": rate,
        "floor, rows/s": options.rows / floor_seconds,
        "first import / floor": floor_seconds / first["seconds"],
        "first import / row-by-row ORM": rate / orm,
        "unchanged re-import / first": first["seconds"] / again["seconds"],
        "5 % changed re-import / first": first["seconds"] / changed["seconds"],
        "peak memory, MB": max(run["peak_mb"] for run in (first, again, changed)),
    }


def memory(url: str, folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Peak memory of a first import of `rows` rows and of ten times as many."""
    peaks = []
    for rows in (options.rows, 10 * options.rows):
        fresh(url)
        peaks.append(imported(url, folder, feed(folder, rows), options.batch_size)["peak_mb"])
    return {"peak memory, MB": peaks[0], "ten times the rows, MB": peaks[1], "ratio": peaks[1] / peaks[0]}


def report(title: str, run: Callable[[], dict[str, float]], rounds: int) -> None:
    """Run the rounds and print every figure: all rounds, and the median."""
    results = [run() for _ in range(rounds)]
    print(f"\n{title}")
    for name in results[0]:
        values = [result[name] for result in results]
        shown = "  ".join(f"{value:>10,.2f}" for value in values)
        print(f"  {name:<32} {shown}   median {statistics.median(values):,.2f}", flush=True)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.import", description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--floor-runs", type=int, default=3, help="the floor is the median of so many")
    parser.add_argument("--batch-size", type=int, default=1000)
    parser.add_argument(
        "--postgresql", default="postgresql://postgres@127.0.0.1/orion_bench", help="is dropped and made"
    )
    parser.add_argument("--only", choices=("postgresql", "sqlite"))
    parser.add_argument("--memory", action="store_true", help="compare the peak memory with ten times the rows instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="orion-bench-") as name:
        folder = Path(name)
        urls = {"postgresql": options.postgresql, "sqlite": f"sqlite:///{folder / 'bench.db'}"}
        for kind, url in urls.items():
            if options.only in (None, kind):
                measured = memory if options.memory else measure
                title = f"{kind}, {options.rows:,} rows, batches of {options.batch_size}"
                report(title, partial(measured, url, folder, options), options.rounds)


if __name__ == "__main__":
    main()
