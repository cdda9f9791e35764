"""Who is told what, and what they do with it."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import notifications
from orion.identity import User
from orion.kernel import Invalid, NotFound
from orion.notifications import KINDS, OutgoingMail
from tests.factories.stores import make_user

FAILED = {"store": "Lamps", "store_code": "LAMPS", "import_id": 17, "reason": "there is no feed"}


async def told(session: AsyncSession, user: User, **which: Any) -> list[str]:
    return [item.kind for item in (await notifications.list_notifications(session, user, **which)).items]


async def mails(session: AsyncSession) -> list[tuple[str, str, str]]:
    rows = await session.execute(
        sa.select(OutgoingMail.recipient, OutgoingMail.subject, OutgoingMail.text).order_by(OutgoingMail.id)
    )
    return [(to, subject, text) for to, subject, text in rows]


async def test_each_of_them_is_told_once_and_nobody_else(session: AsyncSession) -> None:
    ada, bob, eve = [await make_user(session, name) for name in ("ada", "bob", "eve")]
    bob.is_active = False
    await session.flush()
    params = {"store": "Lamps", "title": "Lamp", "available": 2, "threshold": 3}
    assert await notifications.notify(session, [ada.id, ada.id, bob.id, 10**9], "stock_low", params) == 1
    assert await told(session, ada) == ["stock_low"]
    assert await told(session, bob) == await told(session, eve) == []
    assert await mails(session) == []
    (item,) = (await notifications.list_notifications(session, ada)).items
    assert item.params == params
    assert notifications.describe(item.kind, item.params) == (
        "Low stock: Lamp",
        "2 of Lamp are left in store Lamps; you asked to be told at 3.",
    )


async def test_kinds_that_matter_come_by_mail_in_the_readers_language(session: AsyncSession) -> None:
    ada = await make_user(session, "ada")
    await notifications.notify(session, [ada.id], "import_failed", FAILED)
    text = "Import 17 into store Lamps failed: there is no feed\n\n{portal}/store/LAMPS/marketplace/imports/17\n"
    assert await mails(session) == [("ada@example.com", "Import 17 failed", text)]


async def test_preferences_decide(session: AsyncSession) -> None:
    ada = await make_user(session, "ada")
    usual = {item.kind: (item.in_app, item.mail) for item in await notifications.list_preferences(session, ada)}
    assert usual == {name: (kind.in_app, kind.mail) for name, kind in KINDS.items()}
    await notifications.set_preferences(session, ada, {"import_failed": (True, False), "stock_low": (False, True)})
    await notifications.notify(session, [ada.id], "import_failed", FAILED, mail=True)
    await notifications.notify(session, [ada.id], "stock_low", {"title": "Lamp"})
    assert await told(session, ada) == ["import_failed"]
    assert [subject for _, subject, _ in await mails(session)] == ["Low stock: Lamp"]
    await notifications.set_preferences(session, ada, {"import_failed": (False, False)})
    await notifications.notify(session, [ada.id], "import_failed", FAILED)
    assert await told(session, ada) == ["import_failed"]
    assert len(await mails(session)) == 1


async def test_a_kind_that_is_none_is_refused(session: AsyncSession) -> None:
    ada = await make_user(session)
    with pytest.raises(Invalid, match="'nothing' is not one of the kinds"):
        await notifications.notify(session, [ada.id], "nothing", {})
    with pytest.raises(Invalid) as caught:
        await notifications.set_preferences(session, ada, {"stock_low": (True, True), "nothing": (True, True)})
    assert [error.field for error in caught.value.errors] == ["preferences.nothing"]


async def test_reading_one_and_all(session: AsyncSession) -> None:
    ada, eve = await make_user(session, "ada"), await make_user(session, "eve")
    for number in range(5):
        await notifications.notify(session, [ada.id, eve.id], "import_failed", {"import_id": number})
    assert await notifications.unread_count(session, ada) == 5
    assert await notifications.unread_count(session, ada, most=3) == 3
    first = await notifications.list_notifications(session, ada, limit=2)
    assert [item.params["import_id"] for item in first.items] == [4, 3]
    assert first.after is not None
    rest = await notifications.list_notifications(session, ada, before=first.after[0], limit=3)
    assert [item.params["import_id"] for item in rest.items] == [2, 1, 0]
    assert rest.after is None
    read = await notifications.mark_read(session, ada, first.items[1].id)
    when = read.read_at
    assert (await notifications.mark_read(session, ada, read.id)).read_at == when is not None
    unread = await notifications.list_notifications(session, ada, unread=True)
    assert [item.params["import_id"] for item in unread.items] == [4, 2, 1, 0]
    with pytest.raises(NotFound):
        await notifications.mark_read(session, eve, read.id)
    assert await notifications.mark_all_read(session, ada) == 4
    assert await notifications.mark_all_read(session, ada) == 0
    assert await notifications.unread_count(session, ada) == 0
    assert await notifications.unread_count(session, eve) == 5


def test_a_missing_fact_or_an_unknown_kind_still_gives_words() -> None:
    assert notifications.describe("import_failed", {}) == ("Import ? failed", "Import ? into store ? failed: ?")
    assert notifications.describe("from_the_future", {"x": 1}) == ("From the future", "")
