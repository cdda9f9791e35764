"""A real HTTP server on loopback that answers exactly the bytes a test wants, at the pace it wants."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Handler = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
"""Gets the request's head and writes the answer; the connection is closed after it."""


@dataclass
class OtherSide:
    """Where it listens, and the head of every request that came."""

    port: int = 0
    requests: list[str] = field(default_factory=list)

    def url(self, path: str = "/feed.csv", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


@asynccontextmanager
async def other_side(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[OtherSide]:
    side = OtherSide()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            side.requests.append(head)
            await handler(head, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    side.port = server.sockets[0].getsockname()[1]
    try:
        yield side
    finally:
        server.close()


def answer(body: bytes = b"", status: str = "200 OK", length: int | None = -1, **headers: str) -> Handler:
    """Always answer this. `length` is what Content-Length says: -1 the truth, None nothing at all."""

    async def handler(head: str, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
        if length is not None:
            lines.append(f"Content-Length: {len(body) if length < 0 else length}")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)

    return handler


def redirect(location: str, status: str = "302 Found") -> Handler:
    return answer(status=status, Location=location)
