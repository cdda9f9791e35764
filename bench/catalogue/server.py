"""The bare server: `python -m bench.catalogue.server <port> <processes> <file of what to serve>`."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import uvicorn

from orion.main.listen import listen_together
from orion.main.process import run


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


def main(port: int, processes: int, what: dict[str, Any]) -> None:
    """Serve with so many processes, all on one port, on the loop that `orion serve` uses."""
    sockets, *others = listen_together("127.0.0.1", port, processes)
    for other in others:
        if os.fork() == 0:
            sockets = other
            break
    config = uvicorn.Config(Bare(**what), log_config=None, access_log=False, server_header=False)
    run(uvicorn.Server(config).serve(sockets))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text()))
