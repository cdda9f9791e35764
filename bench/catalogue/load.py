"""Asking a server over several connections at once, and how long each answer takes."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Measured:
    """Seconds of each answer, and of the whole."""

    took: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds within which that share of the answers came."""
        ordered = sorted(self.took)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.took) / self.seconds


async def ask(port: int, paths: Sequence[str], token: str, *, connections: int, seconds: float) -> Measured:
    """Ask for the paths in turn, over and over, on `connections` connections at once. All must be answered with 200."""
    measured = Measured()
    turn = iter(range(10**9))
    until = time.perf_counter() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < until:
            path = paths[next(turn) % len(paths)]
            began = time.perf_counter()
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
            await _answer(reader, path)
            measured.took.append(time.perf_counter() - began)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(connections)))
    measured.seconds = time.perf_counter() - began
    return measured


async def fetch(port: int, path: str, token: str) -> bytes:
    """One answer's body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    body = await _answer(reader, path)
    writer.close()
    return body


async def _answer(reader: asyncio.StreamReader, path: str) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    body = await reader.readexactly(length)
    if b" 200 " not in head[:20]:
        raise SystemExit(f"{path}: {head[:20]!r} {body[:300]!r}")
    return body
