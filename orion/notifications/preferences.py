"""How each user wants to be told of each kind of thing."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import User
from orion.notifications.kinds import KINDS, require_kind
from orion.notifications.models import NotificationPreference


@dataclass(frozen=True, slots=True)
class Preference:
    """How a user is told of a kind of thing."""

    kind: str
    in_app: bool
    mail: bool


async def list_preferences(session: AsyncSession, user: User) -> list[Preference]:
    """One preference for each kind: the user's own, or the usual way."""
    rows = await session.scalars(sa.select(NotificationPreference).where(NotificationPreference.user_id == user.id))
    own = {row.kind: row for row in rows}
    return [
        Preference(name, own[name].in_app, own[name].mail) if name in own else Preference(name, kind.in_app, kind.mail)
        for name, kind in KINDS.items()
    ]


async def set_preferences(session: AsyncSession, user: User, wanted: Mapping[str, tuple[bool, bool]]) -> None:
    """Set (in the portal, by mail) for the kinds that are named; the others stay as they are.

    Raises Invalid (`unknown_notification_kind`).
    """
    for kind in wanted:
        require_kind(kind, f"preferences.{kind[:64]}")
    # One after the other: two forms of the same user at once must not both insert.
    await session.execute(sa.select(User.id).where(User.id == user.id).with_for_update())
    for kind, (in_app, mail) in sorted(wanted.items()):
        await session.merge(NotificationPreference(user_id=user.id, kind=kind, in_app=in_app, mail=mail))
    await session.flush()
