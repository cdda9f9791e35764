"""Around every HTTP request: its id, one line in the log, its figures. Plain ASGI, so that streams stay streams."""

import re
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog

from orion.plumbing.observability.metrics import RequestMetrics

log = structlog.get_logger("orion.requests")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PROBLEM = "orion.problem"
"""Where in the scope the code of a request's problem document stands."""

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUIET = ("/health", "/metrics", "/static/")
"""Asked for all the time, and said at debug level only."""


class RequestLog:
    """Gives each request an id (the caller's `X-Request-ID` when that is well-formed), and tells of it when it ends.

    The id goes back in `X-Request-ID`, into every log line, and along with every job that the request enqueues.
    """

    def __init__(self, app: App, metrics: RequestMetrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _given_id(scope) or uuid.uuid4().hex
        status = 500
        began = time.perf_counter()

        async def send_with_id(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        client = scope.get("client")
        with structlog.contextvars.bound_contextvars(request_id=request_id, client=client[0] if client else None):
            try:
                await self.app(scope, receive, send_with_id)
            finally:
                self._tell(scope, status, time.perf_counter() - began)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        method, path = scope["method"], scope["path"]
        route = getattr(scope.get("route"), "path", None) or "unmatched"
        self.metrics.observe(method, route, status, seconds)
        if code := scope.get(PROBLEM):
            self.metrics.refused(code)
        if "{token}" in route:  # such a path opens something: it is no business of the log's readers
            path = route
        tell = log.debug if path.startswith(_QUIET) and status < 500 else log.info
        tell(
            "request",
            method=method,
            path=path,
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )


def _given_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text: str = value.decode("latin-1")
            return text if _ID.fullmatch(text) else None
    return None
