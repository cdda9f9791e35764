"""Answers that are long files, written while they are sent."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from fastapi.responses import StreamingResponse

from orion import feeds
from orion.feeds import FORMATS, ExportFormat
from orion.merchants import Store

EXPORT_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {kind.media_type.partition(";")[0]: {"schema": {"type": "string"}} for kind in FORMATS.values()},
        "description": "The file. If something fails midway, the connection breaks off",
    }
}
"""For `responses=` of a route that answers with an export."""

_GZIP = 16 + zlib.MAX_WBITS


async def file_response(
    pieces: AsyncGenerator[bytes],
    format_: ExportFormat,
    store: Store | None,
    *,
    headers: dict[str, str] | None = None,
    compress: bool = False,
) -> StreamingResponse:
    """The file, of a store's products or of the shared catalogue.

    Its beginning is made before the answer begins, so that what fails at once is answered as a problem.
    """
    body: AsyncIterator[bytes] = await feeds.begun(pieces)
    filename = feeds.file_name(store, format_)
    sent = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"} | (headers or {})
    if compress:
        body, sent["Content-Encoding"] = _compressed(body), "gzip"
    return StreamingResponse(body, media_type=FORMATS[format_].media_type, headers=sent)


async def _compressed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    async for piece in pieces:
        if packed := await asyncio.to_thread(packer.compress, piece):
            yield packed
    yield packer.flush()
