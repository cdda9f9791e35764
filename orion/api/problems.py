"""Failures as RFC 9457 problem documents: a stable `code` for programs, `detail` and `errors[]` for people."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from orion.kernel import FieldError, OrionError
from orion.plumbing.observability import PROBLEM

logger = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"


class ProblemField(BaseModel):
    """One field that is wrong."""

    field: str = Field(description="dotted path", examples=["body.batch_size"])
    message: str = Field(description="what is wrong and how to mend it")


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field("about:blank", description="a URI for the kind of problem")
    title: str = Field(description="the HTTP status in words", examples=["Not Found"])
    status: int = Field(examples=[404])
    code: str = Field(description="stable, for programs", examples=["store_not_found"])
    detail: str = Field(description="for people: what happened and how to mend it")
    errors: list[ProblemField] = Field(default=[], description="single fields that are wrong")
    request_id: str | None = Field(None, description="quote it when asking for help; it is in the logs")


class ProblemResponse(JSONResponse):
    """A problem document. The code stays in the scope, where the figures of requests are made."""

    media_type = MEDIA_TYPE

    def __init__(self, content: Mapping[str, Any], status: int, headers: Mapping[str, str]) -> None:
        super().__init__(content, status, headers)
        self._code = content["code"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        scope[PROBLEM] = self._code
        await super().__call__(scope, receive, send)


def problem(  # one line for each fact of the document
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    retry_after: float | None = None,
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    """The answer for one failure; `retry_after` in seconds becomes a header."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "errors": [{"field": error.field, "message": error.message} for error in errors],
    }
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        content["request_id"] = request_id
    extra = dict(headers or {})
    if retry_after is not None:
        extra["Retry-After"] = str(max(1, math.ceil(retry_after)))
    if status == HTTPStatus.UNAUTHORIZED:
        extra.setdefault("WWW-Authenticate", "Bearer")
    return ProblemResponse(content, status, extra)


def from_exception(error: Exception) -> ProblemResponse:
    """The problem that any exception is: its own, or a 500 that gives nothing away and a log entry that tells all."""
    if isinstance(error, OrionError):
        return problem(error.status, error.code, error.detail, errors=error.errors, retry_after=error.retry_after)
    if isinstance(error, RequestValidationError):
        return _from_validation(error)
    if isinstance(error, HTTPException):
        return _from_http(error)
    if isinstance(error, UnicodeEncodeError) or _is_unstorable_text(error):
        return problem(422, "text_invalid", "A text cannot be stored: take the NUL characters and lone surrogates out")
    if _is_disk_trouble(error):
        logger.error("database_not_writable", error=str(error))
        detail = "The database cannot be written: its disk is full or broken, or its file is read-only"
        return problem(503, "database_not_writable", detail, retry_after=60)
    if _is_database_away(error):
        logger.error("database_unavailable", error=str(error))
        return problem(503, "database_unavailable", "The database does not answer: try again shortly", retry_after=5)
    logger.error("unexpected_error", exc_info=error)
    return problem(500, "internal_error", "Something went wrong on our side; the request id finds it in the logs")


def install_problems(app: FastAPI) -> None:
    """Answer every failure of the application with a problem document, and say so in its OpenAPI."""

    async def answer(_: Request, error: Exception) -> Response:
        return from_exception(error)

    for kind in (OrionError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, answer)


@contextmanager
def body_fields(**names: str) -> Iterator[None]:
    """Name the fields of a failure as the caller sent them: under `body`, and by their documented `names`."""
    try:
        yield
    except OrionError as error:
        error.errors = tuple(FieldError(f"body.{names.get(e.field, e.field)}", e.message) for e in error.errors)
        raise


@contextmanager
def query_fields(**names: str) -> Iterator[None]:
    """Name the fields of a failure as the query has them, by their documented `names`."""
    try:
        yield
    except OrionError as error:
        error.errors = tuple(FieldError(names.get(e.field, e.field), e.message) for e in error.errors)
        raise


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "What went wrong, as a problem document (RFC 9457)",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
}
"""For `responses=` of a router: one reusable schema for every failure."""


_HTTP_CODES = {
    400: ("request_malformed", "The request could not be read: check its syntax and its Content-Type"),
    404: ("not_found", "There is nothing at this path: /docs lists what there is"),
    405: ("method_not_allowed", "This path does not take this method: the Allow header lists those it takes"),
    413: ("body_too_large", "The body of the request is too large"),
    415: ("media_type_unsupported", "Send the body with a Content-Type that this path takes"),
}


def _from_http(error: HTTPException) -> ProblemResponse:
    status = error.status_code
    code, detail = _HTTP_CODES.get(status, (HTTPStatus(status).name.lower(), str(error.detail)))
    return problem(status, code, detail, headers=error.headers)


def _from_validation(error: RequestValidationError) -> ProblemResponse:
    errors = []
    for found in error.errors():
        if found["type"] == "json_invalid":
            why, where = found["ctx"]["error"], found["loc"][-1]
            return problem(400, "json_invalid", f"The body is not JSON: {why} at character {where}")
        errors.append(FieldError(".".join(map(str, found["loc"])), _how_to_mend(found)))
    detail = "; ".join(f"{e.field}: {e.message}" for e in errors[:3]) + ("; ..." if len(errors) > 3 else "")
    return problem(422, "validation_failed", detail, errors=errors)


def _how_to_mend(found: Mapping[str, Any]) -> str:
    message = str(found["msg"]).removeprefix("Value error, ")
    hint = {
        "missing": "This field is required: send it",
        "extra_forbidden": "There is no such field: take it out, or check its spelling",
    }.get(found["type"])
    if found["type"] in ("model_attributes_type", "dict_type"):
        hint = "Send a JSON object here, with Content-Type: application/json"
    if hint:
        return hint
    value = found.get("input")
    shown = f" (got {value!r})" if isinstance(value, str | int | float | bool) and len(repr(value)) <= 64 else ""
    return message + ("" if "password" in str(found["loc"][-1]) else shown)


def _is_unstorable_text(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    if getattr(error.orig, "sqlstate", None) == "22021":
        return True
    cause: BaseException | None = error.orig
    while cause is not None and not isinstance(cause, UnicodeEncodeError):
        cause = cause.__cause__
    return cause is not None


def _is_disk_trouble(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    if str(getattr(error.orig, "sqlstate", None) or "").startswith("531"):
        return True
    signs = ("readonly database", "disk is full", "disk I/O error")
    return isinstance(error, OperationalError) and any(sign in str(error.orig) for sign in signs)


def _is_database_away(error: Exception) -> bool:
    if isinstance(error, PoolTimeout | ConnectionError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if error.connection_invalidated or state.startswith(("08", "53", "57P")):
        return True
    return isinstance(error, OperationalError) and any(
        sign in str(error.orig) for sign in ("database is locked", "unable to open database")
    )
