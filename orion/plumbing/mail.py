"""Sending one mail: to the server of `SMTP_URL`, or in development to a file that any mail program opens."""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from orion.plumbing.settings import Settings

log = structlog.get_logger(__name__)

TIMEOUT = 30.0
"""Seconds for the connection, and for each answer of the server."""

_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")


class MailRefused(Exception):
    """The server will not take this mail, now or later: its words are the message."""


class MailDelayed(Exception):
    """The server did not take the mail this time, or did not say that it did."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person.

    `key` names it: tries of the same mail have the same Message-ID, so that a mail that arrives twice (the server's
    last word was lost) can be told from two mails.
    """

    to: str
    subject: str
    text: str
    key: str
    written_at: datetime
    html: str | None = None


async def deliver(settings: Settings, mail: Mail) -> None:
    """Hand the mail over.

    Raises MailRefused for what the server refuses for good (a 5xx that is about this mail), else MailDelayed. A
    refused log-in is no fault of the mail: somebody will mend SMTP_URL.
    """
    message = compose(settings, mail)
    url = settings.smtp_url.get_secret_value()
    if not url:
        path = await asyncio.to_thread(_write, settings.var_dir / "mail", mail, message)
        log.info("mail written to a file: SMTP_URL is not set", to=mail.to, subject=mail.subject, path=str(path))
        return
    parts = urlsplit(url)
    try:
        await aiosmtplib.send(
            message,
            hostname=parts.hostname,
            port=parts.port,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=parts.scheme == "smtps",
            start_tls=parts.scheme == "starttls",
            timeout=TIMEOUT,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _judge(error.recipients[0]) from error
    except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as error:
        raise _judge(error) from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise MailDelayed(f"{parts.hostname}: {error or type(error).__name__}"[:500]) from error


def compose(settings: Settings, mail: Mail) -> EmailMessage:
    """The mail as it goes over the wire. Line breaks in the subject become blanks: no header can be smuggled in."""
    name, sender = parseaddr(settings.mail_from)
    message = EmailMessage()
    message["From"] = Address(name, addr_spec=sender)
    message["To"] = Address(addr_spec=mail.to)
    message["Subject"] = _BLANKS.sub(" ", mail.subject).strip()
    message["Date"] = format_datetime(mail.written_at)
    message["Message-ID"] = f"<{mail.key}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice should answer
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message


def _judge(error: aiosmtplib.SMTPResponseException) -> MailRefused | MailDelayed:
    said = f"{error.code} {error.message}"[:500]
    return MailRefused(said) if error.code >= 500 else MailDelayed(said)


def _write(folder: Path, mail: Mail, message: EmailMessage) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{mail.written_at:%Y%m%d-%H%M%S}-{mail.key}.eml"
    path.write_bytes(message.as_bytes())
    return path
