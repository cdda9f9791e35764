"""Users and stores for tests, without the price of hashing passwords."""

from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from orion import merchants
from orion.identity import Admin, User, as_admin
from orion.merchants import Member, StoreAccess

_numbers = count(1)


async def make_user(session: AsyncSession, username: str | None = None, *, role: str = "user") -> User:
    """A user who cannot log in with a password."""
    name = username or f"user{next(_numbers)}"
    user = User(username=name, email=f"{name}@example.com", password_hash="!", role=role)
    session.add(user)
    await session.flush()
    return user


async def make_admin(session: AsyncSession, username: str | None = None) -> Admin:
    return as_admin(await make_user(session, username, role="admin"))


async def make_store(session: AsyncSession, code: str = "DEMO", **fields: str | None) -> StoreAccess:
    """A store and its new owner's access to it."""
    owner = await make_user(session)
    await merchants.create_store(session, owner, code=code, name=f"Store {code}", **fields)
    return await merchants.open_store(session, owner, code)


async def enter_as(session: AsyncSession, access: StoreAccess, role: str) -> StoreAccess:
    """A new member's access to the same store."""
    user = await make_user(session)
    session.add(Member(merchant_id=access.store.merchant_id, user_id=user.id, role=role))
    await session.flush()
    return await merchants.open_store(session, user, access.store.code)
