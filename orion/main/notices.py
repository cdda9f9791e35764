"""Reactions that tell people something, in the portal and by mail."""

import hashlib

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import notifications
from orion.feeds import ImportFinished, ImportJob, StockImport, StockImported
from orion.identity import PasswordLinkMade, User
from orion.inventory.events import StockLow
from orion.kernel import CHANNEL_NAMES
from orion.merchants import ROLES, Member, Role, Store
from orion.merchants.events import MemberInvited, StoreJudged
from orion.notifications import MailWanted
from orion.orders import OrdersArrived
from orion.web.notices import put_in_words, put_invitation_in_words, put_password_link_in_words
from orion.webhooks import WebhookDisabled

_NAMED = 5
"""So many orders a notification names."""


async def mail_wanted(session: AsyncSession, event: MailWanted) -> None:
    """Put the notification in words of its reader's language, into the outbox."""
    user = await session.get_one(User, event.user_id)
    notice = put_in_words(event.kind, event.params, user.language or "en")
    link = f"\n\n{notifications.PORTAL}{notice.path}" if notice.path else ""
    await notifications.send_mail(
        session, to=user.email, subject=notice.title, text=f"{notice.text}{link}\n", key=event.key
    )


async def stock_low(session: AsyncSession, event: StockLow) -> None:
    """Tell the staff of the store; stock of the platform itself has no staff."""
    if event.store_id is None:
        return
    store = await session.get_one(Store, event.store_id)
    params = {
        "store": store.name,
        "store_code": store.code,
        "item_id": event.item_id,
        "gtin": event.gtin,
        "title": event.title or event.gtin or str(event.item_id),
        "available": event.available,
        "threshold": event.threshold,
    }
    await notifications.notify(
        session, await members_of(session, store, "staff"), "stock_low", params, store_id=store.id
    )


async def orders_arrived(session: AsyncSession, event: OrdersArrived) -> None:
    """Tell the staff of new orders and of those to look at, once for all that came in together."""
    store = await session.get_one(Store, event.store_id)
    staff = await members_of(session, store, "staff")
    for kind, numbers in (("orders_arrived", event.fresh), ("order_needs_attention", event.flagged)):
        if numbers:
            params = {
                "store": store.name,
                "store_code": store.code,
                "channel": CHANNEL_NAMES[event.channel],
                "count": len(numbers),
                "numbers": ", ".join(numbers[:_NAMED]) + (", ..." if len(numbers) > _NAMED else ""),
            }
            await notifications.notify(session, staff, kind, params, store_id=store.id)


async def import_finished(session: AsyncSession, event: ImportFinished) -> None:
    """Tell who started the import when it failed or left rows behind."""
    kind = {"failed": "import_failed", "completed_with_errors": "import_finished_with_errors"}.get(event.status)
    job = await session.get(ImportJob, event.import_id) if kind else None
    if kind is None or job is None or job.user_id is None or job.mode == "dry_run":
        return
    await _tell_of_import(session, job.user_id, kind, job, job.error_count)


async def stock_imported(session: AsyncSession, event: StockImported) -> None:
    """Tell who started the stock import when it failed or left rows behind."""
    kind = {
        "failed": "stock_import_failed",
        "completed_with_errors": "stock_import_finished_with_errors",
    }.get(event.status)
    if kind is None or event.actor_id is None or event.dry_run:
        return
    job = await session.get_one(StockImport, event.import_id)
    await _tell_of_import(session, event.actor_id, kind, job, event.failed)


async def _tell_of_import(
    session: AsyncSession, user_id: int, kind: str, job: ImportJob | StockImport, errors: int
) -> None:
    store = await session.get_one(Store, job.store_id)
    params = {
        "store": store.name,
        "store_code": store.code,
        "import_id": job.id,
        "errors": errors,
        "reason": job.failure_message or "",
    }
    await notifications.notify(session, [user_id], kind, params, store_id=store.id)


async def store_judged(session: AsyncSession, event: StoreJudged) -> None:
    """Tell the store's owners what an administrator decided."""
    kinds = {
        ("verified", True): "store_verified",
        ("verified", False): "store_unverified",
        ("active", True): "store_activated",
        ("active", False): "store_deactivated",
    }
    kind = kinds[event.what, event.after]
    store = await session.get_one(Store, event.store_id)
    params = {"store": store.name, "store_code": store.code, "reason": event.reason or ""}
    await notifications.notify(session, await members_of(session, store, "owner"), kind, params, store_id=store.id)


async def password_link_made(session: AsyncSession, event: PasswordLinkMade) -> None:
    """Mail the link in the user's language; each is an occasion of its own."""
    user = await session.get_one(User, event.user_id)
    by_admin = event.actor_id is not None
    title, text = put_password_link_in_words(user.username, user.language or "en", by_admin=by_admin)
    link = f"{notifications.PORTAL}/password/reset/{event.token}"
    await notifications.send_mail(
        session,
        to=user.email,
        subject=title,
        text=f"{text}\n\n{link}\n",
        key=f"password-{event.user_id}-{hashlib.sha256(event.token.encode()).hexdigest()[:16]}",
    )


async def member_invited(session: AsyncSession, event: MemberInvited) -> None:
    """Mail the invitation, which who is invited may get without being a user; each sending is an occasion."""
    inviter = await session.get_one(User, event.actor_id)
    title, text = put_invitation_in_words(event.store_name, inviter.username, event.role, inviter.language or "en")
    link = f"{notifications.PORTAL}/invitations/{event.token}"
    await notifications.send_mail(
        session,
        to=event.email,
        subject=title,
        text=f"{text}\n\n{link}\n",
        key=f"invitation-{event.invitation_id}-{hashlib.sha256(event.token.encode()).hexdigest()[:16]}",
    )


async def webhook_disabled(session: AsyncSession, event: WebhookDisabled) -> None:
    """Tell the store's owners; endpoints of the platform are in the audit log."""
    if event.store_id is None:
        return
    store = await session.get_one(Store, event.store_id)
    params = {
        "store": store.name,
        "store_code": store.code,
        "webhook_id": event.webhook_id,
        "host": event.host,
        "reason": event.reason,
    }
    owners = await members_of(session, store, "owner")
    await notifications.notify(session, owners, "webhook_disabled", params, store_id=store.id)


async def members_of(session: AsyncSession, store: Store, role: Role) -> list[int]:
    """The ids of the users who are members of the store with at least `role`."""
    enough = ROLES[ROLES.index(role) :]
    members = sa.select(Member.user_id).where(Member.merchant_id == store.merchant_id, Member.role.in_(enough))
    return list(await session.scalars(members))
