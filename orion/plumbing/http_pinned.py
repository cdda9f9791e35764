"""One request to exactly an address that was checked: what fetching and posting share."""

import ssl
from collections.abc import Sequence

import httpx

from orion.plumbing import addresses
from orion.plumbing.addresses import Address


class NoSuchHost(Exception):
    """The name has no address."""

    def __init__(self, host: str) -> None:
        super().__init__(f"there is no host {host!r}")
        self.host = host


class AddressRefused(Exception):
    """The name leads to an address that is not public, and that the settings do not allow."""

    def __init__(self, address: Address) -> None:
        super().__init__(f"{address} is not a public address")
        self.address = address


async def send_pinned(
    transport: httpx.AsyncBaseTransport,
    request: httpx.Request,
    allowed_hosts: Sequence[str],
    resolver: addresses.Resolver,
) -> httpx.Response:
    """Resolve the host, check all its addresses, and send to one of them; redirects are the caller's business.

    Tries each address in turn. The request's own Host header and the name for TLS stay. Raises NoSuchHost,
    AddressRefused and what httpx raises.
    """
    url = request.url
    host = url.raw_host.decode("ascii")
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        candidates = await resolver(host, port)
    except (OSError, UnicodeError):
        candidates = []
    if not candidates:
        raise NoSuchHost(host)
    if (bad := addresses.refused(host, candidates, port, allowed_hosts)) is not None:
        raise AddressRefused(bad)
    for position, address in enumerate(candidates, start=1):
        pinned = httpx.Request(
            request.method,
            url.copy_with(host=str(address)),
            headers=request.headers,
            content=request.content,
            extensions={**request.extensions, "sni_hostname": host},
        )
        try:
            return await transport.handle_async_request(pinned)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if position == len(candidates) or certificate_error(error):
                raise
    raise AssertionError("unreachable: the last address either answers or raises")


def certificate_error(error: BaseException | None) -> ssl.SSLError | None:
    """The TLS failure behind an error of httpx, which wraps it twice."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error
