"""What every page answer carries, and what every page request passes first. Pure ASGI: streams stay streams."""

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orion.web.i18n import choose_language, use_language

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)


class PageMiddleware:
    """Chooses the language and puts the security and caching headers on every answer, errors included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        use_language(choose_language(connection))
        is_static = scope["path"].startswith("/static/")
        is_versioned = is_static and ("/vendor/" in scope["path"] or b"v=" in scope["query_string"])

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                if is_versioned and message["status"] in (200, 304):
                    headers["Cache-Control"] = "public, max-age=31536000, immutable"
                elif not is_static:
                    headers["Cache-Control"] = "no-store"
                    headers.add_vary_header("Cookie, Accept-Language, HX-Request")
            await send(message)

        await self.app(scope, receive, send_with_headers)
