"""Opening, changing and listing stores."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import Admin, User
from orion.kernel import Conflict, FieldError, Page
from orion.merchants.access import StoreAccess, open_store
from orion.merchants.events import StoreCreated, StoreUpdated
from orion.merchants.fields import parse_fields, parse_store_code
from orion.merchants.judge import is_public
from orion.merchants.models import Member, Merchant, Store
from orion.plumbing.events import publish


async def create_store(
    session: AsyncSession, user: User, *, code: str, name: str, description: str | None = None, **fields: str | None
) -> Store:
    """A new store of the merchant that `user` owns; the merchant is made with the first store, and named after it.

    `fields` are others of the store's (`contact_email`, `default_language`, `feed_url_en`, ...). Raises Invalid
    (`store_code_invalid`, `store_invalid`) and Conflict (`store_code_taken`). Publishes StoreCreated.
    """
    code = parse_store_code(code)
    values = parse_fields({"name": name, "description": description, **fields})
    await _refuse_taken(session, code)
    # Two first stores at once must not found two merchants.
    await session.execute(sa.select(User.id).where(User.id == user.id).with_for_update())
    merchant_id = await session.scalar(
        sa.select(Member.merchant_id)
        .where(Member.user_id == user.id, Member.role == "owner")
        .order_by(Member.merchant_id)
        .limit(1)
    )
    if merchant_id is None:
        merchant = Merchant(name=values["name"])
        session.add(merchant)
        await session.flush()
        merchant_id = merchant.id
        session.add(Member(merchant_id=merchant_id, user_id=user.id, role="owner"))
    store = Store(merchant_id=merchant_id, code=code, **values)
    try:
        async with session.begin_nested():
            session.add(store)
    except IntegrityError:  # somebody took the code between the look and the leap
        await _refuse_taken(session, code)
        raise
    await publish(session, StoreCreated(store.id, merchant_id, code, store.name, actor_id=user.id))
    return store


async def update_store(session: AsyncSession, access: StoreAccess, **changes: Any) -> Store:
    """Change fields of the store: name, description, domain, website, contacts, `business_address`, `tax_number`.

    And default language and currency, feed addresses; `low_stock_threshold` says how many available units are few.

    None or blank text empties a field that may be empty. Raises Forbidden (`role_too_low`) below manager, and
    Invalid (`store_invalid`). Publishes StoreUpdated when anything differs.
    """
    access.require("manager")
    store = access.store
    differences = {
        field: (before, after)
        for field, after in parse_fields(changes).items()
        if (before := getattr(store, field)) != after
    }
    for field, (_, after) in differences.items():
        setattr(store, field, after)
    if differences:
        await session.flush()
        await publish(session, StoreUpdated(store.id, store.code, differences, actor_id=access.user.id))
    return store


async def stores_of(session: AsyncSession, user: User, *, page: int = 1, limit: int = 50) -> Page[Store]:
    """The active stores that the user is a member of, by code; also for an administrator only their own."""
    query = (
        sa.select(Store)
        .join(Member, Member.merchant_id == Store.merchant_id)
        .where(Member.user_id == user.id, Store.is_active)
    )
    return await _page(session, query, page, limit)


async def visible_stores(
    session: AsyncSession,
    user: User,
    *,
    search: str | None = None,
    mine: bool | None = None,
    is_verified: bool | None = None,
    page: int = 1,
    limit: int = 50,
) -> Page[Store]:
    """The active stores that the user may see, by code: those that are public, and their own also before that.

    `search` finds parts of codes and names in any case; `mine` keeps the user's own or the others.
    """
    own = Store.merchant_id.in_(sa.select(Member.merchant_id).where(Member.user_id == user.id))
    query = sa.select(Store).where(Store.is_active)
    query = query.where(own) if mine else query.where(is_public() | own)
    if mine is False:
        query = query.where(~own)
    if is_verified is not None:
        query = query.where(Store.is_verified == is_verified)
    return await _page(session, _searched(query, search), page, limit)


async def visible_store(session: AsyncSession, user: User, code: str) -> Store:
    """A store that the user may see: a public one, their own, or any for an administrator.

    Raises NotFound (`store_not_found`) alike for one that is not there and one that they may not see.
    """
    store: Store | None = await session.scalar(sa.select(Store).where(Store.code == code.strip().upper(), is_public()))
    return store or (await open_store(session, user, code)).store


async def all_stores(
    session: AsyncSession,
    admin: Admin,
    *,
    search: str | None = None,
    is_verified: bool | None = None,
    is_active: bool | None = None,
    owner: str | None = None,
    page: int = 1,
    limit: int = 50,
) -> Page[Store]:
    """Every store, by code; `search` finds parts of codes and names in any case, `owner` is a user name."""
    del admin  # the proof is having one
    query = _searched(sa.select(Store), search)
    if is_verified is not None:
        query = query.where(Store.is_verified == is_verified)
    if is_active is not None:
        query = query.where(Store.is_active == is_active)
    if owner is not None:
        owned = sa.select(Member.merchant_id).join(User, User.id == Member.user_id)
        named = sa.func.lower(User.username) == owner.strip().lower()
        query = query.where(Store.merchant_id.in_(owned.where(Member.role == "owner", named)))
    return await _page(session, query, page, limit)


def _searched(query: sa.Select[Store], search: str | None) -> sa.Select[Store]:
    if search and (text := search.strip()):
        return query.where(Store.code.icontains(text, autoescape=True) | Store.name.icontains(text, autoescape=True))
    return query


async def _page(session: AsyncSession, query: sa.Select[Store], page: int, limit: int) -> Page[Store]:
    total = await session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    stores = await session.scalars(query.order_by(Store.code).offset((page - 1) * limit).limit(limit))
    return Page(stores.all(), total, page, limit)


async def _refuse_taken(session: AsyncSession, code: str) -> None:
    if await session.scalar(sa.select(Store.id).where(Store.code == code)):
        message = f"The store code {code} is taken: choose another"
        raise Conflict("store_code_taken", message, errors=[FieldError("code", message)])
