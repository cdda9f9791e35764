"""The way to a route without asking all the routers that stand before its own."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send


class Shortcuts(BaseRoute):
    """Knows, of each address without parameters, which of an application's routes is the first to answer it.

    Stands before them, and serves nothing that they would not, nor otherwise.
    """

    def __init__(self, app: FastAPI) -> None:
        self.known: dict[tuple[str, str], BaseRoute] = {}
        routes = list(app.router.routes)
        for context in iter_route_contexts(routes):
            path, methods = getattr(context, "path", "{"), getattr(context, "methods", None)
            for method in methods or () if "{" not in path else ():
                first = next((route for route in routes if _answers(route, method, path)), None)
                if first is not None:
                    self.known[method, path] = first

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Full for the addresses that it knows."""
        if scope["type"] == "http" and (scope["method"], scope["path"]) in self.known and not scope.get("root_path"):
            return Match.FULL, {}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self.known[scope["method"], scope["path"]].handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """The routes themselves have names."""
        raise NoMatchFound(name, path_params)


def _answers(route: BaseRoute, method: str, path: str) -> bool:
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    return route.matches(scope)[0] == Match.FULL
