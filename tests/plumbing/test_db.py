"""What both databases must do alike."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from orion.identity.models import AuditEntry, User
from orion.plumbing.db import Database, hold_transaction
from tests.conftest import count


def a_user(**changes: object) -> User:
    return User(**{"username": "ada", "email": "ada@example.com", "password_hash": "x"} | changes)


async def test_a_transaction_is_committed_on_leaving_and_rolled_back_on_an_exception(database: Database) -> None:
    async with database.transaction() as session:
        session.add(a_user())
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            session.add(a_user(username="bob", email="bob@example.com"))
            await session.flush()
            raise RuntimeError
    assert await count(database, User) == 1


async def test_moments_keep_their_instant_and_come_back_in_utc(database: Database) -> None:
    there = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5)))
    async with database.transaction() as session:
        session.add(a_user(created_at=there))
    async with database.reading() as session:
        back = await session.scalar(sa.select(User.created_at))
    assert back == there
    assert back.tzinfo is UTC


async def test_json_comes_back_to_the_digit(database: Database) -> None:
    details = {"id": 123456789012345678901234567890, "least": -(2**63), "text": "9" * 40, "price": 1.5, "list": ["ä"]}
    async with database.transaction() as session:
        session.add(AuditEntry(action="test", subject="x", details=details))
    async with database.reading() as session:
        assert await session.scalar(sa.select(AuditEntry.details)) == details


async def test_a_naive_moment_is_refused(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="naive"):
        async with database.transaction() as session:
            session.add(a_user(created_at=datetime(2026, 1, 1)))  # noqa: DTZ001


async def test_user_names_are_unique_without_regard_to_case(database: Database) -> None:
    async with database.transaction() as session:
        session.add(a_user())
    with pytest.raises(sa.exc.IntegrityError):
        async with database.transaction() as session:
            session.add(a_user(username="ADA", email="other@example.com"))


async def test_a_session_that_only_reads_refuses_to_write(database: Database) -> None:
    async with database.transaction() as session:
        session.add(a_user())
    for write in (sa.delete(User), sa.update(User).values(role="admin"), sa.insert(User).values(username="eve")):
        async with database.reading() as session:
            with pytest.raises(RuntimeError, match="only reads"):
                await session.execute(write)
    async with database.reading() as session:
        session.add(a_user(username="bob", email="bob@example.com"))
        with pytest.raises(RuntimeError, match="only reads"):
            await session.flush()
    renaming = "UPDATE users SET username = 'eve' RETURNING id"
    plain = [renaming] if database.is_sqlite else [renaming, f"WITH renamed AS ({renaming}) SELECT * FROM renamed"]
    for written in (*plain, "DROP TABLE audit_log"):
        for held in (False, True):
            async with database.reading() as session:
                if held:
                    await hold_transaction(session)
                with pytest.raises(sa.exc.DBAPIError, match=r"read-?only"):
                    await session.execute(sa.text(written))
    assert await database_users(database) == ["ada"]
    assert await count(database, User) == 1


async def database_users(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(sa.select(User.username)))


async def test_settings_for_one_transaction_hold_in_it_and_not_beyond(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no such settings")
    setting = sa.select(sa.func.current_setting("application_name"))
    name = sa.select(sa.func.set_config("application_name", "held", sa.true()))
    async with database.transaction() as session:
        session.add(a_user())
    async with database.reading() as session:
        user = (await session.scalars(sa.select(User))).one()
        await session.execute(name)
        assert await session.scalar(setting) == "orion"  # each statement is one of its own
        for _ in range(2):
            await hold_transaction(session)
            await session.execute(name)
            assert await session.scalar(setting) == "held"
        assert user.username == "ada"  # what was read stays read
    async with database.reading() as session:
        assert await session.scalar(setting) == "orion"
    async with database.transaction() as session:
        await session.execute(name)
        await hold_transaction(session)
        assert await session.scalar(setting) == "held"
