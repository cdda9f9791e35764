"""What can go wrong with a channel, by what follows from it.

`detail` is for people and never holds a secret; `code` is stable. Whoever calls an adapter needs only these.
"""


class ChannelError(Exception):
    """A channel did not do what was asked. `retryable`: the same call may work later, after `retry_after` seconds."""

    retryable = False

    def __init__(self, code: str, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


class CredentialsRefused(ChannelError):
    """The credentials are wrong, expired or revoked: a person has to connect again."""


class ScopeMissing(ChannelError):
    """The credentials are right and may not do this: a person has to grant it."""


class Refused(ChannelError):
    """The channel understood and says no; asking again does not help. `field_errors` as the channel names them."""

    def __init__(self, code: str, detail: str, *, field_errors: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(code, detail)
        self.field_errors = field_errors


class Unreadable(ChannelError):
    """The channel answered something else than its protocol says (a page of HTML, half a document)."""

    retryable = True


class ChannelUnavailable(ChannelError):
    """Time-outs, refused connections, 5xx: nothing was done, or what was done may be done again."""

    retryable = True


class SlowDown(ChannelError):
    """The channel's limit is reached, or our own budget for it is spent; `retry_after` says when to come back."""

    retryable = True


class ReplyLost(ChannelError):
    """A call that must not be made twice was sent and its answer did not come: look the effect up before repeating."""
