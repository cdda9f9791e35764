"""All simulators on one server: each under the name of its channel."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from orion.simulators.amazon import Amazon
from orion.simulators.codeswholesale import CodesWholesale
from orion.simulators.ebay import Ebay
from orion.simulators.kit import CATALOGUE, Article, Simulator
from orion.simulators.kit.serving import Broken
from orion.simulators.letzshop import Letzshop

KINDS: tuple[type[Simulator], ...] = (Letzshop, Amazon, Ebay, CodesWholesale)
"""Every simulator there is."""


def make_simulators(
    *, limited: bool = True, seed: int | None = None, catalogue: Sequence[Article] = CATALOGUE
) -> dict[str, Simulator]:
    """One simulator of each kind, by channel; they sell `catalogue`."""
    return {kind.channel: kind(limited=limited, seed=seed, catalogue=catalogue) for kind in KINDS}


def make_app(simulators: Mapping[str, Simulator], *, orders_per_minute: float = 0.0) -> Starlette:
    """One application for all of them. While it runs, each gets so many new orders a minute."""

    async def index(request: Request) -> Response:
        return JSONResponse({name: str(request.base_url) + name for name in simulators})

    @contextlib.asynccontextmanager
    async def trickling(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_trickle(simulators, 60 / orders_per_minute)) if orders_per_minute > 0 else None
        yield
        if task:
            task.cancel()

    mounts = [Mount(f"/{name}", app=simulator.app(), name=name) for name, simulator in simulators.items()]
    return Starlette(routes=[Route("/", index), *mounts], lifespan=trickling)


def make_server(app: Starlette) -> uvicorn.Server:
    """A server for the application that says nothing of connections which are broken on purpose."""
    logging.getLogger("uvicorn.error").addFilter(_not_broken)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,  # each marketplace has a clock of its own
            timeout_graceful_shutdown=1,
        )
    )


async def serve(app: Starlette, sockets: list[socket.socket], *, until: Awaitable[None] | None = None) -> None:
    """Serve on listening sockets until SIGTERM or SIGINT, or until `until` comes back."""
    server = make_server(app)

    async def stop(wait: Awaitable[None]) -> None:
        await wait
        server.should_exit = True

    stopping = asyncio.create_task(stop(until)) if until is not None else None
    await server.serve(sockets)
    if stopping:
        stopping.cancel()


async def _trickle(simulators: Mapping[str, Simulator], pause: float) -> None:
    while True:
        await asyncio.sleep(pause)
        for simulator in simulators.values():
            with contextlib.suppress(ValueError):  # not every channel has orders
                simulator.place_orders(1)


def _not_broken(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], Broken))
