"""The outbox: mails written in the transaction of what they are about, and sent by a job after it."""

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from orion.kernel import FieldError, Invalid
from orion.notifications.models import Notification, OutgoingMail
from orion.plumbing.db import utcnow
from orion.plumbing.jobs import enqueue, job
from orion.plumbing.mail import Mail, MailDelayed, MailRefused, deliver
from orion.plumbing.runtime import Runtime

PORTAL = "{portal}"
"""In the text of a mail this stands for the address of the portal (PUBLIC_URL), which is known when it is sent."""

MAILS_KEPT = timedelta(days=30)
NOTIFICATIONS_KEPT = timedelta(days=180)


async def send_mail(
    session: AsyncSession, *, to: str, subject: str, text: str, key: str, html: str | None = None
) -> int | None:
    """Put a mail into the outbox; it leaves once the transaction is committed. Returns its id.

    The same `key` (1 to 255 characters that name the occasion, such as "invitation-17") twice is one mail: None the
    second time. Raises Invalid (`email_invalid`).
    """
    try:
        recipient = validate_email(to.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        message = f"{to[:254]!r} is not an e-mail address: {error}"
        raise Invalid("email_invalid", message, errors=[FieldError("to", message)]) from None
    insert = (sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert)(OutgoingMail)
    mail_id = await session.scalar(
        insert.values(
            key=key,
            message_key=secrets.token_hex(16),
            recipient=recipient,
            subject=subject[:255],
            text=text,
            html=html,
            status="pending",
            attempts=0,
            created_at=utcnow(),
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(OutgoingMail.id)
    )
    if mail_id is not None:
        await enqueue(session, "deliver_mail", mail_id, id=f"mail-{mail_id}")
    return mail_id


async def give_up(runtime: Runtime, reason: str, mail_id: int) -> None:
    """The queue has given the mail up: say so, where it was not said already."""
    async with runtime.database.transaction() as session:
        await _finish(session, mail_id, status="dead", error=reason[:1000])


@job(attempts=24, backoff=30.0, retry_on=(MailDelayed,), crashes=20, on_failure=give_up)
async def deliver_mail(runtime: Runtime, mail_id: int) -> None:
    """Send a mail of the outbox, for about 17 hours. If we die before the server's answer is noted, it is sent again.

    It has the same Message-ID then.
    """
    async with runtime.database.transaction() as session:
        mail = await session.get(OutgoingMail, mail_id)
        if mail is None or mail.status != "pending":
            return
        mail.attempts += 1
    portal = runtime.settings.public_url.rstrip("/")
    text = mail.text.replace(PORTAL, portal)
    html = mail.html.replace(PORTAL, portal) if mail.html else None
    letter = Mail(mail.recipient, mail.subject, text, mail.message_key, mail.created_at, html)
    try:
        await deliver(runtime.settings, letter)
    except MailRefused as error:
        async with runtime.database.transaction() as session:
            await _finish(session, mail_id, status="dead", error=str(error))
        return
    except MailDelayed as error:
        async with runtime.database.transaction() as session:
            await session.execute(sa.update(OutgoingMail).where(OutgoingMail.id == mail_id).values(error=str(error)))
        raise
    async with runtime.database.transaction() as session:
        await _finish(session, mail_id, status="sent", sent_at=utcnow(), error=None)


async def purge_notices(session: AsyncSession, now: datetime) -> None:
    """Forget mails that left the outbox 30 days ago, and notifications after 180 days."""
    old = OutgoingMail.created_at <= now - MAILS_KEPT
    await session.execute(sa.delete(OutgoingMail).where(old, OutgoingMail.status != "pending"))
    await session.execute(sa.delete(Notification).where(Notification.created_at <= now - NOTIFICATIONS_KEPT))


async def _finish(session: AsyncSession, mail_id: int, **values: object) -> None:
    """End a mail. Its words are forgotten with that: they may hold a secret (the link of an invitation)."""
    await session.execute(
        sa.update(OutgoingMail)
        .where(OutgoingMail.id == mail_id, OutgoingMail.status == "pending")
        .values(text="", html=None, **values)
    )
