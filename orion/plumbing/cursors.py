"""Where a list goes on: positions that clients carry for us, signed so that none can be made up or moved elsewhere."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

import orjson

from orion.kernel import FieldError, Invalid
from orion.plumbing.settings import Settings

_SIGNATURE = 16


def write_cursor(settings: Settings, scope: str, position: Sequence[Any]) -> str:
    """The cursor for `position` (JSON values: the sort key of the last item shown) in the list that `scope` names.

    `scope` says everything that must be the same when the cursor comes back: the list, the store, filters and sort.
    """
    payload = orjson.dumps(list(position))
    return urlsafe_b64encode(_sign(settings, scope, payload) + payload).decode().rstrip("=")


def read_cursor(settings: Settings, scope: str, cursor: str) -> list[Any]:
    """The position that `write_cursor` was given. Raises Invalid (`invalid_cursor`) for any other text or scope."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except ValueError:
        raw = b""
    signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
    if not payload or not hmac.compare_digest(signature, _sign(settings, scope, payload)):
        message = "This cursor is not one of this list: take next_cursor from the last answer, with the same filters"
        raise Invalid("invalid_cursor", message, errors=[FieldError("cursor", message)])
    position: list[Any] = orjson.loads(payload)
    return position


def _sign(settings: Settings, scope: str, payload: bytes) -> bytes:
    text = b"cursor\0%s\0%s" % (scope.encode(), payload)
    return hmac.digest(settings.signing_key().encode(), text, hashlib.sha256)[:_SIGNATURE]
