"""Users and stores, made by the verbs that make real ones."""

from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity, merchants
from orion.identity import User
from orion.merchants import Store, StoreAccess

PASSWORD = "a long enough password"
_numbers = count(1)


async def a_user(session: AsyncSession, username: str | None = None, *, password: str = PASSWORD) -> User:
    name = username or f"user{next(_numbers)}"
    return await identity.register(session, username=name, email=f"{name}@example.com", password=password)


async def an_admin(session: AsyncSession, username: str | None = None) -> User:
    name = username or f"admin{next(_numbers)}"
    return await identity.create_admin(session, username=name, email=f"{name}@example.com", password=PASSWORD)


async def a_store(session: AsyncSession, owner: User | None = None, code: str | None = None, **fields: str) -> Store:
    owner = owner or await a_user(session)
    number = next(_numbers)
    return await merchants.create_store(
        session, owner, code=code or f"STORE{number}", name=fields.pop("name", f"Store {number}"), **fields
    )


async def a_member(session: AsyncSession, store: Store, role: str, username: str | None = None) -> User:
    """A new user with `role` in the store's merchant."""
    user = await a_user(session, username)
    session.add(merchants.Member(merchant_id=store.merchant_id, user_id=user.id, role=role))
    await session.flush()
    return user


async def access(session: AsyncSession, user: User, store: Store) -> StoreAccess:
    return await merchants.open_store(session, user, store.code)
