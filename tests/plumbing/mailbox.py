"""A real SMTP server on loopback that answers what a test wants."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword


@dataclass
class Mailbox:
    """What came, and what is said to the next mails at each step: "" for the usual answer, "drop" to hang up."""

    port: int = 0
    received: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    at_recipient: list[str] = field(default_factory=list)
    at_data: list[str] = field(default_factory=list)

    def url(self, scheme: str = "smtp", login: str = "") -> str:
        return f"{scheme}://{login}127.0.0.1:{self.port}"

    async def handle_RCPT(self, server: SMTP, _: Any, envelope: Envelope, address: str, __: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        if self.at_recipient and (said := self.at_recipient.pop(0)):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _: Any, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        said = self.at_data.pop(0) if self.at_data else ""
        if said in ("", "drop"):
            assert isinstance(envelope.content, bytes)
            self.received.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        if said == "drop":
            assert server.transport is not None
            server.transport.abort()
        return said or "250 OK"

    def authenticate(self, server: SMTP, _: Any, __: Any, ___: str, data: LoginPassword) -> AuthResult:
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"right", handled=False)


@asynccontextmanager
async def mailbox(
    tls: ssl.SSLContext | None = None, *, starttls: bool = False, login: bool = False
) -> AsyncIterator[Mailbox]:
    box = Mailbox()

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it does not like log-ins without TLS
            return SMTP(
                box,
                enable_SMTPUTF8=True,
                tls_context=tls if starttls else None,
                require_starttls=starttls,
                auth_require_tls=False,
                auth_required=login,
                authenticator=box.authenticate if login else None,
            )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=None if starttls else tls)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
