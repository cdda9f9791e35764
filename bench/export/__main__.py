"""Export of many products over HTTP, compared with COPY (query) TO of the same columns: `python -m bench.export`."""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil
import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bench.export.fill import drop, fill, fresh, is_there, token
from orion.catalog.exporting import Selection, values_of
from orion.plumbing.db.extract import compile_text
from orion.plumbing.settings import Settings

KEY = "b" * 40
PATH = "/api/v1/store/products/export?format={}"


def copy_floor(url: str) -> tuple[float, int]:
    """Seconds and bytes of COPY (query) TO of the same columns, in effect, in whatever order is the fastest."""
    selection = Selection(sa.select(), 1, ("en", "fr", "de"))
    query = compile_text(values_of(selection), postgresql.dialect())
    size = 0
    with psycopg.connect(url) as connection:
        started = time.perf_counter()
        with connection.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
            for part in copy:
                size += len(part)
        return time.perf_counter() - started, size


def export(port: int, token: str, format_: str) -> tuple[float, int]:
    """Seconds and bytes of one export over HTTP."""
    request = Request(f"http://127.0.0.1:{port}{PATH.format(format_)}", headers={"Authorization": f"Bearer {token}"})
    size, started = 0, time.perf_counter()
    with urlopen(request) as answer:  # noqa: S310 (our own address)
        while part := answer.read(1 << 20):
            size += len(part)
    return time.perf_counter() - started, size


class Server:
    """Orion in a process of its own, watched for its memory."""

    def __init__(self, settings: Settings, port: int) -> None:
        environment = os.environ | {
            "DATABASE_URL": settings.database_url,
            "SECRET_KEY": KEY,
            "VAR_DIR": str(settings.var_dir),
            "LOG_LEVEL": "WARNING",
        }
        command = [
            sys.executable,
            "-m",
            "orion.main",
            "serve",
            "--no-worker",
            "--port",
            str(port),
            "--host",
            "127.0.0.1",
        ]
        self._process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        self._watched = psutil.Process(self._process.pid)
        self.samples: list[float] = []
        for _ in range(300):
            try:
                urlopen(f"http://127.0.0.1:{port}/health").close()
                break
            except (URLError, ConnectionError):
                time.sleep(0.1)
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def _watch(self) -> None:
        while self._process.poll() is None:
            try:
                self.samples.append(self._watched.memory_info().rss / 1e6)
            except psutil.NoSuchProcess:
                return
            time.sleep(0.1)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def shown(name: str, values: list[float]) -> None:
    """Print all values and their median."""
    texts = "  ".join(f"{value:>10,.2f}" for value in values)
    print(f"  {name:<36} {texts}   median {statistics.median(values):,.2f}", flush=True)


def measure(url: str, settings: Settings, key: str, options: argparse.Namespace) -> None:
    """All rounds of all formats, each beside its floor."""
    server = Server(settings, options.port)
    try:
        export(options.port, key, "csv")  # the first one warms caches up, of both
        copy_floor(url)
        for format_ in options.formats.split(","):
            ratios, rates, early, late = [], [], [], []
            for _ in range(options.rounds):
                floor, _ = copy_floor(url)
                server.samples.clear()
                seconds, size = export(options.port, key, format_)
                samples = server.samples[:]
                third = max(1, len(samples) // 3)
                early.append(max(samples[:third]))
                late.append(max(samples[-third:]))
                ratios.append(floor / seconds)
                rates.append(options.rows / seconds)
            print(f"\n{format_}: {size / 1e6:,.0f} MB")
            shown("products/s", rates)
            shown("COPY (query) TO / export", ratios)
            shown("memory, first third of it, MB", early)
            shown("memory, last third of it, MB", late)
    finally:
        server.stop()


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench.export", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--formats", default="csv,google-tsv,google-xml,letzshop-csv")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--postgresql", default="postgresql://postgres@127.0.0.1/orion_bench_export")
    parser.add_argument("--keep", action="store_true", help="do not drop the database, and use it again if it is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="orion-bench-") as folder:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            database_url=options.postgresql,
            var_dir=Path(folder),
            secret_key=KEY,
            access_token_expire_minutes=600,
        )
        began = time.perf_counter()
        try:
            if not (options.keep and is_there(options.postgresql)):
                fresh(options.postgresql)
                asyncio.run(fill(options.postgresql, settings, options.rows))
                print(f"{options.rows:,} products, made in {time.perf_counter() - began:,.0f} s", flush=True)
            measure(options.postgresql, settings, asyncio.run(token(options.postgresql, settings)), options)
        finally:
            if not options.keep:
                drop(options.postgresql)


if __name__ == "__main__":
    main()
