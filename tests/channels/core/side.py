"""A channel on loopback that answers as a test tells it, and the manifest that leads there."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orion.channels import ChannelClient, Field, Manifest, Rate, Token, TokenSource, oauth_token
from orion.channels.client import Answer
from orion.channels.registry import refusal
from orion.simulators.kit import Dropped


@dataclass
class Call:
    """One request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str]


@dataclass
class Side:
    """The channel: `answers` are given one after the other, the last one for ever. Tokens are counted up."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: list[Response | Callable[[], Response]] = field(default_factory=list)
    tokens: int = 0
    token_answer: Response | None = None
    token_life: float = 3600.0
    hold: asyncio.Event | None = None
    silent: asyncio.Event | None = None
    refused: str = ""
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, *answers: Response | Callable[[], Response]) -> None:
        """From now on answer so."""
        self.answers[:] = answers
        self.calls.clear()

    async def serve(self, request: Request) -> Response:
        call = Call(request.method, request.url.path, request.headers, await request.body(), dict(request.query_params))
        if call.path.endswith("/token"):
            self.tokens += 1
            self.asked.set()
            if self.hold is not None:
                await self.hold.wait()
            answer = {"access_token": f"token-{self.tokens}", "expires_in": self.token_life}
            return self.token_answer or JSONResponse(answer)
        self.calls.append(call)
        if self.silent is not None:
            await self.silent.wait()
        if self.refused and call.headers.get("authorization") == f"Bearer {self.refused}":
            return JSONResponse({}, 401)
        said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0] if self.answers else ok()
        return said() if callable(said) and not isinstance(said, Response) else said


def ok(**values: Any) -> Response:
    return JSONResponse({"ok": True} | values)


def hang_up() -> Response:
    return Dropped()


@asynccontextmanager
async def serving(side: Side) -> AsyncIterator[Side]:
    app = Starlette(routes=[Route("/{path:path}", side.serve, methods=["GET", "POST", "PUT", "DELETE", "PATCH"])])
    config = uvicorn.Config(app, port=0, lifespan="off", log_level="critical", ws="none")
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    loop = asyncio.create_task(server.main_loop())
    side.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield side
    finally:
        server.should_exit = server.force_exit = True
        await loop
        await server.shutdown()


class Probe:
    """The smallest adapter: it can say whether it may come in, and nothing else."""

    def __init__(self, client: ChannelClient) -> None:
        self.client = client

    async def check(self) -> str:
        said = (await self.client.send("whoami", "GET", "/whoami")).json()
        return f"Connected as {said.get('name', 'nobody')}"


async def fetch_token(client: ChannelClient) -> Token:
    form = {"grant_type": "refresh_token", "refresh_token": client.secrets["refresh_token"]}
    said = await oauth_token(client, client.host("token") + "/token", form)
    return Token(said["access_token"], said["expires_in"])


PROBE = Manifest(
    channel="amazon",
    adapter=Probe,
    secrets=(Field("refresh_token", "Refresh token", "secret"),),
    hosts={"live": {"api": "https://api.example.com", "token": "https://auth.example.com"}},
    rates={"quick": Rate(1000, 1000), "slow": Rate(0.01, 2)},
    rate_header="x-amzn-RateLimit-Limit",
    token=TokenSource(fetch_token),
)

__all__ = ["PROBE", "Answer", "Call", "Probe", "Side", "hang_up", "ok", "refusal", "serving"]
