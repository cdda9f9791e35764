"""The refusals that several verbs of this package share, and what can be wrong with a feed as a file."""

from orion.kernel import FieldError, Invalid, NotFound, Unavailable


def import_not_found(job_id: int) -> NotFound:
    """There is no such import, or it belongs to a store that the caller may not enter."""
    return NotFound("import_not_found", f"There is no import {job_id}.")


def invalid(field: str, code: str, message: str) -> Invalid:
    """One field is wrong; `message` says how to mend it."""
    return Invalid(code, message, errors=[FieldError(field, message)])


class FeedUnreadable(Invalid):
    """The file cannot be read as a feed; reading it again changes nothing.

    Codes: `feed_empty`, `feed_not_csv`, `feed_corrupt`, `feed_bad_xml`, `feed_too_large`.
    """

    retryable = False


class FeedTruncated(Unavailable):
    """The end of the file is missing (code `feed_truncated`): worth another download."""

    retryable = True
