"""Orders from simulated marketplaces into PostgreSQL: `python -m bench.orders [one] [many]`.

one: all orders of one connection by one worker, end to end; then the same window again, which must write nothing.
many: many stores' connections polled every so many minutes (5 is the default of schedules) by one worker on one core.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench.orders.world import drop, fresh, open_stores, settings_for, simulator, tell, worker

WRITTEN = ("orders", "order_lines", "order_history", "order_payloads")


def one(options: argparse.Namespace, folder: Path) -> None:
    """Seconds from the begin of the run to its end, as the worker has written them down."""
    fresh(options.postgresql)
    with simulator() as url, psycopg.connect(options.postgresql, autocommit=True) as database:
        settings = settings_for(options.postgresql, folder, url)
        tell(url, "/shape", spread_days=20)
        tell(url, "/orders", count=options.orders)
        asyncio.run(open_stores(settings, 1))
        with worker(settings) as process:
            watched = psutil.Process(process.pid)
            began = wait_for(database, 1)
            first = run(database, 1)
            memory, spent = watched.memory_info().rss / 1e6, sum(watched.cpu_times()[:2])
            before = fingerprint(database)
            database.execute("UPDATE sync_schedules SET next_run_at = now(), watermark = NULL")
            wait_for(database, 2)
            again = run(database, 2)
        after = fingerprint(database)
        seconds = first["seconds"]
        print(f"{first['created']:,} orders in {seconds:.1f} s: {first['created'] / seconds:,.0f} orders/s end to end")
        print(f"  {first['pages']} pages, {first['seen']:,} entries seen, {first['status']}; ", end="")
        print(f"worker: {memory:,.0f} MB, {spent:.1f} s of a core with its start; all of it took {began:.1f} s")
        same = "writes nothing" if before == after else f"WRITES: {before} -> {after}"
        print(f"the same window again: {again['seconds']:.1f} s, {again['unchanged']:,} unchanged; {same}")
        if before != after or first["created"] != options.orders or first["seconds"] * 400 > options.orders:
            print("  (the goal is 400 orders/s, and nothing written twice)")
    drop(options.postgresql)


def many(options: argparse.Namespace, folder: Path) -> None:
    """Lag and share of the core, from the moment that every connection was asked once."""
    fresh(options.postgresql)
    with simulator() as url, psycopg.connect(options.postgresql, autocommit=True) as database:
        settings = settings_for(options.postgresql, folder, url)
        asyncio.run(open_stores(settings, options.stores))
        database.execute(
            "UPDATE sync_schedules SET interval_minutes = %(m)s, "
            "next_run_at = now() + random() * %(m)s * interval '1 minute'",
            {"m": options.minutes},
        )
        with worker(settings, core=max(0, (os.cpu_count() or 1) - 1)) as process:
            watched = psutil.Process(process.pid)
            wait_for(database, options.stores)
            begun, spent = time.monotonic(), sum(watched.cpu_times()[:2])
            lags: list[float] = []
            placed = 0
            while (passed := time.monotonic() - begun) < options.seconds:
                if placed < passed / 60:  # a new order a minute for every store
                    tell(url, "/orders", count=1)
                    placed += 1
                lags += lag(database)
                time.sleep(5)
            passed = time.monotonic() - begun
            share = (sum(watched.cpu_times()[:2]) - spent) / passed
        query = """SELECT count(*), count(*) FILTER (WHERE status <> 'success'),
            percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at))
            FROM sync_runs WHERE finished_at IS NOT NULL"""
        polls, failed, slow = database.execute(query).fetchone() or (0, 0, 0)
        orders = (database.execute("SELECT count(*) FROM orders").fetchone() or (0,))[0]
        quantiles = statistics.quantiles(lags, n=20)
        print(f"{options.stores} connections every {options.minutes} minutes, watched for {passed:.0f} s: ", end="")
        print(f"{polls:,} polls, {failed} not successful")
        print(f"  since the last good poll: p50 {statistics.median(lags):.1f} s, p95 {quantiles[-1]:.1f} s, ", end="")
        print(f"max {max(lags):.1f} s (schedules are looked at every 5 s, and have a jitter)")
        print(f"  from the begin of a run to its end: p95 {float(slow):.2f} s; {orders:,} orders came in")
        print(f"  worker: {share:.1%} of one core")
    drop(options.postgresql)


def wait_for(database: "psycopg.Connection[Any]", runs: int, seconds: float = 900) -> float:
    """Wait for so many runs that are over; how long that took."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        found = database.execute("SELECT count(*) FROM sync_runs WHERE finished_at IS NOT NULL").fetchone()
        if found and found[0] >= runs:
            return time.monotonic() - begun
        time.sleep(0.2)
    raise SystemExit(f"{runs} runs were not done in {seconds:g} s")


def run(database: "psycopg.Connection[Any]", number: int) -> dict[str, Any]:
    """What one run did."""
    columns = "status, pages, seen, created, updated, unchanged, extract(epoch FROM finished_at - started_at)"
    row = database.execute(f"SELECT {columns} FROM sync_runs ORDER BY id OFFSET {number - 1} LIMIT 1").fetchone()
    if row is None:
        raise SystemExit(f"there is no run {number}")
    names = ("status", "pages", "seen", "created", "updated", "unchanged", "seconds")
    return {name: float(value) if name == "seconds" else value for name, value in zip(names, row, strict=True)}


def fingerprint(database: "psycopg.Connection[Any]") -> dict[str, tuple[Any, ...]]:
    """Rows of the tables that orders are written to, and which transactions have touched them."""
    return {
        table: database.execute(
            f"SELECT count(*), sum(xmin::text::bigint), sum(xmax::text::bigint) FROM {table}"
        ).fetchone()
        or ()
        for table in WRITTEN
    }


def lag(database: "psycopg.Connection[Any]") -> list[float]:
    """Seconds since each connection's last good poll."""
    rows = database.execute("SELECT extract(epoch FROM now() - last_success_at) FROM sync_schedules").fetchall()
    return [float(row[0]) for row in rows if row[0] is not None]


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.orders", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", default=["one", "many"], help="one, many, or both")
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--stores", type=int, default=500)
    parser.add_argument("--minutes", type=int, default=5, help="between two polls of a connection")
    parser.add_argument("--seconds", type=float, default=420, help="of watching, once every connection was asked")
    parser.add_argument("--postgresql", default="postgresql://postgres@127.0.0.1/orion_bench_orders")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="orion-bench-") as folder:
        for what in options.what:
            {"one": one, "many": many}[what](options, Path(folder))


if __name__ == "__main__":
    main()
