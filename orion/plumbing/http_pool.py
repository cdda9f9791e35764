"""The connections that this process keeps open to the servers it asks again and again.

A bare transport on purpose: httpx's client would keep cookies, read proxies from the environment and follow
redirects, and none of these may pass between callers with credentials of their own.
"""

import httpx

MOST_CONNECTIONS = 200
KEPT_OPEN = 50


class HttpPool:
    """Made at the first call, closed once, when the process ends. Belongs to the event loop of its first call."""

    def __init__(self) -> None:
        self._transport: httpx.AsyncHTTPTransport | None = None

    async def send(self, request: httpx.Request) -> httpx.Response:
        """The answer with its body still to be read, and to be closed by the caller. Raises httpx.TransportError."""
        if self._transport is None:
            limits = httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=KEPT_OPEN)
            self._transport = httpx.AsyncHTTPTransport(trust_env=False, limits=limits)
        return await self._transport.handle_async_request(request)

    async def close(self) -> None:
        """Close what is open; a later call opens anew."""
        if self._transport is not None:
            transport, self._transport = self._transport, None
            await transport.aclose()
