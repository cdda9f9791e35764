"""What can be wrong with a feed as a file, before any of its rows is looked at."""

from orion.kernel import Invalid, Unavailable


class FeedUnreadable(Invalid):
    """The file cannot be read as a feed; reading it again changes nothing.

    Codes: `feed_empty`, `feed_not_csv`, `feed_corrupt`, `feed_too_large`.
    """

    retryable = False


class FeedTruncated(Unavailable):
    """The end of the file is missing (code `feed_truncated`): worth another download."""

    retryable = True
