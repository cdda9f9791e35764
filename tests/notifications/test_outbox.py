"""The outbox: a mail leaves with its transaction, arrives, is tried again, or is dead with a reason."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from orion import notifications
from orion.kernel import Invalid
from orion.notifications import OutgoingMail
from orion.notifications.outbox import deliver_mail
from orion.plumbing import jobs
from orion.plumbing.db import Database, utcnow
from orion.plumbing.jobs import JOBS, working
from orion.plumbing.mail import MailDelayed
from orion.plumbing.runtime import Runtime
from tests.conftest import count
from tests.plumbing.mailbox import Mailbox, mailbox
from tests.plumbing.workers import eventually


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with mailbox() as box:
        yield box


@pytest.fixture
def posting(runtime: Runtime, box: Mailbox) -> Runtime:
    """A runtime with a mail server, whose worker looks often."""
    changes = {
        "smtp_url": SecretStr(box.url()),
        "public_url": "https://shop.example/",
        "worker_poll_seconds": 0.05,
        "worker_drain_seconds": 0.2,
    }
    return Runtime(runtime.settings.model_copy(update=changes), runtime.database)


async def put(database: Database, key: str = "k", text: str = "Hello") -> int:
    async with database.transaction() as session:
        mail_id = await notifications.send_mail(session, to="ada@example.com", subject="Hi", text=text, key=key)
    assert mail_id is not None
    return mail_id


async def state(database: Database, mail_id: int) -> tuple[str, int, str | None]:
    async with database.reading() as session:
        mail = await session.get_one(OutgoingMail, mail_id)
        assert (mail.sent_at is not None) == (mail.status == "sent")
        return mail.status, mail.attempts, mail.error


async def test_a_mail_of_a_transaction_that_fails_was_never_written(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            await notifications.send_mail(session, to="ada@example.com", subject="Hi", text="x", key="k")
            raise RuntimeError
    assert await count(database, OutgoingMail) == 0
    assert await jobs.list_jobs(database) == []


async def test_the_worker_sends_it_and_tries_again_after_a_delay(
    posting: Runtime, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = JOBS["deliver_mail"]
    monkeypatch.setattr(declared.__class__, "delay_after", lambda *_: 0.05)
    box.at_data = ["451 later"]
    mail_id = await put(posting.database, text="See {portal}/x")

    async def sent() -> bool:
        return (await state(posting.database, mail_id))[0] == "sent"

    async with working(posting):
        await eventually(sent)
    assert await state(posting.database, mail_id) == ("sent", 2, None)
    (mail,) = box.received
    assert mail.get_content().strip() == "See https://shop.example/x"
    await deliver_mail(posting, mail_id)
    assert len(box.received) == 1


async def test_the_same_occasion_is_one_mail(posting: Runtime, box: Mailbox) -> None:
    mail_id = await put(posting.database)
    async with posting.database.transaction() as session:
        again = await notifications.send_mail(session, to="bob@example.com", subject="Hi", text="x", key="k")
        assert again is None
    assert await count(posting.database, OutgoingMail) == 1
    await deliver_mail(posting, mail_id)
    assert [mail["To"] for mail in box.received] == ["ada@example.com"]


async def test_what_the_server_refuses_is_dead_with_its_words(posting: Runtime, box: Mailbox) -> None:
    box.at_recipient = ["550 No such user"]
    mail_id = await put(posting.database)
    await deliver_mail(posting, mail_id)
    status, attempts, error = await state(posting.database, mail_id)
    assert (status, attempts) == ("dead", 1)
    assert error is not None
    assert error.startswith("550 ")
    await deliver_mail(posting, mail_id)
    assert box.received == []


async def test_a_mail_that_was_taken_but_not_noted_comes_twice_with_one_message_id(
    posting: Runtime, box: Mailbox
) -> None:
    box.at_data = ["drop"]
    mail_id = await put(posting.database)
    with pytest.raises(MailDelayed):
        await deliver_mail(posting, mail_id)
    await deliver_mail(posting, mail_id)
    assert len(box.received) == 2
    assert len({mail["Message-ID"] for mail in box.received}) == 1
    assert (await state(posting.database, mail_id))[:2] == ("sent", 2)


async def test_the_queue_giving_up_is_noted(posting: Runtime) -> None:
    mail_id = await put(posting.database)
    give_up = JOBS["deliver_mail"].on_failure
    assert give_up is not None
    await give_up(posting, "the server is gone", mail_id)
    assert await state(posting.database, mail_id) == ("dead", 0, "the server is gone")


async def test_it_is_tried_for_the_better_part_of_a_day() -> None:
    declared = JOBS["deliver_mail"]
    delays = [declared.delay_after(MailDelayed(), attempt) for attempt in range(1, declared.attempts + 1)]
    assert delays[:3] == [30.0, 60.0, 120.0]
    assert delays[-1] is None
    assert 12 * 3600 < sum(delay for delay in delays if delay) < 24 * 3600


@pytest.mark.parametrize("to", ["", "ada", "ada@", "ada@example.com\nBcc: eve@example.com", "a b@example.com"])
async def test_what_is_no_address_is_refused(database: Database, to: str) -> None:
    async with database.transaction() as session:
        with pytest.raises(Invalid) as caught:
            await notifications.send_mail(session, to=to, subject="Hi", text="x", key="k")
    assert caught.value.code == "email_invalid"


async def test_old_mail_is_forgotten_once_it_is_out(database: Database) -> None:
    for key in ("sent", "pending"):
        await put(database, key)
    async with database.transaction() as session:
        await session.execute(sa.update(OutgoingMail).values(created_at=utcnow() - timedelta(days=31)))
        await session.execute(sa.update(OutgoingMail).where(OutgoingMail.key == "sent").values(status="sent"))
        await notifications.purge_notices(session, utcnow())
        assert list(await session.scalars(sa.select(OutgoingMail.key))) == ["pending"]
