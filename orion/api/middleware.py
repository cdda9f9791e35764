"""What every request passes before the routes: hosts, safe headers, a last net for failures, rate limits. Pure ASGI."""

import math
import time
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orion import identity, merchants
from orion.api.problems import from_exception, problem
from orion.api.routing import CLAIMS, bearer_token
from orion.kernel import Unauthenticated
from orion.plumbing.limits import Allowance, Limit, address_key
from orion.plumbing.runtime import Runtime

API_PREFIXES = ("/api/", "/v2.1/")
"""What is counted: the API. Its descriptions, health and greetings are not."""

UNCOUNTED = frozenset(f"/v2.1/{name}" for name in ("", "docs", "health", "openapi.json", "redoc"))
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"

CORS_SENT = ["Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID", "X-Store-Code"]
"""What pages of other sites may send to the API, beside what browsers allow anyway."""

CORS_SHOWN = [
    "Content-Disposition",
    "Idempotency-Replayed",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-Request-ID",
]
"""What pages of other sites may read of an answer, beside what browsers show anyway."""


class Hosts:
    """Refuses requests for names that are not ours with a problem document: `example.com`, `*.example.com`, or `*`."""

    def __init__(self, app: ASGIApp, *, allowed: Sequence[str]) -> None:
        self.app = app
        self.any = "*" in allowed
        self.names = {name.lower() for name in allowed}
        self.suffixes = tuple(name[1:].lower() for name in allowed if name.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 400."""
        if scope["type"] != "http" or self.any or self._is_ours(Headers(scope=scope).get("host", "")):
            await self.app(scope, receive, send)
            return
        refusal = problem(
            400, "host_not_allowed", "Nothing is served under this host name: see the ALLOWED_HOSTS setting"
        )
        await refusal(scope, receive, send)

    def _is_ours(self, header: str) -> bool:
        host = header.lower()
        name = host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
        return name in self.names or (name.endswith(self.suffixes) and bool(self.suffixes))


class SecurityHeaders:
    """Headers that close doors in browsers, where the answer does not bring its own."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("X-Frame-Options", "DENY")
                headers.setdefault("Referrer-Policy", "same-origin")
                headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
                headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
                if scope["path"].startswith(API_PREFIXES):
                    headers.setdefault("Content-Security-Policy", _API_POLICY)
                    headers.setdefault("Cache-Control", "no-store")
                if self.https:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class LastNet:
    """Turns an exception that nobody handled, a failed commit among them, into a problem document.

    The framework's own refusal of a body that is too large is plain text; it becomes a problem document as well.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; an exception after the answer began can only be passed on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = replaced = False

        async def watch(message: Message) -> None:
            nonlocal started, replaced
            if message["type"] == "http.response.start":
                started = True
                replaced = message["status"] == 413 and _is_plain_text(message)
                if replaced:
                    await from_exception(HTTPException(413))(scope, receive, send)
            if not replaced:
                await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            if started:
                raise
            await from_exception(error)(scope, receive, send)


class RateLimits:
    """Counts API calls: of users by who they are, of programs by their API key, of everybody else by address."""

    def __init__(self, app: ASGIApp, *, runtime: Runtime) -> None:
        self.app = app
        self.runtime = runtime
        settings = runtime.settings
        self.anonymous = Limit("anonymous", settings.rate_limit_requests, settings.rate_limit_window)
        self.user = Limit("user", settings.rate_limit_user_requests, settings.rate_limit_window)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 429."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(API_PREFIXES) or path in UNCOUNTED:
            await self.app(scope, receive, send)
            return
        limit, who = self._caller(scope)
        allowance = await self.runtime.limits.hit(limit, who)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _tell(MutableHeaders(scope=message), limit, allowance)
            await send(message)

        if allowance.allowed:
            await self.app(scope, receive, send_with_headers)
            return
        refusal = problem(
            429,
            "rate_limited",
            f"More than {limit.amount} calls in {limit.seconds} seconds: come back in {allowance.reset_after} seconds",
            retry_after=allowance.reset_after,
        )
        await refusal(scope, receive, send_with_headers)

    def _caller(self, scope: Scope) -> tuple[Limit, str]:
        header = Headers(scope=scope).get("Authorization")
        if header:
            token = bearer_token(header)
            if (prefix := merchants.read_api_key(token, self.runtime.settings)) is not None:
                return self.user, f"key:{prefix}"
            try:
                claims = identity.read_access_token(token, self.runtime.settings)
            except Unauthenticated:
                pass  # whoever brings a bad token is anonymous here; the route says what is wrong with it
            else:
                scope[CLAIMS] = claims
                return self.user, str(claims.user_id)
        host, _ = scope.get("client") or ("unknown", 0)
        return self.anonymous, address_key(host)


def _tell(headers: MutableHeaders, limit: Limit, allowance: Allowance) -> None:
    """Say it as the IETF drafts it (draft-ietf-httpapi-ratelimit-headers), and as most clients have long read it."""
    headers["RateLimit-Policy"] = f'"{limit.name}";q={limit.amount};w={limit.seconds}'
    headers["RateLimit"] = f'"{limit.name}";r={allowance.remaining};t={allowance.reset_after}'
    headers["X-RateLimit-Limit"] = str(limit.amount)
    headers["X-RateLimit-Remaining"] = str(allowance.remaining)
    headers["X-RateLimit-Reset"] = str(math.ceil(time.time() + allowance.reset_after))


def _is_plain_text(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("Content-Type", "").startswith("text/plain")
