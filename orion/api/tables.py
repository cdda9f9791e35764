"""Lists as CSV, streamed: the whole of it never stands in memory, and no transaction stays open while it is read."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Literal

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Send

from orion.plumbing.csv_lines import csv_lines, for_spreadsheet

__all__ = ["CSV_RESPONSE", "Format", "csv_response", "for_spreadsheet", "wants_csv"]

Format = Literal["json", "csv"]

CSV_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The list, as JSON or as CSV"}
}
"""For `responses=` of a route that can answer with CSV."""


def wants_csv(request: Request, format_: Format | None) -> bool:
    """Whether the answer is to be CSV: `?format=` decides, else which of the two the Accept header names first."""
    if format_ is not None:
        return format_ == "csv"
    for part in request.headers.get("Accept", "").split(","):
        media_type = part.partition(";")[0].strip().lower()
        if media_type in ("text/csv", "application/json", "application/*", "*/*"):
            return media_type == "text/csv"
    return False


def csv_response(
    filename: str, header: Sequence[str], steps: AsyncIterator[Iterable[Sequence[Any]]]
) -> StreamingResponse:
    """The rows of all `steps` under `header`, as a UTF-8 file that browsers save as `filename` (plain ASCII)."""
    return _Checked(
        csv_lines(header, steps),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"},
    )


class _Checked(StreamingResponse):
    """Has its first rows before it says 200: what refuses them can still answer with a problem."""

    async def stream_response(self, send: Send) -> None:
        lines = aiter(self.body_iterator)
        first = await anext(lines)

        async def whole() -> AsyncIterator[str | bytes | memoryview]:
            yield first
            async for more in lines:
                yield more

        self.body_iterator = whole()
        await super().stream_response(send)
