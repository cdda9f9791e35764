"""How fast products are listed, found and shown, in a small and a large catalogue: `python -m bench.catalogue --help`.

Everything is measured in one run, in turns: the small catalogue, the large one, and a bare handler that runs the very
statement of the list with asyncpg and dumps the same JSON.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from orion import catalog, identity, merchants
from orion.main.wiring import HANDLERS
from orion.plumbing.db import Database

from .fill import Catalogue, drop, environment_for, fill, words_of
from .load import Measured, ask, fetch

WARM_SECONDS = 8.0
"""For all processes of a server to come up."""

STORE = "/api/v1/store/products"
LIST = f"{STORE}?limit=50"


def paths_of(filled: Catalogue) -> dict[str, list[str]]:
    """What is asked for, by kind."""
    brands = [f"Brand {number}" for number in range(0, 2000, 7)]
    chosen = (*(f"brand={quote(brand)}" for brand in brands), "condition=used", "availability=preorder&min_price=100")
    return {
        "list of 50": [LIST],
        "filtered list": [f"{LIST}&{query}" for query in chosen],
        "search": [f"{LIST}&search={quote(words)}" for words in words_of(filled, 400)],
        "product by id": [f"{STORE}/{number}" for number in filled.products],
    }


async def bare_of(filled: Catalogue, answer: Any) -> dict[str, Any]:
    """What the bare handler needs: the statement of the list as the driver gets it, and the list's JSON."""
    database = Database(filled.url, handlers=HANDLERS)
    seen: list[tuple[str, Any]] = []

    @sa.event.listens_for(database.reading_engine.sync_engine, "before_cursor_execute")
    def note(*said: Any) -> None:
        seen.append((said[2], list(said[3])))

    async with database.reading() as session:
        user = await identity.find_user(session, "bench")
        if user is None:
            raise SystemExit("the catalogue has no owner")
        access = await merchants.open_store(session, user, "BENCH")
        seen.clear()
        await catalog.list_products(session, access, limit=50)
    await database.dispose()
    (statement, parameters), *others = seen
    if others:
        raise SystemExit("the list takes more than one statement: the bare handler knows one")
    return {"url": filled.url, "statement": statement, "parameters": parameters, "answer": answer}


def started(command: list[str], port: int, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """A server that answers already; what it logs goes nowhere."""
    server = subprocess.Popen(
        [sys.executable, "-m", *command],
        env=os.environ | (environment or {}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(600):
        try:
            asyncio.run(asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 1))
            time.sleep(WARM_SECONDS)
            return server
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"the server on {port} does not start: {command}")


def orion_on(port: int, filled: Catalogue, folder: Path, processes: int) -> subprocess.Popen[bytes]:
    """`orion serve`, as anybody starts it, but for the limits on how often one may ask."""
    words = ["orion.main", "serve", "--no-worker", "--host", "127.0.0.1", "--port", str(port)]
    return started([*words, "--processes", str(processes)], port, environment_for(filled.url, str(folder)))


def bare_on(port: int, what: dict[str, Any], folder: Path, processes: int) -> subprocess.Popen[bytes]:
    """The bare handler."""
    path = folder / "bare.json"
    path.write_text(json.dumps(what))
    return started(["bench.catalogue.server", str(port), str(processes), str(path)], port)


def measure(small: Catalogue, large: Catalogue, folder: Path, options: argparse.Namespace) -> None:
    """Take turns, print every round and the medians."""
    orion = {
        filled.size: orion_on(options.port + n, filled, folder, options.processes)
        for n, filled in enumerate((small, large))
    }
    ports = {filled.size: options.port + n for n, filled in enumerate((small, large))}
    answer = json.loads(asyncio.run(fetch(ports[large.size], LIST, large.token)))
    bare_port = options.port + 2
    bare = bare_on(bare_port, asyncio.run(bare_of(large, answer)), folder, options.processes)

    def run(port: int, paths: list[str], token: str) -> Measured:
        return asyncio.run(ask(port, paths, token, connections=options.connections, seconds=options.seconds))

    try:
        for kind, asked in paths_of(small).items():
            if options.only and kind not in options.only:
                continue
            paths = {small.size: asked, large.size: paths_of(large)[kind]}
            results: dict[str, list[float]] = {}
            for number in range(options.rounds + 1):
                found = {
                    filled.size: run(ports[filled.size], paths[filled.size], filled.token) for filled in (small, large)
                }
                floor = run(bare_port, ["/"], large.token) if kind == "list of 50" else None
                if number == 0:
                    continue  # caches fill, statements are prepared
                p95 = [found[filled.size].percentile(0.95) for filled in (small, large)]
                figures = {
                    f"p95 at {small.size:,}, ms": p95[0],
                    f"p95 at {large.size:,}, ms": p95[1],
                    "p95, large / small": p95[1] / p95[0],
                    f"answers/s at {large.size:,}": found[large.size].rate,
                }
                if floor is not None:
                    figures |= {"answers/s, bare": floor.rate, "answers/s / bare": found[large.size].rate / floor.rate}
                for name, value in figures.items():
                    results.setdefault(name, []).append(value)
            report(kind, results)
    finally:
        for server in (*orion.values(), bare):
            server.terminate()
            server.wait()


def report(title: str, results: dict[str, list[float]]) -> None:
    """Print all rounds of each figure, and the median."""
    print(f"\n{title}")
    for name, values in results.items():
        shown = "  ".join(f"{value:>9,.2f}" for value in values)
        print(f"  {name:<28} {shown}   median {statistics.median(values):,.2f}", flush=True)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.catalogue", description=__doc__)
    parser.add_argument("--small", type=int, default=10_000, help="products of the small catalogue")
    parser.add_argument("--large", type=int, default=1_000_000, help="products of the large catalogue")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="that answer, of Orion and bare alike"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", help="a kind of request to measure, such as search; else all")
    parser.add_argument("--port", type=int, default=18400, help="the first of three")
    parser.add_argument("--postgresql", default="postgresql://postgres@127.0.0.1", help="where databases are made")
    parser.add_argument("--keep", type=Path, help="keep the databases, and note in this file what is in them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="orion-bench-") as name:
        folder = Path(name)
        kept: list[dict[str, Any]] = (
            json.loads(options.keep.read_text()) if options.keep and options.keep.exists() else []
        )
        make: Callable[[int], Catalogue] = lambda size: fill(options.postgresql, size, str(folder))  # noqa: E731
        small, large = [Catalogue(**each) for each in kept] or [make(size) for size in (options.small, options.large)]
        if options.keep:
            options.keep.write_text(json.dumps([small.__dict__, large.__dict__]))
        measure(small, large, folder, options)
        if not options.keep:
            drop(small)
            drop(large)


if __name__ == "__main__":
    main()
