"""Who belongs to a merchant, and as what."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import User, find_user
from orion.kernel import Conflict, FieldError, Forbidden, Invalid, NotFound, Page, page_offset
from orion.merchants.access import ROLES, Role, StoreAccess
from orion.merchants.events import MemberChanged
from orion.merchants.models import Member, Merchant
from orion.plumbing.events import publish


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member as others see them; `is_active` is whether the user can log in."""

    user_id: int
    username: str
    email: str
    role: Role
    is_active: bool
    since: datetime
    last_login_at: datetime | None


async def list_members(
    session: AsyncSession, access: StoreAccess, *, page: int = 1, limit: int = 50
) -> Page[MemberView]:
    """The members of the store's merchant, by user name. Raises Forbidden (`role_too_low`) below manager."""
    access.require("manager")
    mine = Member.merchant_id == access.store.merchant_id
    offset = page_offset(page, limit)
    total = await session.scalar(sa.select(sa.func.count()).select_from(Member).where(mine)) or 0
    rows = await session.execute(
        _views().where(mine).order_by(sa.func.lower(User.username)).offset(offset).limit(limit)
    )
    return Page([_view(row) for row in rows], total, page, limit)


async def get_member(session: AsyncSession, access: StoreAccess, user_id: int) -> MemberView:
    """One member. Raises Forbidden (`role_too_low`) below manager, and NotFound (`member_not_found`)."""
    access.require("manager")
    query = _views().where(Member.merchant_id == access.store.merchant_id, Member.user_id == user_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise _not_found(access, user_id)
    return _view(row)


async def add_member(session: AsyncSession, access: StoreAccess, *, login: str, role: str) -> MemberView:
    """Let a user (by name or e-mail address) into the store's merchant.

    Raises Forbidden (`role_too_low`: managers may add staff and viewers, owners anybody), Invalid (`unknown_role`),
    NotFound (`user_not_found`) and Conflict (`member_exists`). Publishes MemberChanged.
    """
    wanted = judge_role(access, role)
    user = await find_user(session, login)
    if user is None or not user.is_active:
        message = f"There is no user {login[:254]!r}: ask them to register first"
        raise NotFound("user_not_found", message, errors=[FieldError("login", message)])
    merchant_id = await lock_members(session, access)
    if await member_of(session, merchant_id, user.id):
        raise Conflict("member_exists", f"{user.username} is a member already: change the role instead")
    session.add(Member(merchant_id=merchant_id, user_id=user.id, role=wanted))
    await session.flush()
    await publish(session, MemberChanged(merchant_id, user.id, "added", None, wanted, actor_id=access.user.id))
    return await get_member(session, access, user.id)


async def change_member(session: AsyncSession, access: StoreAccess, user_id: int, *, role: str) -> None:
    """Give a member another role.

    Raises Forbidden (`role_too_low`: managers may change staff and viewers among themselves), Invalid
    (`unknown_role`), NotFound (`member_not_found`) and Conflict (`last_owner`). Publishes MemberChanged.
    """
    wanted = judge_role(access, role)
    merchant_id = await lock_members(session, access)
    member = await _existing(session, access, merchant_id, user_id)
    before = member.role
    if before == wanted:
        return
    if before == "owner":
        await _keep_an_owner(session, merchant_id)
    member.role = wanted
    await session.flush()
    await publish(session, MemberChanged(merchant_id, user_id, "changed", before, wanted, actor_id=access.user.id))


async def remove_member(session: AsyncSession, access: StoreAccess, user_id: int) -> None:
    """End a membership; members may always leave themselves.

    Raises Forbidden (`role_too_low`), NotFound (`member_not_found`) and Conflict (`last_owner`). Publishes
    MemberChanged.
    """
    if user_id != access.user.id:
        access.require("manager")
    merchant_id = await lock_members(session, access)
    member = await _existing(session, access, merchant_id, user_id)
    before = member.role
    if before == "owner":
        await _keep_an_owner(session, merchant_id)
    await session.delete(member)
    await session.flush()
    await publish(session, MemberChanged(merchant_id, user_id, "removed", before, None, actor_id=access.user.id))


async def transfer_ownership(session: AsyncSession, access: StoreAccess, user_id: int) -> None:
    """Make another member an owner, and oneself a manager, in one step.

    Raises Forbidden (`role_too_low` unless an owner asks, `not_an_owner` for administrators who are none: they change
    the roles one by one), NotFound (`member_not_found`) and Conflict (`own_ownership`). Publishes MemberChanged twice.
    """
    access.require("owner")
    if user_id == access.user.id:
        raise Conflict("own_ownership", "You are the owner already: name another member")
    merchant_id = await lock_members(session, access)
    giver = await member_of(session, merchant_id, access.user.id)
    if giver is None or giver.role != "owner":
        raise Forbidden("not_an_owner", "Only an owner can hand the ownership over: change the roles one by one")
    taker = await _existing(session, access, merchant_id, user_id)
    before = taker.role
    taker.role, giver.role = "owner", "manager"
    await session.flush()
    actor = access.user.id
    if before != "owner":
        await publish(session, MemberChanged(merchant_id, user_id, "changed", before, "owner", actor_id=actor))
    await publish(session, MemberChanged(merchant_id, actor, "changed", "owner", "manager", actor_id=actor))


def judge_role(access: StoreAccess, role: str) -> Role:
    """The role, if the access may give or take it. Raises Invalid (`unknown_role`) and Forbidden (`role_too_low`)."""
    wanted = next((known for known in ROLES if known == role.strip().lower()), None)
    access.require("manager")
    if wanted is None:
        message = f"{role[:64]!r} is not one of the roles {', '.join(ROLES)}"
        raise Invalid("unknown_role", message, errors=[FieldError("role", message)])
    if wanted in ("manager", "owner"):
        access.require("owner")
    return wanted


async def lock_members(session: AsyncSession, access: StoreAccess) -> int:
    """Changes of one merchant's members come one after the other: two owners cannot demote each other at once."""
    merchant_id = access.store.merchant_id
    await session.execute(sa.select(Merchant.id).where(Merchant.id == merchant_id).with_for_update())
    return merchant_id


async def member_of(session: AsyncSession, merchant_id: int, user_id: int) -> Member | None:
    """The user's membership of the merchant, as it is now."""
    member: Member | None = await session.scalar(
        sa.select(Member)
        .where(Member.merchant_id == merchant_id, Member.user_id == user_id)
        .execution_options(populate_existing=True)
    )
    return member


async def _existing(session: AsyncSession, access: StoreAccess, merchant_id: int, user_id: int) -> Member:
    member = await member_of(session, merchant_id, user_id)
    if member is None:
        raise _not_found(access, user_id)
    if member.role in ("manager", "owner") and user_id != access.user.id and not access.may("owner"):
        raise Forbidden("role_too_low", f"Only an owner may change a member who is {member.role}")
    return member


async def _keep_an_owner(session: AsyncSession, merchant_id: int) -> None:
    owners = await session.scalar(
        sa.select(sa.func.count()).select_from(Member).where(Member.merchant_id == merchant_id, Member.role == "owner")
    )
    if owners == 1:
        raise Conflict("last_owner", "This is the last owner: make somebody else an owner first")


def _views() -> sa.Select[int, str, str, str, bool, datetime, datetime | None]:
    return sa.select(
        User.id, User.username, User.email, Member.role, User.is_active, Member.created_at, User.last_login_at
    ).join(Member, Member.user_id == User.id)


def _view(row: sa.Row[int, str, str, str, bool, datetime, datetime | None]) -> MemberView:
    user_id, username, email, role, is_active, since, last_login_at = row
    return MemberView(user_id, username, email, cast("Role", role), is_active, since, last_login_at)


def _not_found(access: StoreAccess, user_id: int) -> NotFound:
    return NotFound("member_not_found", f"User {user_id} is no member of store {access.store.code}'s merchant")
