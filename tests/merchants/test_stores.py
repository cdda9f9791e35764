"""Opening, changing, listing and entering stores."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from orion import identity, merchants
from orion.identity.models import AuditEntry
from orion.kernel import Conflict, Forbidden, Invalid, NotFound
from orion.merchants import Member, Merchant, Store, StoreAccess
from orion.plumbing.db import Database
from tests.conftest import count
from tests.factories.people import a_member, a_store, a_user, an_admin

FEED = "https://feeds.example.com/products.csv?token=a%20b"


async def test_the_first_store_makes_its_owner_a_merchant_and_the_second_joins_it(database: Database) -> None:
    async with database.transaction() as session:
        user = await a_user(session, "ada")
        first = await merchants.create_store(session, user, code=" demo ", name=" Demo ", description="  ")
        second = await merchants.create_store(session, user, code="demo-2", name="Second", feed_url_fr=FEED)
    assert (first.code, first.name, first.description) == ("DEMO", "Demo", None)
    assert (first.default_language, first.default_currency, first.is_active, first.is_verified) == (
        "en",
        "EUR",
        True,
        False,
    )
    assert (second.code, second.feed_url_fr, second.merchant_id) == ("DEMO-2", FEED, first.merchant_id)
    assert (await count(database, Merchant), await count(database, Member)) == (1, 1)
    async with database.reading() as session:
        entries = list(await session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)))
    assert [(entry.actor_id, entry.action, entry.subject) for entry in entries] == [
        (user.id, "user.registered", "user:ada"),
        (user.id, "store.created", "store:DEMO"),
        (user.id, "store.created", "store:DEMO-2"),
    ]
    assert entries[1].details == {"name": "Demo", "merchant_id": first.merchant_id}


async def test_two_first_stores_at_once_found_one_merchant(database: Database) -> None:
    async with database.transaction() as session:
        user = await a_user(session)

    async def open_one(code: str) -> None:
        async with database.transaction() as session:
            await merchants.create_store(session, user, code=code, name=code)

    await asyncio.gather(open_one("ONE"), open_one("TWO"), open_one("THREE"))
    assert (await count(database, Merchant), await count(database, Member), await count(database, Store)) == (1, 1, 3)


async def test_a_code_is_taken_whatever_its_case_also_by_somebody_faster(database: Database) -> None:
    async with database.transaction() as session:
        users = [await a_user(session) for _ in range(3)]

    async def open_one(user: identity.User, code: str) -> str:
        try:
            async with database.transaction() as session:
                await merchants.create_store(session, user, code=code, name="Demo")
        except Conflict as conflict:
            return conflict.code
        return "opened"

    outcomes = await asyncio.gather(
        *(open_one(user, code) for user, code in zip(users, ("demo", "DEMO", "Demo"), strict=True))
    )
    assert sorted(outcomes) == ["opened", "store_code_taken", "store_code_taken"]
    assert await open_one(users[0], "demo") == "store_code_taken"
    assert (await count(database, Store), await count(database, Merchant)) == (1, 1)


@pytest.mark.parametrize("code", ["", "A", "A" * 33, "A B", "A.B", "ÄB", "A/B", "AB\x00", "\u017f\u017f", "AB\n\nC"])
async def test_codes_that_no_store_has(database: Database, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        async with database.transaction() as session:
            await merchants.create_store(session, await a_user(session), code=code, name="Demo")
    assert caught.value.code == "store_code_invalid"
    assert await count(database, Store) == 0


@pytest.mark.parametrize(
    ("field", "value", "mend"),
    [
        ("name", " ", "Give a name of 1 to 255"),
        ("name", "x" * 256, "this one has 256"),
        ("name", "a\x00b", "NUL"),
        ("description", "x" * 10_001, "at most 10000"),
        ("contact_email", "nobody", "is not an e-mail address"),
        ("default_language", "xx", "en, fr, de"),
        ("default_language", None, "en, fr, de"),
        ("default_currency", "EURO", "ISO 4217"),
        ("domain", "https://shop.example.com/", "bare host name"),
        ("feed_url_en", "ftp://example.com/feed.csv", "Start the address with https://"),
        ("feed_url_en", "example.com/feed.csv", "Start the address with https://"),
        ("feed_url_en", "javascript:alert(1)", "Start the address with https://"),
        ("feed_url_en", "file:///etc/passwd", "Start the address with https://"),
        ("feed_url_fr", "https:///feed.csv", "Name a host"),
        ("feed_url_fr", "https://", "Name a host"),
        ("feed_url_de", "https://ada:secret@example.com/", "Take the user name and password out"),
        ("feed_url_de", "https://ada@example.com/", "Take the user name and password out"),
        ("feed_url_de", "https://example.com/a b", "blanks"),
        ("feed_url_de", "https://example.com/a\nb", "blanks"),
        ("feed_url_de", "https://[::1/feed", "brackets"),
        ("feed_url_de", "https://example.com:99999/", "port"),
        ("feed_url_de", "https://example.com/" + "x" * 2048, "at most 2048"),
    ],
)
async def test_a_field_that_cannot_be_is_named_and_can_be_mended(
    database: Database, field: str, value: Any, mend: str
) -> None:
    async with database.transaction() as session:
        user = await a_user(session)
        store = await a_store(session, user, "DEMO", name="Before", feed_url_en=FEED)
    with pytest.raises(Invalid) as caught:
        async with database.transaction() as session:
            opened = await merchants.open_store(session, user, "DEMO")
            await merchants.update_store(session, opened, **{"contact_phone": "1", field: value})
    assert caught.value.code == "store_invalid"
    assert [error.field for error in caught.value.errors] == [field]
    assert mend in caught.value.errors[0].message
    async with database.reading() as session:
        kept = await session.get_one(Store, store.id)
    assert (kept.name, kept.feed_url_en, kept.contact_phone) == ("Before", FEED, None)


async def test_all_wrong_fields_are_named_at_once(database: Database) -> None:
    with pytest.raises(Invalid) as caught:
        async with database.transaction() as session:
            await a_store(session, name="", contact_email="x", feed_url_en="x")
    assert [error.field for error in caught.value.errors] == ["name", "contact_email", "feed_url_en"]


async def test_an_update_keeps_what_it_was_and_writes_down_what_it_became(database: Database) -> None:
    async with database.transaction() as session:
        user = await a_user(session)
        await a_store(session, user, "DEMO", name="Before", feed_url_en=FEED)
    async with database.transaction() as session:
        opened = await merchants.open_store(session, user, "demo")
        store = await merchants.update_store(
            session, opened, name="After", feed_url_en=" ", default_language=" FR ", default_currency="chf"
        )
        await merchants.update_store(session, opened, name="After", feed_url_en=None)
    assert (store.name, store.feed_url_en, store.default_language, store.default_currency) == (
        "After",
        None,
        "fr",
        "CHF",
    )
    async with database.reading() as session:
        entries = list(await session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "store.updated")))
    assert [entry.details for entry in entries] == [
        {
            "name": {"before": "Before", "after": "After"},
            "feed_url_en": {"before": "https://feeds.example.com/products.csv?•••", "after": None},
            "default_language": {"before": "en", "after": "fr"},
            "default_currency": {"before": "EUR", "after": "CHF"},
        }
    ]


@pytest.mark.parametrize("field", ["code", "is_verified", "is_active", "merchant_id", "id"])
async def test_what_is_not_the_members_to_change_is_no_field(database: Database, field: str) -> None:
    async with database.transaction() as session:
        user = await a_user(session)
        await a_store(session, user, "DEMO")
        opened = await merchants.open_store(session, user, "DEMO")
        with pytest.raises(TypeError, match=field):
            await merchants.update_store(session, opened, **{field: "1"})


async def test_nobody_can_make_a_store_access_but_the_package(database: Database) -> None:
    async with database.transaction() as session:
        user = await a_user(session)
        store = await a_store(session, user)
        with pytest.raises(TypeError):
            StoreAccess(store, user, "owner")
        with pytest.raises(TypeError):
            StoreAccess(store, user, "owner", object())


@pytest.mark.parametrize("role", merchants.ROLES)
async def test_a_role_reaches_as_far_as_itself_and_the_lower_ones(database: Database, role: merchants.Role) -> None:
    async with database.transaction() as session:
        store = await a_store(session, code="DEMO")
        member = await a_member(session, store, role)
        for needed in merchants.ROLES:
            if merchants.ROLES.index(needed) <= merchants.ROLES.index(role):
                opened = await merchants.open_store(session, member, "demo", role=needed)
                assert (opened.role, opened.store.id, opened.user.id) == (role, store.id, member.id)
            else:
                with pytest.raises(Forbidden) as caught:
                    await merchants.open_store(session, member, "demo", role=needed)
                assert caught.value.code == "role_too_low"
        opened = await merchants.open_store(session, member, "DEMO")
        if role in ("viewer", "staff"):
            with pytest.raises(Forbidden):
                await merchants.update_store(session, opened, name="Mine")


async def test_a_store_that_is_not_ones_own_is_like_one_that_is_not_there(database: Database) -> None:
    async with database.transaction() as session:
        store = await a_store(session, code="DEMO")
        stranger = await a_user(session)
        await a_store(session, stranger, "OTHER")
        with pytest.raises(NotFound) as hidden:
            await merchants.open_store(session, stranger, "DEMO")
        with pytest.raises(NotFound) as missing:
            await merchants.open_store(session, stranger, "NONE")
        assert hidden.value.code == missing.value.code == "store_not_found"
        assert hidden.value.detail.replace("DEMO", "NONE") == missing.value.detail

        admin = await an_admin(session)
        assert (await merchants.open_store(session, admin, "DEMO", role="owner")).store.id == store.id
        opened = await merchants.open_store_as_admin(session, identity.as_admin(admin), store.id)
        assert (opened.store.id, opened.role) == (store.id, "owner")
        with pytest.raises(NotFound):
            await merchants.open_store_as_admin(session, identity.as_admin(admin), 999)


async def test_a_deactivated_store_is_gone_for_its_members_and_there_for_administrators(database: Database) -> None:
    async with database.transaction() as session:
        user = await a_user(session)
        store = await a_store(session, user, "DEMO")
        store.is_active = False
        await session.flush()
        with pytest.raises(NotFound):
            await merchants.open_store(session, user, "DEMO")
        with pytest.raises(NotFound):
            await merchants.store_access_default(session, user)
        assert (await merchants.stores_of(session, user)).total == 0
        assert (await merchants.open_store(session, await an_admin(session), "DEMO")).store.id == store.id


async def test_the_only_store_needs_no_name_and_several_do(database: Database) -> None:
    async with database.transaction() as session:
        user = await a_user(session)
        with pytest.raises(NotFound):
            await merchants.store_access_default(session, user)
        await a_store(session, user, "ONE")
        assert (await merchants.store_access_default(session, user, role="owner")).store.code == "ONE"
        await a_store(session, user, "ANOTHER")
        await a_store(session, code="STRANGE")
        with pytest.raises(Invalid) as caught:
            await merchants.store_access_default(session, user)
    assert caught.value.code == "store_ambiguous"
    assert "ANOTHER, ONE in" in caught.value.detail


async def test_lists_hold_ones_own_stores_and_an_administrators_hold_all(database: Database) -> None:
    async with database.transaction() as session:
        user = await a_user(session)
        for code, name in (("B", "100% Bio"), ("A", "Alpha"), ("C", "Gamma")):
            await a_store(session, user, code + "X", name=name)
        await a_store(session, code="DX", name="alphabet")
        mine = await merchants.stores_of(session, user, page=2, limit=2)
        assert ([store.code for store in mine.items], mine.total, mine.pages) == (["CX"], 3, 2)
        admin = identity.as_admin(await an_admin(session))
        for search, codes in ((None, ["AX", "BX", "CX", "DX"]), ("ALPHA", ["AX", "DX"]), ("%", ["BX"]), ("c", ["CX"])):
            found = await merchants.all_stores(session, admin, search=search)
            assert ([store.code for store in found.items], found.total) == (codes, len(codes))
