"""The serving process with its worker: it starts, it heals, and nothing of it stays behind."""

import asyncio
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from orion.kernel import Conflict, Invalid
from orion.main.listen import listen
from orion.plumbing.settings import Settings
from tests.plumbing.workers import environment, eventually

PATIENCE = 500.0
"""Seconds: a process that starts imports everything, and a busy machine takes a minute for that."""

TOKEN = "a-verification-token-of-40-characters-00"
only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@contextmanager
def serving(settings: Settings, log: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """`orion serve` on a free port, in a process group of its own; what is left of it is killed at the end."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "orion.main", "serve", "--host", "127.0.0.1", "--port", "0", *words],
            env=environment(settings) | {"EBAY_VERIFICATION_TOKEN": TOKEN},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


async def address(log: Path) -> str:
    """Where it listens, once it says so and its worker is at work."""
    await eventually(lambda: "worker started" in log.read_text(), PATIENCE)
    found = re.search(r"http://\S+:\d+", log.read_text())  # noqa: ASYNC240 (a few lines)
    assert found
    return found[0]


def connections(process: psutil.Process, port: int) -> int:
    """How many clients of the port a process has."""
    return sum(one.laddr.port == port and one.status == psutil.CONN_ESTABLISHED for one in process.net_connections())


@pytest.mark.slow
@pytest.mark.timeout(3 * PATIENCE)
@only_sqlite
async def test_it_serves_heals_its_worker_and_stops_without_a_trace(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving(settings, log) as process:
        url = await address(log)
        (child,) = psutil.Process(process.pid).children()
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.get(f"{url}/health", headers={"X-Request-ID": "mine-1"})
        assert (answer.status_code, answer.json()["status"]) == (200, "healthy")
        assert answer.json()["checks"]["worker"]["alive"] is True
        assert answer.headers["X-Request-ID"] == "mine-1"
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{url}/api/v1/hooks/ebay/live?challenge_code=c")
        own = hashlib.sha256(f"c{TOKEN}{url}/api/v1/hooks/ebay/live".encode()).hexdigest()
        assert answer.json() == {"challengeResponse": own}, "it knows its own address, whatever the port"

        child.kill()
        await eventually(lambda: log.read_text().count("worker started") == 2, PATIENCE)
        (other,) = psutil.Process(process.pid).children()
        assert other.pid != child.pid

        os.killpg(process.pid, signal.SIGINT)  # what Ctrl-C does
        assert process.wait(200) == 0
        assert not other.is_running()
    text = log.read_text()
    assert "Traceback" not in text
    assert text.count("a child ended; another one follows") == 1


@pytest.mark.slow
@pytest.mark.timeout(3 * PATIENCE)
@only_sqlite
async def test_several_processes_share_a_port_and_a_killed_server_takes_its_children_with_it(
    settings: Settings, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with serving(settings, log, "--processes", "2", "--simulate") as process:
        url = await address(log)
        children = psutil.Process(process.pid).children()
        assert sorted(child.cmdline()[3] for child in children) == ["serve", "simulate", "worker"]
        serving_too = next(child for child in children if child.cmdline()[3] == "serve")
        port = int(url.rpartition(":")[2])

        asked = 0

        async def both_are_asked() -> bool:
            nonlocal asked
            async with AsyncExitStack() as stack:
                clients = [await stack.enter_async_context(httpx.AsyncClient(timeout=60)) for _ in range(24)]
                answers = await asyncio.gather(*(client.get(f"{url}/health") for client in clients))
                asked += len(answers)
                if {answer.status_code for answer in answers} != {200}:
                    return False  # health is a matter of seconds
                return all(connections(one, port) for one in (psutil.Process(process.pid), serving_too))

        await eventually(both_are_asked)
        async with httpx.AsyncClient(timeout=60) as client:  # whichever is asked answers for both
            figures = (await client.get(f"{url}/metrics")).text
        counted = re.findall(r'orion_http_requests_total{.*route="/health".*} (\S+)', figures)
        assert sum(map(float, counted)) == asked
        process.kill()
        await eventually(lambda: not any(child.is_running() for child in children))
    text = log.read_text()
    assert "the process that started this worker is gone" in text
    assert text.count("each process counts rate limits for itself; set REDIS_URL") == 1


@only_sqlite
def test_a_port_that_is_taken_is_named_before_anything_starts(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "-m", "orion.main", "serve", "--host", "127.0.0.1", "--port", str(port)],
            env=environment(settings, DATABASE_URL="sqlite:////nowhere/never-opened.db"),
            capture_output=True,
            text=True,
            check=False,
        )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error: Port {port} is already in use. Stop the program that has it")
    assert f"orion serve --port {port + 1}" in result.stderr
    assert "Traceback" not in result.stderr


def test_every_address_of_the_host_is_taken_or_none() -> None:
    sockets = listen("127.0.0.1", 0)
    port = sockets[0].getsockname()[1]
    with pytest.raises(Conflict) as refused:
        listen("127.0.0.1", port)
    assert refused.value.code == "port_taken"
    for one in sockets:
        one.close()
    with pytest.raises(Invalid):
        listen("192.0.2.1", 0)  # reserved for documentation: no machine has it
