"""Reactions that write the audit log: stores, members, invitations and keys."""

from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity
from orion.identity import User
from orion.merchants import (
    ApiKeyChanged,
    InvitationEnded,
    MemberChanged,
    MemberInvited,
    StoreCreated,
    StoreJudged,
    StoreUpdated,
)

_JUDGED = {
    ("verified", True): "store.verified",
    ("verified", False): "store.unverified",
    ("active", True): "store.activated",
    ("active", False): "store.deactivated",
}


async def store_created(session: AsyncSession, event: StoreCreated) -> None:
    """Note who opened the store."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action="store.created",
        subject=f"store:{event.code}",
        details={"name": event.name, "merchant_id": event.merchant_id},
        store_id=event.store_id,
    )


async def store_updated(session: AsyncSession, event: StoreUpdated) -> None:
    """Note what changed, from what to what."""
    changes = {field: {"before": before, "after": after} for field, (before, after) in event.changes.items()}
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action="store.updated",
        subject=f"store:{event.code}",
        details=changes,
        store_id=event.store_id,
    )


async def store_judged(session: AsyncSession, event: StoreJudged) -> None:
    """Note that an administrator verified or deactivated a store, or took that back, and why."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=_JUDGED[event.what, event.after],
        subject=f"store:{event.code}",
        details={"reason": event.reason} if event.reason else {},
        store_id=event.store_id,
    )


async def member_changed(session: AsyncSession, event: MemberChanged) -> None:
    """Note whose role changed."""
    user = await session.get_one(User, event.user_id)
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"member.{event.change}",
        subject=f"user:{user.username}",
        details={"user_id": event.user_id, "role": {"before": event.before, "after": event.after}},
        merchant_id=event.merchant_id,
    )


async def member_invited(session: AsyncSession, event: MemberInvited) -> None:
    """Note who was invited by whom, and as what."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action="invitation.sent_again" if event.again else "invitation.sent",
        subject=f"invitation:{event.invitation_id}",
        details={
            "email": event.email,
            "role": event.role,
            "expires_at": event.expires_at.isoformat(timespec="seconds"),
        },
        merchant_id=event.merchant_id,
    )


async def invitation_ended(session: AsyncSession, event: InvitationEnded) -> None:
    """Note that an invitation was accepted or revoked."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"invitation.{event.how}",
        subject=f"invitation:{event.invitation_id}",
        details={"email": event.email, "role": event.role},
        merchant_id=event.merchant_id,
    )


async def api_key_changed(session: AsyncSession, event: ApiKeyChanged) -> None:
    """Note who made, rotated or revoked which key, and what it may do."""
    await identity.record_audit(
        session,
        actor_id=event.actor_id,
        action=f"api_key.{event.change}",
        subject=f"api_key:{event.key_id}",
        details=event.facts,
        store_id=event.store_id,
    )
