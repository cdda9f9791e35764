"""One import in a process of its own: prints seconds, counters and the process's peak memory as a line of JSON."""

import json
import resource
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

from orion import feeds, identity, merchants
from orion.feeds.run import run
from orion.main.process import run as run_process
from orion.main.wiring import HANDLERS
from orion.plumbing import files
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings


async def chunks(path: Path) -> AsyncIterator[bytes]:
    """The file, a megabyte at a time."""
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            yield part


async def main(url: str, var: str, feed: str, batch_size: int) -> None:
    """Import one feed and print how long it took and what it needed."""
    settings = Settings(_env_file=None, database_url=url, var_dir=Path(var), secret_key="b" * 40)
    database = Database(url, handlers=HANDLERS)
    async with database.transaction() as session:
        user = await identity.find_user(session, "bench") or await identity.register(
            session,
            username="bench",
            email="bench@example.com",
            password="correct horse battery",  # noqa: S106 - a database that is thrown away
        )
        if not (await merchants.stores_of(session, user, page=1, limit=1)).items:
            await merchants.create_store(session, user, code="BENCH", name="Bench")
    key = await files.save_upload(chunks(Path(feed)), name="feed.csv", settings=settings, max_bytes=1 << 40)
    async with database.transaction() as session:
        access = await merchants.open_store(session, user, "BENCH", role="staff")
        job = await feeds.start_import(session, access, upload_key=key, filename="feed.csv", batch_size=batch_size)
    started = time.perf_counter()
    await run(Runtime(settings, database), job.id)
    seconds = time.perf_counter() - started
    async with database.reading() as session:
        done = await session.get_one(feeds.ImportJob, job.id)
    await database.dispose()
    counters = ("imported", "updated", "unchanged", "skipped", "error", "warning", "processed")
    result = {name: getattr(done, f"{name}_count") for name in counters}
    result |= {"status": done.status, "seconds": seconds}
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(result))


run_process(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
