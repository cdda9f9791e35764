"""What every JSON channel's answers have in common."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from orion.channels.adapters.values import Odd
from orion.channels.client import Answer
from orion.channels.errors import Refused
from orion.channels.ports import MalformedItem

T = TypeVar("T")


def read_object(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer; numbers with a fraction come as text, exactly as they were written.

    Raises ChannelError as `Answer.unreadable` makes it.
    """
    try:
        said = json.loads(answer.content, parse_float=str, parse_constant=_no_number)
    except ValueError:
        raise answer.unreadable("the answer is no JSON") from None
    if not isinstance(said, dict):
        raise answer.unreadable("the answer is no JSON object")
    return said


def read_entries(
    nodes: list[Any], read: Callable[[dict[str, Any]], T], id_name: str
) -> tuple[list[T], list[MalformedItem]]:
    """What can be read of a page, and what cannot: nothing that is odd sinks the rest."""
    found: list[T] = []
    malformed: list[MalformedItem] = []
    for node in nodes:
        try:
            if not isinstance(node, dict):
                raise Odd("the entry is missing")
            found.append(read(node))
        except Odd as odd:
            id_ = node.get(id_name) if isinstance(node, dict) else None
            told = isinstance(id_, str | int) and not isinstance(id_, bool) and id_ != ""
            malformed.append(MalformedItem(str(id_) if told else None, str(odd), node))
    return found, malformed


def read_cursor(cursor: str | None, operation: str) -> dict[str, Any]:
    """The place that a cursor of ours stands for; empty for none. Raises Refused (`cursor_unknown`)."""
    try:
        found = json.loads(cursor) if cursor else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused("cursor_unknown", f"{operation}: this cursor is none of ours")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")
