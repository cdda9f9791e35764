"""Mails to a real SMTP server: what goes over the wire, and what each of its answers means."""

import re
import socket
import ssl
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orion.plumbing.mail import Mail, MailDelayed, MailRefused, compose, deliver
from orion.plumbing.settings import Settings
from tests.plumbing.mailbox import mailbox
from tests.plumbing.test_http_guard import TLS, served_with_tls

WRITTEN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HELLO = Mail("ada@example.com", "Grüße, Ada", "Hallo\n\n.\nBis bald, 你好\n", "k17", WRITTEN)


def settings(url: str = "", **more: object) -> Settings:
    return Settings(_env_file=None, smtp_url=url, mail_from="Orion <orion@shop.example>", **more)


async def test_a_mail_arrives_as_it_was_written() -> None:
    async with mailbox() as box:
        await deliver(settings(box.url()), HELLO)
    (mail,) = box.received
    assert mail["From"] == "Orion <orion@shop.example>"
    assert mail["To"] == "ada@example.com"
    assert mail["Subject"] == "Grüße, Ada"
    assert mail["Message-ID"] == "<k17@shop.example>"
    assert mail["Date"].datetime == WRITTEN
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().replace("\r\n", "\n") == HELLO.text


@pytest.mark.parametrize("step", ["at_recipient", "at_data"])
async def test_a_4xx_is_worth_another_try(step: str) -> None:
    async with mailbox() as box:
        setattr(box, step, ["451 4.7.1 Greylisted, come back"])
        with pytest.raises(MailDelayed, match=r"^451 .*Greylisted"):
            await deliver(settings(box.url()), HELLO)
        assert box.received == []
        await deliver(settings(box.url()), HELLO)
    assert len(box.received) == 1


@pytest.mark.parametrize("step", ["at_recipient", "at_data"])
async def test_a_5xx_is_final_and_says_why(step: str) -> None:
    async with mailbox() as box:
        setattr(box, step, ["550 5.1.1 No such user here"])
        with pytest.raises(MailRefused, match=r"^550 .*No such user here"):
            await deliver(settings(box.url()), HELLO)
    assert box.received == []


async def test_a_lost_last_word_is_a_delay_and_the_second_copy_has_the_same_message_id() -> None:
    async with mailbox() as box:
        box.at_data = ["drop"]
        with pytest.raises(MailDelayed):
            await deliver(settings(box.url()), HELLO)
        await deliver(settings(box.url()), HELLO)
    assert [mail["Message-ID"] for mail in box.received] == ["<k17@shop.example>"] * 2


async def test_a_server_that_is_not_there_is_a_delay() -> None:
    async with mailbox() as box:
        gone = box.url()
    with pytest.raises(MailDelayed, match=re.escape("127.0.0.1")):
        await deliver(settings(gone), HELLO)


async def test_a_login_is_made_and_a_wrong_one_is_a_delay() -> None:
    async with mailbox(login=True) as box:
        await deliver(settings(box.url(login="shop%40x:right@")), HELLO)
        with pytest.raises(MailDelayed) as caught:
            await deliver(settings(box.url(login="shop%40x:wrong@")), HELLO)
    assert "wrong" not in str(caught.value)
    assert set(box.logins) == {("shop@x", "right"), ("shop@x", "wrong")}
    assert len(box.received) == 1


@pytest.mark.parametrize("scheme", ["smtps", "starttls"])
async def test_tls_is_demanded_and_checked(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with mailbox(served_with_tls(), starttls=scheme == "starttls") as box:
        with pytest.raises(MailDelayed):  # nobody vouches for this certificate
            await deliver(settings(box.url(scheme)), HELLO)
        authority = ssl.create_default_context(cafile=TLS / "ca.pem")
        monkeypatch.setattr(ssl, "create_default_context", lambda *_, **__: authority)
        with pytest.raises(MailDelayed, match="not valid for"):
            await deliver(settings(box.url(scheme)), HELLO)
        resolve = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", lambda _, *rest, **more: resolve("127.0.0.1", *rest, **more))
        await deliver(settings(f"{scheme}://feeds.example:{box.port}"), HELLO)
    assert len(box.received) == 1


async def test_starttls_is_not_skipped_when_the_server_does_not_offer_it() -> None:
    async with mailbox() as box:
        with pytest.raises(MailDelayed):
            await deliver(settings(box.url("starttls")), HELLO)
    assert box.received == []


async def test_without_a_server_the_mail_becomes_a_file(tmp_path: Path) -> None:
    await deliver(settings(var_dir=tmp_path), HELLO)
    (path,) = (tmp_path / "mail").iterdir()
    mail = message_from_bytes(path.read_bytes(), policy=default)
    assert (path.suffix, mail["Subject"], mail.get_content()) == (".eml", "Grüße, Ada", HELLO.text)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_subject_smuggles_a_header_in(subject: str) -> None:
    mail = Mail("ada@example.com", f"a{subject}\r\nBcc: eve@example.com", "x", "k", WRITTEN)
    message = message_from_bytes(compose(settings(), mail).as_bytes(), policy=default)
    assert message["Bcc"] is None
    assert message["To"] == "ada@example.com"


@pytest.mark.parametrize(
    "url", ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://x:99999", "smtp://[x"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="smtp_url"):
        settings(url)


def test_a_password_is_not_sent_in_clear_to_another_machine() -> None:
    with pytest.raises(ValidationError, match="in clear"):
        settings("smtp://shop:secret@mail.example.com:25")
    settings("starttls://shop:secret@mail.example.com:587")
    settings("smtp://shop:secret@localhost:25")
