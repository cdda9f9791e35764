"""Who may act for the whole platform."""

from dataclasses import InitVar, dataclass

from orion.identity.models import User
from orion.kernel import Forbidden

_MINT = object()


@dataclass(frozen=True, slots=True)
class Admin:
    """The proof that `user` is an active administrator; platform-wide verbs ask for it. Made by `as_admin` alone."""

    user: User
    mint: InitVar[object] = None

    def __post_init__(self, mint: object) -> None:
        if mint is not _MINT:
            raise TypeError("an Admin comes from identity.as_admin()")


def as_admin(user: User) -> Admin:
    """The proof for an administrator. Raises Forbidden (`admin_required`) for everybody else."""
    if user.role != "admin" or not user.is_active:
        raise Forbidden("admin_required", "Only an administrator may do this")
    return Admin(user, _MINT)
