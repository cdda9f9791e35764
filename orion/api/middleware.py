"""What every request passes before the routes: safe headers, a last net for failures, and rate limits. Pure ASGI."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orion import identity
from orion.api.problems import from_exception, problem
from orion.api.routing import bearer_token
from orion.kernel import Unauthenticated
from orion.plumbing.limits import Allowance, Limit, address_key
from orion.plumbing.runtime import Runtime

API_PREFIX = "/api/"
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"


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
                if scope["path"].startswith(API_PREFIX):
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
    """Counts API calls: of users by who they are, of everybody else by address."""

    def __init__(self, app: ASGIApp, *, runtime: Runtime) -> None:
        self.app = app
        self.runtime = runtime
        settings = runtime.settings
        self.anonymous = Limit("anonymous", settings.rate_limit_requests, settings.rate_limit_window)
        self.user = Limit("user", settings.rate_limit_user_requests, settings.rate_limit_window)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 429."""
        if scope["type"] != "http" or not scope["path"].startswith(API_PREFIX):
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
            try:
                claims = identity.read_access_token(bearer_token(header), self.runtime.settings)
            except Unauthenticated:
                pass  # whoever brings a bad token is anonymous here; the route says what is wrong with it
            else:
                return self.user, str(claims.user_id)
        host, _ = scope.get("client") or ("unknown", 0)
        return self.anonymous, address_key(host)


def _tell(headers: MutableHeaders, limit: Limit, allowance: Allowance) -> None:
    headers["RateLimit-Policy"] = f'"{limit.name}";q={limit.amount};w={limit.seconds}'
    headers["RateLimit"] = f'"{limit.name}";r={allowance.remaining};t={allowance.reset_after}'


def _is_plain_text(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("Content-Type", "").startswith("text/plain")
