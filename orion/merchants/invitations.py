"""Inviting people into a merchant's stores by mail, and what they do with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from orion.identity import User, digest, find_user, new_secret, register
from orion.kernel import Conflict, FieldError, Invalid, NotFound, Page, page_offset
from orion.merchants.access import Role, StoreAccess
from orion.merchants.events import InvitationEnded, MemberChanged, MemberInvited
from orion.merchants.members import judge_role, lock_members, member_of
from orion.merchants.models import Invitation, Member, Store
from orion.plumbing.db import utcnow
from orion.plumbing.events import publish

INVITATION_LIFE = timedelta(days=7)
"""How long the link of an invitation is good."""

MOST_OPEN = 100
"""Open invitations that one merchant may have."""

MAIL_PAUSE = timedelta(minutes=2)
"""Between two mails of one merchant to the same address: nobody is to be flooded by us."""


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation as members of the store see it; `status` is open, expired, accepted or revoked."""

    id: int
    email: str
    role: Role
    status: str
    store_code: str
    invited_by: str | None
    accepted_by: str | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """An invitation as the invited person sees it; `is_known` says whether a user has its e-mail address already."""

    invitation_id: int
    store_code: str
    store_name: str
    inviter: str
    email: str
    role: Role
    expires_at: datetime
    is_known: bool


async def list_invitations(
    session: AsyncSession, access: StoreAccess, *, page: int = 1, limit: int = 50
) -> Page[InvitationView]:
    """The invitations of the store's merchant, newest first, also those that have ended.

    Raises Forbidden (`role_too_low`) below manager.
    """
    access.require("manager")
    mine = Invitation.merchant_id == access.store.merchant_id
    offset = page_offset(page, limit)
    total = await session.scalar(sa.select(sa.func.count()).select_from(Invitation).where(mine)) or 0
    rows = await session.execute(_views().where(mine).order_by(Invitation.id.desc()).offset(offset).limit(limit))
    return Page([_view(row) for row in rows], total, page, limit)


async def invite_member(session: AsyncSession, access: StoreAccess, *, email: str, role: str) -> InvitationView:
    """Offer membership to whoever reads the mail of an address. Publishes MemberInvited, which carries the link.

    Raises Forbidden (`role_too_low`: managers may invite staff and viewers, owners anybody), Invalid (`unknown_role`,
    `email_invalid`) and Conflict (`member_exists`, `invitation_exists`, `invitation_just_sent`,
    `too_many_invitations`).
    """
    wanted = judge_role(access, role)
    address = _parse_email(email)
    merchant_id = await lock_members(session, access)
    user = await find_user(session, address)
    if user is not None and await member_of(session, merchant_id, user.id):
        message = f"{address} is the address of {user.username}, who is a member already: change the role instead"
        raise Conflict("member_exists", message, errors=[FieldError("email", message)])
    same = sa.and_(Invitation.merchant_id == merchant_id, sa.func.lower(Invitation.email) == address.lower())
    await _retire_expired(session, merchant_id)
    if await session.scalar(sa.select(Invitation.id).where(same, *_open())):
        message = f"{address} is invited already: send that invitation again, or revoke it first"
        raise Conflict("invitation_exists", message, errors=[FieldError("email", message)])
    _not_too_soon(await session.scalar(sa.select(sa.func.max(Invitation.expires_at)).where(same)))
    opened = sa.select(sa.func.count()).select_from(Invitation).where(Invitation.merchant_id == merchant_id, *_open())
    if (await session.scalar(opened) or 0) >= MOST_OPEN:
        raise Conflict("too_many_invitations", f"{MOST_OPEN} invitations are open: revoke some that nobody accepts")
    token = new_secret()
    invitation = Invitation(
        merchant_id=merchant_id,
        store_id=access.store.id,
        email=address,
        role=wanted,
        token_hash=digest(token),
        invited_by=access.user.id,
        expires_at=utcnow() + INVITATION_LIFE,
    )
    session.add(invitation)
    await session.flush()
    await _send(session, access, invitation, token, again=False)
    return await _one_view(session, invitation.id)


async def resend_invitation(session: AsyncSession, access: StoreAccess, invitation_id: int) -> InvitationView:
    """Mail the invitation once more, with a new link that is good for another week; the old one is void.

    Raises Forbidden (`role_too_low`), NotFound (`invitation_not_found`) and Conflict (`invitation_ended`,
    `invitation_just_sent`). Publishes MemberInvited.
    """
    invitation = await _existing(session, access, invitation_id)
    judge_role(access, invitation.role)
    _not_too_soon(invitation.expires_at)
    token = new_secret()
    invitation.token_hash, invitation.expires_at = digest(token), utcnow() + INVITATION_LIFE
    invitation.invited_by, invitation.store_id = access.user.id, access.store.id
    await session.flush()
    await _send(session, access, invitation, token, again=True)
    return await _one_view(session, invitation.id)


async def revoke_invitation(session: AsyncSession, access: StoreAccess, invitation_id: int) -> None:
    """Take an invitation back.

    Raises Forbidden (`role_too_low`), NotFound (`invitation_not_found`) and Conflict (`invitation_ended`). Publishes
    InvitationEnded.
    """
    invitation = await _existing(session, access, invitation_id)
    judge_role(access, invitation.role)
    invitation.revoked_at = utcnow()
    await session.flush()
    await publish(session, _ended(invitation, "revoked", access.user.id))


async def read_invitation(session: AsyncSession, token: str) -> Offer:
    """What the link of an invitation offers. Raises NotFound (`invitation_invalid`), see `accept_invitation`."""
    invitation, store, inviter = await _offered(session, token)
    known = await find_user(session, invitation.email)
    return Offer(
        invitation.id,
        store.code,
        store.name,
        inviter.username,
        invitation.email,
        cast("Role", invitation.role),
        invitation.expires_at,
        is_known=known is not None,
    )


async def accept_invitation(session: AsyncSession, user: User, token: str) -> Store:
    """Make the user a member; the link is the proof, whatever the user's own address is.

    Raises NotFound (`invitation_invalid`) for a link that is unknown, expired, revoked or accepted, or whose sender
    may not invite to this role any more; and Conflict (`member_exists`). Publishes MemberChanged and InvitationEnded.
    """
    invitation, store, inviter = await _offered(session, token, lock=True)
    if await member_of(session, invitation.merchant_id, user.id):
        raise Conflict("member_exists", f"You are a member of the merchant of store {store.code} already")
    invitation.accepted_at, invitation.accepted_by = utcnow(), user.id
    member = Member(merchant_id=invitation.merchant_id, user_id=user.id, role=invitation.role)
    try:
        async with session.begin_nested():
            session.add(member)
    except IntegrityError:  # another invitation was accepted at the same moment
        raise Conflict("member_exists", f"You are a member of the merchant of store {store.code} already") from None
    await publish(
        session,
        MemberChanged(invitation.merchant_id, user.id, "added", None, invitation.role, actor_id=inviter.id),
    )
    await publish(session, _ended(invitation, "accepted", user.id))
    return store


async def accept_as_new_user(session: AsyncSession, token: str, *, username: str, password: str) -> tuple[User, Store]:
    """Register whoever reads the mail of the invited address, and make them a member.

    Raises what `accept_invitation` and `identity.register` raise.
    """
    invitation, _, _ = await _offered(session, token)
    if await find_user(session, invitation.email):
        message = f"A user has the address {invitation.email} already: log in, then open the invitation again"
        raise Conflict("email_taken", message, errors=[FieldError("email", message)])
    user = await register(session, username=username, email=invitation.email, password=password)
    return user, await accept_invitation(session, user, token)


def _open() -> tuple[sa.ColumnElement[bool], ...]:
    return Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)


async def _retire_expired(session: AsyncSession, merchant_id: int) -> None:
    """Invitations that nobody accepted in time make room for others to the same address."""
    await session.execute(
        sa.update(Invitation)
        .where(Invitation.merchant_id == merchant_id, *_open(), Invitation.expires_at <= utcnow())
        .values(revoked_at=Invitation.expires_at)
        .execution_options(synchronize_session=False)
    )


async def _offered(session: AsyncSession, token: str, *, lock: bool = False) -> tuple[Invitation, Store, User]:
    query = (
        sa.select(Invitation, Store, User, Member.role)
        .join(Store, Store.id == Invitation.store_id)
        .join(User, User.id == Invitation.invited_by)
        .outerjoin(
            Member, sa.and_(Member.merchant_id == Invitation.merchant_id, Member.user_id == Invitation.invited_by)
        )
        .where(
            Invitation.token_hash == digest(token),
            *_open(),
            Invitation.expires_at > utcnow(),
            Store.is_active,
            User.is_active,
        )
    )
    if lock:
        query = query.with_for_update(of=Invitation).execution_options(populate_existing=True)
    row = (await session.execute(query)).one_or_none()
    if row is not None:
        invitation, store, inviter, inviters_role = row
        enough = ("owner",) if invitation.role in ("owner", "manager") else ("owner", "manager")
        if inviter.role == "admin" or inviters_role in enough:
            return invitation, store, inviter
    raise NotFound("invitation_invalid", "This invitation is not valid, or not any more: ask for another one")


async def _existing(session: AsyncSession, access: StoreAccess, invitation_id: int) -> Invitation:
    access.require("manager")
    invitation: Invitation | None = await session.scalar(
        sa.select(Invitation)
        .where(Invitation.id == invitation_id, Invitation.merchant_id == access.store.merchant_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if invitation is None:
        raise NotFound("invitation_not_found", f"Store {access.store.code} has no invitation with id {invitation_id}")
    if invitation.accepted_at or invitation.revoked_at:
        raise Conflict("invitation_ended", "This invitation was accepted or revoked already")
    return invitation


async def _send(session: AsyncSession, access: StoreAccess, invitation: Invitation, token: str, *, again: bool) -> None:
    store = access.store
    await publish(
        session,
        MemberInvited(
            invitation.id,
            store.id,
            store.merchant_id,
            store.name,
            invitation.email,
            invitation.role,
            token,
            invitation.expires_at,
            again,
            actor_id=access.user.id,
        ),
    )


def _ended(invitation: Invitation, how: str, actor_id: int) -> InvitationEnded:
    return InvitationEnded(
        invitation.id,
        invitation.store_id,
        invitation.merchant_id,
        "accepted" if how == "accepted" else "revoked",
        invitation.email,
        invitation.role,
        actor_id=actor_id,
    )


def _not_too_soon(expires_at: datetime | None) -> None:
    if expires_at is None:
        return
    wait = (expires_at - INVITATION_LIFE + MAIL_PAUSE - utcnow()).total_seconds()
    if wait > 0:
        message = f"A mail to this address has just left: wait {round(wait) or 1} seconds before the next"
        raise Conflict("invitation_just_sent", message, retry_after=wait)


def _parse_email(text: str) -> str:
    try:
        address = validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        message = f"{text[:254]!r} is not an e-mail address: {error}"
        raise Invalid("email_invalid", message, errors=[FieldError("email", message)]) from None
    if len(address) > 254:
        message = "Give an e-mail address of at most 254 characters"
        raise Invalid("email_invalid", message, errors=[FieldError("email", message)])
    return address


def _views() -> sa.Select[Invitation, str, str, str]:
    inviter, accepter = aliased(User), aliased(User)
    return (
        sa.select(Invitation, Store.code, inviter.username, accepter.username)
        .join(Store, Store.id == Invitation.store_id)
        .outerjoin(inviter, inviter.id == Invitation.invited_by)
        .outerjoin(accepter, accepter.id == Invitation.accepted_by)
    )


def _view(row: sa.Row[Invitation, str, str, str]) -> InvitationView:
    invitation, code, invited_by, accepted_by = row
    if invitation.accepted_at:
        status = "accepted"
    elif invitation.expires_at <= utcnow():
        status = "expired"
    else:
        status = "revoked" if invitation.revoked_at else "open"
    return InvitationView(
        invitation.id,
        invitation.email,
        cast("Role", invitation.role),
        status,
        code,
        invited_by,
        accepted_by,
        invitation.created_at,
        invitation.expires_at,
    )


async def _one_view(session: AsyncSession, invitation_id: int) -> InvitationView:
    return _view((await session.execute(_views().where(Invitation.id == invitation_id))).one())
