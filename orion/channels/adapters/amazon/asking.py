"""Calls to the Selling Partner API, and what its errors mean.

Source: the API's models (`ErrorList`: errors[].code, message, details) and "SP-API Errors" of its guide. What is not
allowed is 403 `Unauthorized`, an access token that has ended as much as a role that is missing: words tell them apart.
"""

from datetime import UTC, datetime
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
)
from orion.channels.registry import refusal as plain_refusal

_DENIED = ("unauthorized", "accessdenied", "forbidden", "invalidsignature", "missingauthenticationtoken")
_THROTTLED = ("quotaexceeded", "toomanyrequests", "requestthrottled")
_UNAVAILABLE = ("internalfailure", "internalerror", "serviceunavailable")
_TOKEN_WORDS = ("expired", "revoked", "malformed")
_LONGEST = 400


async def ask(
    client: ChannelClient, operation: str, method: str, path: str, *, repeatable: bool | None = None, **sending: Any
) -> dict[str, Any]:
    """The JSON object that the API answers. Raises ChannelError.

    Numbers with a fraction come as text, exactly as they were written. `sending` is what `ChannelClient.send` takes.
    """
    answer = await send(client, operation, method, path, repeatable=repeatable, **sending)
    return read_object(answer)


async def send(client: ChannelClient, operation: str, method: str, path: str, **sending: Any) -> Answer:
    """The answer to a call of the connection's region. Raises ChannelError.

    With the header `x-amz-date`, which the guide still lists among those that are needed.
    """
    sending["headers"] = {"x-amz-date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")}
    region = client.settings.get("region") or "eu"
    return await client.send(operation, method, client.host(region) + path, **sending)


def refusal(answer: Answer) -> ChannelError:
    """The error for a 4xx."""
    errors = _errors(answer)
    if not errors:
        return plain_refusal(answer)
    codes = {code.lower() for code, _ in errors}
    words = f"{answer.operation}: {'; '.join(message for _, message in errors)}"[:_LONGEST]
    if answer.status in (401, 403) or codes & set(_DENIED):
        if token_ended(answer):
            return CredentialsRefused("credentials_refused", words)
        return ScopeMissing(
            "scope_missing", f"{words} The app lacks the role for it, or the seller has not granted it."
        )
    if codes & set(_THROTTLED):
        return SlowDown("rate_limited", words)
    if codes & set(_UNAVAILABLE):
        return ChannelUnavailable("channel_unavailable", words)
    code = "not_found" if answer.status == 404 or "notfound" in codes else "request_refused"
    return Refused(code, words, field_errors=errors)


def token_ended(answer: Answer) -> bool:
    """Whether it is the access token that was not taken."""
    if answer.status == 401:
        return True
    if answer.status != 403:
        return False
    return any(word in message.lower() for _, message in _errors(answer) for word in _TOKEN_WORDS)


def _errors(answer: Answer) -> tuple[tuple[str, str], ...]:
    """The errors as (code, message with its details)."""
    try:
        errors = read_object(answer).get("errors")
    except ChannelError:
        return ()
    if isinstance(errors, dict):  # ConfirmShipmentErrorResponse has been seen to nest its list
        errors = errors.get("errors")
    found = []
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict):
            said = [str(error[name]).strip() for name in ("message", "details") if error.get(name)]
            found.append((str(error.get("code") or ""), " ".join(said)))
    return tuple(found)
