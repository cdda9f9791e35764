"""What happened to users, for whoever reacts (see `orion.main.wiring`)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class UserDeactivated:
    """An administrator ended what a user may do: their log-ins are over, and so are the keys that they made."""

    user_id: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class PasswordLinkMade:
    """A user may choose a new password. `token` opens the link: it is for the mail, and never stored.

    `actor_id` is the administrator who had it sent, None when somebody asked who says that they are the user.
    """

    user_id: int
    token: str
    expires_at: datetime
    actor_id: int | None
