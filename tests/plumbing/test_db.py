"""What both databases must do alike."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from orion.identity.models import User
from orion.plumbing.db import Database
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
