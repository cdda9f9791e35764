"""A server in a process of its own: `python -m bench.catalogue.server orion|bare <port> <file of what to serve>`."""

import asyncio
import json
import socket
import sys
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import uvicorn

from orion.main.serve import serve
from orion.plumbing.observability import configure_logging

from .fill import settings_for


class Bare:
    """The least that could answer: asyncpg runs the same statement, and the same bytes are dumped and sent."""

    def __init__(self, url: str, statement: str, parameters: list[Any], answer: Any) -> None:
        self.url, self.statement, self.parameters, self.answer = url, statement, parameters, answer
        self.pool: asyncpg.Pool | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """An ASGI application."""
        if scope["type"] == "lifespan":
            await receive()
            self.pool = await asyncpg.create_pool(self.url, min_size=10, max_size=20, server_settings={"jit": "off"})
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self.pool.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        if self.pool is None:
            raise RuntimeError("the server has not started up")
        async with self.pool.acquire() as connection:
            await connection.fetch(self.statement, *self.parameters)
        body = orjson.dumps(self.answer)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _main(kind: str, port: int, what: dict[str, Any]) -> None:
    if kind == "bare":
        app = Bare(what["url"], what["statement"], what["parameters"], what["answer"])
        config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", access_log=False)
        await uvicorn.Server(config).serve()
        return
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(128)
    settings = settings_for(what["url"], what["var"])
    configure_logging(settings)
    await serve(settings, [listening], with_worker=False)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text())))
