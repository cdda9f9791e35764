"""Who may enter a store, and as what."""

from collections.abc import Sequence
from dataclasses import InitVar, dataclass
from typing import Literal, cast

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession

from orion.identity import OF_LOG_IN, AccessClaims, Admin, User, log_in_ended
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
    return _known(await _enter(session, user, Store.code == _stored(code)), code, role)


async def open_store_by_log_in(
    session: AsyncSession, claims: AccessClaims, code: str | None, *, role: Role = "viewer"
) -> StoreAccess:
    """Access to the store called `code`, or else to the only one, of the user whose token says so: in one statement.

    Raises Unauthenticated (`access_token_invalid`) after the log-in was ended; otherwise as `open_store` and
    `store_access_default` do.
    """
    values = {"user_id": claims.user_id, "family": claims.family}
    if code is None:
        rows = (await session.execute(_USER_WITH_STORES, values)).all()
    else:
        rows = (await session.execute(_USER_WITH_STORE, values | {"code": _stored(code)})).all()
    if not rows:
        raise log_in_ended()
    user = rows[0][0]
    if code is None:
        return _only(user, [(store, member_role) for _, store, member_role in rows if store is not None], role)
    _, store, member_role = rows[0]
    return _known(None if store is None else _granted(user, store, member_role), code, role)


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
    return _only(user, [(store, member_role) for store, member_role in rows], role)


_STORES_OF = (
    sa.select(Store, Member.role)
    .join(Member, Member.merchant_id == Store.merchant_id)
    .where(Member.user_id == sa.bindparam("user_id"), Store.is_active)
    .order_by(Store.code)
    .limit(51)
)

_USER_WITH_STORES = (
    sa.select(User, Store, Member.role)
    .select_from(
        orm.outerjoin(
            User,
            orm.join(Member, Store, sa.and_(Store.merchant_id == Member.merchant_id, Store.is_active)),
            Member.user_id == User.id,
        )
    )
    .where(OF_LOG_IN)
    .order_by(Store.code)
    .limit(51)
)

_USER_WITH_STORE = (
    sa.select(User, Store, Member.role)
    .select_from(User)
    .outerjoin(Store, Store.code == sa.bindparam("code"))
    .outerjoin(Member, sa.and_(Member.merchant_id == Store.merchant_id, Member.user_id == User.id))
    .where(OF_LOG_IN)
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
    return None if row is None else _granted(user, *row)


def _granted(user: User, store: Store, role: str | None) -> StoreAccess | None:
    if not user.is_active:
        return None
    if user.role == "admin":
        return StoreAccess(store, user, "owner", _MINT)
    if role is None or not store.is_active:
        return None
    return StoreAccess(store, user, cast("Role", role), _MINT)


def _stored(code: str) -> str:
    return code.strip().upper()


def _known(access: StoreAccess | None, code: str, role: Role) -> StoreAccess:
    if access is None:
        raise NotFound("store_not_found", f"There is no store {_stored(code)[:64]!r} that you are a member of")
    access.require(role)
    return access


def _only(user: User, stores: Sequence[tuple[Store, str]], role: Role) -> StoreAccess:
    if not stores:
        raise NotFound("store_not_found", "You are a member of no store yet: create one, or name one you may enter")
    if len(stores) > 1:
        named = ", ".join(store.code for store, _ in stores[:50]) + (" and more" if len(stores) > 50 else "")
        message = f"You are a member of several stores: name one of {named} in the X-Store-Code header"
        raise Invalid("store_ambiguous", message, errors=[FieldError("header.X-Store-Code", message)])
    store, member_role = stores[0]
    access = StoreAccess(store, user, "owner" if user.role == "admin" else cast("Role", member_role), _MINT)
    access.require(role)
    return access
