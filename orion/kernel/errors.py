"""What can go wrong, in seven kinds. Every surface (JSON, page, command line) translates these and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that is wrong: `field` is a dotted path ("body.batch_size"), `message` says how to mend it."""

    field: str
    message: str


class OrionError(Exception):
    """A failure that a person can understand and act on.

    `code` is stable and for programs ("store_not_found"); `detail` is for people; `errors` names single fields;
    `retry_after` is in seconds, where waiting helps. A failure undoes the transaction it leaves, unless its class says
    `keeps_effects`: then what was written is the answer to the failure (a stolen token's family revoked).
    """

    kind = "invalid"
    status = 422
    keeps_effects = False

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after


class Invalid(OrionError):
    """The input cannot be accepted as it is."""


class Unauthenticated(OrionError):
    """Nobody is logged in, or the proof of it is not valid (any more)."""

    kind = "unauthenticated"
    status = 401


class Forbidden(OrionError):
    """The caller may see the thing, and may not do this with it."""

    kind = "forbidden"
    status = 403


class NotFound(OrionError):
    """There is no such thing, or the caller may not know that there is."""

    kind = "not_found"
    status = 404


class Conflict(OrionError):
    """The state of things does not allow it now."""

    kind = "conflict"
    status = 409


class RateLimited(OrionError):
    """Too many calls; `retry_after` says when to come back."""

    kind = "rate_limited"
    status = 429


class Unavailable(OrionError):
    """Something we depend on does not answer."""

    kind = "unavailable"
    status = 503
