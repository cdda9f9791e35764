"""How a fetch can fail: for good, or so that trying again may help."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from orion.kernel import Invalid, Unavailable

MAX_RETRY_AFTER = 6 * 3600.0


class FetchRefused(Invalid):
    """Asking again changes nothing: somebody has to mend the address or the file behind it."""

    retryable = False


class FetchFailed(Unavailable):
    """The other side failed us this time; `retry_after` is what it asked us to wait, in seconds."""

    retryable = True


def retry_after(header: str | None) -> float | None:
    """The seconds a Retry-After header asks for (a number or a date), at most six hours; None without a valid one."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER) if math.isfinite(seconds) else None


def for_status(status: int, shown: str, wait: float | None) -> FetchRefused | FetchFailed:
    """The error for an HTTP status that brings no feed. `shown` is the redacted URL, `wait` the Retry-After."""
    try:
        answered = f"{shown} answered {status} ({HTTPStatus(status).phrase})"
    except ValueError:
        answered = f"{shown} answered {status}"
    if status in (404, 410):
        return FetchRefused("feed_not_found", f"{answered}: there is no feed. Check the address.")
    if status in (401, 403):
        return FetchRefused(
            "feed_forbidden",
            f"{answered}. Orion reads feeds without a log-in: ask for an address that is open, or has a secret in its "
            "path.",
        )
    if status >= 500 or status in (202, 206, 408, 425, 429):
        return FetchFailed("feed_http_error", f"{answered}. Try again later.", retry_after=wait)
    return FetchRefused("feed_http_error", f"{answered} instead of a feed. Check that the address works in a browser.")
