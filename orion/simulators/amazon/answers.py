"""Answers and arguments in the words of the Selling Partner API."""

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class Wrong(Exception):
    """The call is refused: `status`, and an error of the protocol."""

    def __init__(self, message: str, *, status: int = 400, code: str = "InvalidInput", details: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = details

    def answer(self) -> Response:
        """As the protocol says it."""
        return refuse(self.status, self.code, str(self), self.details)


def refuse(status: int, code: str, message: str, details: str = "") -> Response:
    """An error list with one error."""
    return JSONResponse({"errors": [{"code": code, "message": message, "details": details}]}, status)


def listed(request: Request, name: str) -> list[str]:
    """A list of the query: comma-separated, said once or again."""
    return [part for text in request.query_params.getlist(name) for part in text.split(",") if part]


def choices(request: Request, name: str, allowed: tuple[str, ...]) -> list[str]:
    """A list of the query, all of which are among the allowed. Raises Wrong."""
    found = listed(request, name)
    if bad := [one for one in found if one not in allowed]:
        raise Wrong(f"Value '{bad[0]}' at '{name}' failed to satisfy constraint: one of {', '.join(allowed)}")
    return found


def number(request: Request, name: str, default: int, most: int) -> int:
    """A number of the query from 1 to `most`. Raises Wrong."""
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise Wrong(f"Value '{text}' at '{name}' failed to satisfy constraint: from 1 to {most}")
    return int(text)


def moment(request: Request, name: str) -> datetime | None:
    """A moment of the query, with its offset. Raises Wrong."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(f"Invalid input: '{name}' is no ISO 8601 date") from None
    if found.tzinfo is None:
        raise Wrong(f"Invalid input: '{name}' has no offset")
    return found


async def body(request: Request) -> dict[str, Any]:
    """The JSON object that was sent. Raises Wrong."""
    try:
        found = await request.json()
    except ValueError:
        raise Wrong("Could not match input arguments") from None
    if not isinstance(found, dict):
        raise Wrong("Could not match input arguments")
    return found


def token_of(state: dict[str, Any]) -> str:
    """A place to go on from, as text that only we read."""
    return base64.urlsafe_b64encode(json.dumps(state).encode()).decode()


def read_token(text: str, name: str) -> dict[str, Any]:
    """What `token_of` was given. Raises Wrong."""
    try:
        found = json.loads(base64.urlsafe_b64decode(text.encode()))
    except (binascii.Error, ValueError):
        found = None
    if not isinstance(found, dict):
        raise Wrong(f"The provided {name} is invalid")
    return found
