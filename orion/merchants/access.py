"""Who may enter a store, and as what."""

from dataclasses import InitVar, dataclass
from typing import Literal, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import Admin, User
from orion.kernel import FieldError, Forbidden, Invalid, NotFound
from orion.merchants.models import ApiKey, Member, Store

Role = Literal["viewer", "staff", "manager", "owner"]

ROLES: tuple[Role, ...] = ("viewer", "staff", "manager", "owner")
"""From the least to the most that a member may do."""

_MINT = object()


@dataclass(frozen=True, slots=True)
class StoreAccess:
    """The proof that `user` may act in `store` as `role`; store-scoped verbs ask for it. Only this module makes one.

    `key` is the API key by which a program acts for the user, None when the user is here in person.
    """

    store: Store
    user: User
    role: Role
    mint: InitVar[object] = None
    key: ApiKey | None = None

    def __post_init__(self, mint: object) -> None:
        if mint is not _MINT:
            raise TypeError("a StoreAccess comes from merchants.open_store()")

    def may(self, role: Role) -> bool:
        """Whether the access reaches as far as `role`."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def require(self, role: Role) -> None:
        """Raises Forbidden (`role_too_low`) unless the access reaches as far as `role`."""
        if not self.may(role):
            raise Forbidden(
                "role_too_low",
                f"This needs the role {role} in store {self.store.code}, and yours is {self.role}: ask an owner",
            )


async def open_store(session: AsyncSession, user: User, code: str, *, role: Role = "viewer") -> StoreAccess:
    """Access to the store called `code` (any case) for a member with at least `role`, or for an administrator.

    Raises NotFound (`store_not_found`) alike for a store that is not there and one the user is no member of, and
    for everybody but administrators when it was deactivated; Forbidden (`role_too_low`).
    """
    access = await _enter(session, user, Store.code == code.strip().upper())
    if access is None:
        raise NotFound("store_not_found", f"There is no store {code.strip().upper()[:64]!r} that you are a member of")
    access.require(role)
    return access


async def open_store_as_admin(session: AsyncSession, admin: Admin, store_id: int) -> StoreAccess:
    """Access to any store by its id. Raises NotFound (`store_not_found`)."""
    access = await _enter(session, admin.user, Store.id == store_id)
    if access is None:
        raise NotFound("store_not_found", f"There is no store with id {store_id}")
    return access


async def store_access_default(session: AsyncSession, user: User, *, role: Role = "viewer") -> StoreAccess:
    """Access to the only store of the user.

    Raises NotFound (`store_not_found`) when there is none, Invalid (`store_ambiguous`, naming the codes) when there
    are several, Forbidden (`role_too_low`).
    """
    rows = (await session.execute(_STORES_OF, {"user_id": user.id})).all()
    if not rows:
        raise NotFound("store_not_found", "You are a member of no store yet: create one, or name one you may enter")
    if len(rows) > 1:
        named = ", ".join(store.code for store, _ in rows[:50]) + (" and more" if len(rows) > 50 else "")
        message = f"You are a member of several stores: name one of {named} in the X-Store-Code header"
        raise Invalid("store_ambiguous", message, errors=[FieldError("header.X-Store-Code", message)])
    store, member_role = rows[0]
    access = StoreAccess(store, user, "owner" if user.role == "admin" else cast("Role", member_role), _MINT)
    access.require(role)
    return access


_STORES_OF = (
    sa.select(Store, Member.role)
    .join(Member, Member.merchant_id == Store.merchant_id)
    .where(Member.user_id == sa.bindparam("user_id"), Store.is_active)
    .order_by(Store.code)
    .limit(51)
)


async def open_store_by_key(session: AsyncSession, which: sa.ColumnElement[bool]) -> StoreAccess | None:
    """Access with an API key, in one query; None unless key, store, maker and the maker's membership are all in force.

    The role is the lower one of the key's and its maker's. The caller compares the key's secret.
    """
    row = (
        await session.execute(
            sa.select(ApiKey, Store, User, Member.role)
            .join(Store, Store.id == ApiKey.store_id)
            .join(User, User.id == ApiKey.created_by)
            .outerjoin(Member, sa.and_(Member.merchant_id == Store.merchant_id, Member.user_id == User.id))
            .where(which, ApiKey.revoked_at.is_(None), Store.is_active, User.is_active)
        )
    ).one_or_none()
    if row is None:
        return None
    key, store, user, member_role = row
    makers_role: str | None = "owner" if user.role == "admin" else member_role
    if makers_role is None:
        return None
    role = min(cast("Role", key.role), cast("Role", makers_role), key=ROLES.index)
    return StoreAccess(store, user, role, _MINT, key)


async def _enter(session: AsyncSession, user: User, which: sa.ColumnElement[bool]) -> StoreAccess | None:
    row = (
        await session.execute(
            sa.select(Store, Member.role)
            .outerjoin(Member, sa.and_(Member.merchant_id == Store.merchant_id, Member.user_id == user.id))
            .where(which)
        )
    ).one_or_none()
    if row is None or not user.is_active:
        return None
    store, role = row
    if user.role == "admin":
        return StoreAccess(store, user, "owner", _MINT)
    if role is None or not store.is_active:
        return None
    return StoreAccess(store, user, cast("Role", role), _MINT)
