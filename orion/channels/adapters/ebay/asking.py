"""Calls to eBay's REST APIs, and what its errors mean.

Source: `errors[]` of the APIs' contracts: errorId, domain, category (REQUEST, BUSINESS: asking again does not help;
APPLICATION: theirs, may pass), message, longMessage, parameters[].
"""

from typing import Any

from orion.channels.adapters.ebay.quota import seconds_to_reset
from orion.channels.client import Answer, ChannelClient
from orion.channels.errors import (
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    Refused,
    ScopeMissing,
    SlowDown,
)
from orion.channels.registry import refusal as plain_refusal

FULFILLMENT = "/sell/fulfillment/v1"
INVENTORY = "/sell/inventory/v1"

_TOKEN_ERRORS = (1001, 1002, 1003)
_SCOPE_ERRORS = (1100,)
_LONGEST = 400


async def ask(client: ChannelClient, operation: str, path: str, **sending: Any) -> dict[str, Any]:
    """The JSON object of a GET. Raises ChannelError."""
    return read(await send(client, operation, "GET", path, **sending))


async def send(client: ChannelClient, operation: str, method: str, path: str, **sending: Any) -> Answer:
    """The answer to a call for the connection's marketplace. Raises ChannelError.

    SlowDown says when the day's calls are counted anew, where it is those that are spent.
    """
    headers = dict(sending.pop("headers", None) or {})
    if marketplace := client.settings.get("marketplace"):
        headers["x-ebay-c-marketplace-id"] = marketplace
    try:
        return await client.send(operation, method, path, headers=headers, **sending)
    except SlowDown as slow:
        api = path.split("/")[2] if path.startswith("/sell/") else ""
        if slow.code != "rate_limited" or not api or (wait := await seconds_to_reset(client, operation, api)) is None:
            raise
        raise await client.slowed_down(operation, wait) from None


def read(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer. Amounts are text in all of eBay's answers. Raises ChannelError."""
    said = answer.json()
    if not isinstance(said, dict):
        raise answer.unreadable("the answer is no JSON object")
    return said


def refusal(answer: Answer) -> ChannelError:
    """The error for a 4xx."""
    errors = errors_of(answer)
    if not errors:
        return plain_refusal(answer)
    numbers = {error.get("errorId") for error in errors}
    words = f"{answer.operation}: {in_words(errors)}"[:_LONGEST]
    if answer.status == 401 or numbers & set(_TOKEN_ERRORS):
        return CredentialsRefused("credentials_refused", words)
    if answer.status == 403 or numbers & set(_SCOPE_ERRORS):
        return ScopeMissing("scope_missing", f"{words} Grant access again on eBay's page, with everything it asks for.")
    if any(error.get("category") == "APPLICATION" for error in errors):
        return ChannelUnavailable("channel_unavailable", words)
    code = "not_found" if answer.status == 404 else "request_refused"
    pairs = tuple((str(error.get("errorId") or ""), _message(error)) for error in errors)
    return Refused(code, words, field_errors=pairs)


def errors_of(answer: Answer) -> list[dict[str, Any]]:
    """The errors that an answer tells, if it does."""
    try:
        return listed(read(answer).get("errors"))
    except ChannelError:
        return []


def listed(errors: Any) -> list[dict[str, Any]]:
    """The objects of what should be a list of objects."""
    return [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []


def in_words(errors: list[dict[str, Any]]) -> str:
    """What errors say, with eBay's numbers."""
    return "; ".join(f"{_message(error)} ({error.get('errorId')})" for error in errors)


def _message(error: dict[str, Any]) -> str:
    return str(error.get("longMessage") or error.get("message") or "no reason given")
