"""Reading what a browser sends, leniently where nothing can go wrong: a page number that is none is page one."""

from collections.abc import Collection

from starlette.datastructures import FormData
from starlette.requests import Request

from orion.kernel import OrionError
from orion.web import labels

_LAST_PAGE = 1_000_000


def page_number(request: Request) -> int:
    """The `page` of the address, from 1."""
    text = request.query_params.get("page", "")
    return min(max(1, int(text)), _LAST_PAGE) if text.isascii() and text.isdigit() else 1


def choice(request: Request, name: str, known: Collection[str]) -> str | None:
    """A parameter that is one of `known`; anything else means "no filter"."""
    value = request.query_params.get(name)
    return value if value in known else None


def text(request: Request, name: str, longest: int = 200) -> str | None:
    """A text parameter without blanks around it, or None when it says nothing."""
    return request.query_params.get(name, "").replace("\x00", "").strip()[:longest] or None


def position(request: Request, name: str) -> int | None:
    """A parameter that is the number of a row to go on from; anything else means from the beginning."""
    value = request.query_params.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def field(form: FormData, name: str) -> str:
    """A text field of a form; a field that is missing, or a file, is empty."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def field_errors(error: OrionError) -> dict[str, str]:
    """The messages of a failure by the plain name of the field ("body.name" -> "name"), for the form to show.

    "" holds the message when no field is to blame.
    """
    named = [(item.field.rsplit(".", 1)[-1], item.message) for item in error.errors]
    errors = {name: labels.problem(error.code, message, name) for name, message in named}
    return errors or {"": labels.problem(error.code, error.detail)}
