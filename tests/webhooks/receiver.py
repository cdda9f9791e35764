"""A real HTTP receiver on loopback that misbehaves as a test wants; the reference library verifies what came."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook as Verifier


@dataclass
class Post:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> dict[str, Any]:
        """The message, if the reference library believes that we sent it."""
        message: dict[str, Any] = Verifier(secret).verify(self.body, self.headers)
        return message


Answer = Callable[[Post], str | bytes | None]
"""Status and more headers as text ("503 Busy\\r\\nRetry-After: 60"), all the bytes, or None to hang up."""


@dataclass
class Receiver:
    """Where it listens, what came, and how it answers (by default well)."""

    port: int = 0
    posts: list[Post] = field(default_factory=list)
    answer: Answer = lambda _: "200 OK"
    hold: asyncio.Event | None = None
    """When set, posts are kept waiting for it."""

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    @property
    def ids(self) -> list[str]:
        return [post.headers["webhook-id"] for post in self.posts]


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    side = Receiver()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            post = Post(first.split()[1], headers, await reader.readexactly(int(headers["content-length"])))
            side.posts.append(post)
            if side.hold is not None:
                await side.hold.wait()
            said = side.answer(post)
            if isinstance(said, str):
                said = f"HTTP/1.1 {said}\r\nContent-Length: 2\r\n\r\nhm".encode()
            if said is not None:
                writer.write(said)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    side.port = server.sockets[0].getsockname()[1]
    try:
        yield side
    finally:
        server.close()
