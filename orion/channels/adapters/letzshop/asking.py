"""GraphQL over HTTP: a question, and what is wrong with an answer, which may well come with HTTP 200.

Sources: GraphQL specification (October 2021) section 7, "Response"; the codes in `extensions` are those of Apollo
Server, which most servers use.
"""

from typing import Any

from orion.channels.adapters.answers import read_object
from orion.channels.client import Answer, ChannelClient
from orion.channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    Refused,
    ScopeMissing,
    SlowDown,
    Unreadable,
)
from orion.channels.registry import refusal as plain_refusal

_CREDENTIALS = ("UNAUTHENTICATED", "UNAUTHORIZED", "INVALID_TOKEN", "INVALID_API_KEY")
_SCOPE = ("FORBIDDEN", "ACCESS_DENIED")
_THROTTLED = ("THROTTLED", "RATE_LIMITED", "TOO_MANY_REQUESTS")
_UNAVAILABLE = ("INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT")
_WORDS = (
    (_CREDENTIALS, ("unauthenticated", "not authenticated", "invalid api key", "invalid token")),
    (_SCOPE, ("not authorized", "access denied", "permission")),
    (_THROTTLED, ("too many requests", "rate limit", "throttled")),
)
_LONGEST = 300


async def ask(client: ChannelClient, field: str, document: str, variables: dict[str, Any], path: str) -> Any:
    """What the channel answers to the document's only field.

    Every mutation sets absolute values, so all calls may be repeated. Numbers with a fraction come as text, exactly as
    they were written. Errors below the field leave holes (None) in what comes. Raises ChannelError.
    """
    answer = await client.send(
        field,
        "POST",
        client.host() + path,
        json={"query": document, "variables": variables},
        headers={"authorization": f"Bearer {client.secrets['api_key']}"},
        repeatable=True,
    )
    said = read_object(answer)
    data = said.get("data")
    value = data.get(field) if isinstance(data, dict) else None
    errors = said.get("errors")
    if errors and (value is None or not all(_is_below(error) for error in _listed(errors))):
        error = _error(field, _listed(errors))
        raise await client.slowed_down(field, error.retry_after) if isinstance(error, SlowDown) else error
    if not isinstance(data, dict) or field not in data:
        raise answer.unreadable(f"there is no `{field}` in the data")
    return value


def refusal(answer: Answer) -> ChannelError:
    """The error for a 4xx: what its GraphQL errors say, else what the status says."""
    if answer.status not in (401, 403):
        try:
            errors = _listed(read_object(answer).get("errors"))
        except ChannelError:
            errors = []
        if errors:
            return _error(answer.operation, errors)
    return plain_refusal(answer)


def refused(code: str, operation: str, errors: Any, names: str = "field") -> Refused:
    """The error for a payload's own errors ({field, message}), which come with HTTP 200 and no GraphQL error."""
    pairs = tuple((_text(error.get(names)), _text(error.get("message"))) for error in _listed(errors))
    return Refused(code, f"{operation}: {'; '.join(message for _, message in pairs)}"[:_LONGEST], field_errors=pairs)


def _error(operation: str, errors: list[dict[str, Any]]) -> ChannelError:
    detail = f"{operation}: {'; '.join(_text(error.get('message')) for error in errors)}"[:_LONGEST]
    kinds = {kind for error in errors if (kind := _kind(error))}
    if _CREDENTIALS in kinds:
        return CredentialsRefused("credentials_refused", detail)
    if _SCOPE in kinds:
        return ScopeMissing("scope_missing", detail)
    if _THROTTLED in kinds:
        waits = [wait for error in errors if (wait := _seconds(error)) is not None]
        return SlowDown("rate_limited", detail, retry_after=max(waits, default=None))
    if _UNAVAILABLE in kinds:
        return ChannelUnavailable("channel_unavailable", detail)
    if all(error.get("path") and not _code(error) for error in errors):
        # The field was being worked out and failed: a fault of theirs, which may pass.
        return Unreadable("field_failed", detail)
    pairs = tuple((_place(error), _text(error.get("message"))) for error in errors)
    return Refused("request_refused", detail, field_errors=pairs)


def _kind(error: dict[str, Any]) -> tuple[str, ...] | None:
    code, message = _code(error), _text(error.get("message")).casefold()
    for codes in (_CREDENTIALS, _SCOPE, _THROTTLED, _UNAVAILABLE):
        if code in codes:
            return codes
    if code:
        return None
    return next((codes for codes, words in _WORDS if any(word in message for word in words)), None)


def _code(error: dict[str, Any]) -> str:
    extensions = error.get("extensions")
    return str(extensions.get("code") or "").upper() if isinstance(extensions, dict) else ""


def _seconds(error: dict[str, Any]) -> float | None:
    extensions = error.get("extensions")
    try:
        return max(0.0, float(extensions["retryAfter"])) if isinstance(extensions, dict) else None
    except (KeyError, TypeError, ValueError):
        return None


def _is_below(error: dict[str, Any]) -> bool:
    path = error.get("path")
    return isinstance(path, list) and len(path) > 1 and _kind(error) is None


def _place(error: dict[str, Any]) -> str:
    path = error.get("path")
    return ".".join(str(step) for step in path) if isinstance(path, list) else ""


def _listed(errors: Any) -> list[dict[str, Any]]:
    found = errors if isinstance(errors, list) else [errors] if errors else []
    return [error if isinstance(error, dict) else {"message": str(error)} for error in found]


def _text(value: Any) -> str:
    return str(value) if value is not None else ""
