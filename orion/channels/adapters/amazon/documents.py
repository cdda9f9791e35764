"""Documents of reports and feeds: they lie at addresses of their own, which Amazon gives out for five minutes.

Those who have the address need no token, and none is sent there.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from orion.channels.adapters.amazon.asking import ask
from orion.channels.adapters.values import Odd, text
from orion.channels.client import ChannelClient
from orion.channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    Refused,
    ScopeMissing,
    Unreadable,
)

DOCUMENT_HOSTS = (".amazonaws.com",)
"""Where Amazon keeps documents."""

MAX_PACKED = 64 * 1024 * 1024
MAX_UNPACKED = 512 * 1024 * 1024
_LONGEST_PAUSE = 30.0


async def fetch(client: ChannelClient, operation: str, path: str, document_id: str) -> bytes:
    """The document, unpacked. Raises ChannelError."""
    where = await ask(client, operation, "GET", f"{path}/{quote(document_id, safe='')}", max_wait=10.0)
    content = await _exchange(client, "GET", address(where))
    return _unpack(content) if where.get("compressionAlgorithm") == "GZIP" else content


async def put(client: ChannelClient, url: str, content: bytes, content_type: str) -> None:
    """Write a document. Raises ChannelError."""
    await _exchange(client, "PUT", url, content=content, headers={"content-type": content_type})


def address(where: dict[str, Any]) -> str:
    """Where a document lies. Raises Unreadable."""
    try:
        url = text(where, "url")
    except Odd:
        url = None
    if not url:
        raise Unreadable("unreadable", "Amazon does not say where the document lies")
    return url


async def pauses(client: ChannelClient, times: int) -> AsyncIterator[int]:
    """Wait ever longer between tries, up to half a minute."""
    first = client.runtime.settings.channel_retry_seconds
    for number in range(times):
        yield number
        await asyncio.sleep(min(_LONGEST_PAUSE, first * 2.0**number))


async def _exchange(client: ChannelClient, method: str, url: str, **sending: Any) -> bytes:
    try:
        answer = await client.send("document", method, url, token=False, max_bytes=MAX_PACKED, **sending)
    except (ScopeMissing, CredentialsRefused, Refused) as error:
        # It is the address that is refused, for instance because it has ended; the connection itself is fine.
        raise ChannelUnavailable("document_refused", f"The document could not be had: {error.detail}") from None
    return answer.content


def _unpack(content: bytes) -> bytes:
    unpacking = zlib.decompressobj(wbits=31)
    try:
        found = unpacking.decompress(content, MAX_UNPACKED)
    except zlib.error:
        raise _broken() from None
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise _broken()
    return found


def _broken() -> ChannelError:
    return Unreadable("unreadable", "The document does not unpack, or is too large")
