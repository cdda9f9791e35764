"""Answers that are long files, written while they are sent."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from fastapi.responses import StreamingResponse

from orion.feeds import FORMATS, ExportFormat
from orion.plumbing.db import utcnow

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
    name: str,
    *,
    headers: dict[str, str] | None = None,
    compress: bool = False,
) -> StreamingResponse:
    """The file, which browsers save as `name` (plain ASCII) with the day and the ending of its format.

    Its beginning is made before the answer begins, so that what fails at once is answered as a problem.
    """
    try:
        first = await anext(pieces)
    except BaseException:
        await pieces.aclose()
        raise
    kind = FORMATS[format_]
    filename = f"{name}-{utcnow().date().isoformat()}.{kind.suffix}"
    sent = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"} | (headers or {})
    body = _whole(first, pieces)
    if compress:
        body, sent["Content-Encoding"] = _compressed(body), "gzip"
    return StreamingResponse(body, media_type=kind.media_type, headers=sent)


async def _whole(first: bytes, pieces: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
    try:
        yield first
        async for piece in pieces:
            yield piece
    finally:
        await pieces.aclose()


async def _compressed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    async for piece in pieces:
        if packed := await asyncio.to_thread(packer.compress, piece):
            yield packed
    yield packer.flush()
