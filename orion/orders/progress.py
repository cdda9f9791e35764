"""What staff do with an order by themselves: saying how far it is, and that they have looked at it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import User
from orion.kernel import CHANNEL_NAMES, ORDER_STATUSES, Conflict, FieldError, Invalid
from orion.merchants import StoreAccess
from orion.orders import states
from orion.orders.flags import HAPPENED
from orion.orders.models import FLAGS, OrderHistory
from orion.orders.opened import open_order, save
from orion.plumbing.db import utcnow

MAX_REASON = 500


async def advance(
    session: AsyncSession, access: StoreAccess, order_id: int, to: str, reason: str = "", *, seen: str | None = None
) -> None:
    """Say that the order is in preparation, packed (or back a step), or, once shipped, delivered.

    The channel that still says less does not undo it. The same status again changes nothing; but who says what status
    they have `seen` is told when somebody was quicker, so that two do not pack the same goods. Raises NotFound
    (`order_not_found`), Invalid (`unknown_status`, `reason_invalid`), Conflict (`order_moved_on`, naming who did it;
    `status_not_reachable`, naming what can be said), Forbidden (`role_too_low`) below staff. Publishes OrderChanged.
    """
    access.require("staff")
    reason = checked_text(reason, "reason", MAX_REASON)
    if to not in ORDER_STATUSES:
        message = f"{to[:40]!r} is not one of the statuses {', '.join(ORDER_STATUSES)}"
        raise Invalid("unknown_status", message, errors=[FieldError("status", message)])
    opened = await open_order(session, access.store.id, order_id)
    now = opened.order["status"]
    if seen not in (None, now):
        who = await _who_said(session, order_id, access)
        message = f"{who} said meanwhile that the order is {now}, and not {seen} any more: look at it again"
        raise Conflict("order_moved_on", message, errors=[FieldError("seen", message)])
    if now == to:
        return
    may = reachable(now, opened.order["requires_shipping"], opened.order["is_fully_digital"])
    if to not in may:
        ways = f"from here it can be said to be {' or '.join(may)}" if may else "nothing can be said of it by hand now"
        message = f"The order is {now}, and {to} does not follow on that: {ways}"
        raise Conflict("status_not_reachable", message, errors=[FieldError("status", message)])
    opened.order["status"] = to
    stamp = states.STAMPS.get(to)
    if stamp and opened.order[stamp] is None:
        opened.order[stamp] = utcnow()
    opened.note("status", access.user.id, from_status=now, to_status=to, reason=reason or None)
    await save(session, [opened], "status", actor_id=access.user.id)


async def _who_said(session: AsyncSession, order_id: int, access: StoreAccess) -> str:
    """Who gave the order its status."""
    steps = (
        sa.select(OrderHistory.actor, OrderHistory.actor_id, User.username)
        .outerjoin(User, User.id == OrderHistory.actor_id)
        .where(OrderHistory.order_id == order_id, OrderHistory.to_status.is_not(None))
    )
    actor, actor_id, name = (await session.execute(steps.order_by(OrderHistory.id.desc()).limit(1))).one()
    if actor_id == access.user.id:
        return "You yourself"
    return name or CHANNEL_NAMES.get(actor.removeprefix("channel:"), "Somebody")


def reachable(status: str, requires_shipping: bool, is_fully_digital: bool) -> tuple[str, ...]:
    """What staff can say an order is, from `status`: for buttons. Nothing of one that the channel itself sends."""
    if not requires_shipping and not is_fully_digital:
        return ()
    ways = states.BY_PERSON.get(status, ())
    return tuple(to for to in ways if requires_shipping or to != "ready_for_shipment")


async def clear_flag(session: AsyncSession, access: StoreAccess, order_id: int, flag: str) -> None:
    """Somebody has looked at it: the flag goes, and comes back only when what it is about gets different.

    A flag that is not up changes nothing. Raises NotFound (`order_not_found`), Invalid (`unknown_flag`), Forbidden
    (`role_too_low`) below staff. Publishes OrderChanged.
    """
    access.require("staff")
    if flag not in FLAGS:
        message = f"{flag[:40]!r} is not one of the flags {', '.join(FLAGS)}"
        raise Invalid("unknown_flag", message, errors=[FieldError("flag", message)])
    opened = await open_order(session, access.store.id, order_id)
    order: dict[str, Any] = opened.order
    if flag not in order["flags"]:
        return
    order["flags"] = [each for each in order["flags"] if each != flag]
    if flag not in HAPPENED:
        order["cleared"] = [each for each in FLAGS if each == flag or each in order["cleared"]]
    opened.note("cleared", access.user.id, details={"flags": [flag]})
    await save(session, [opened], "cleared", actor_id=access.user.id)


def checked_text(text: str, field: str, longest: int) -> str:
    """The text trimmed. Raises Invalid (`<field>_invalid`) for one that is too long or not printable."""
    text = text.strip()
    if len(text) > longest or "\0" in text:
        message = f"The {field} takes up to {longest:,} characters"
        raise Invalid(f"{field}_invalid", message, errors=[FieldError(field, message)])
    return text
