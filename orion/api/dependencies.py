"""What routes ask for: the transaction, the caller, the store."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Header, Path, Request, Security
from fastapi.security import HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity, merchants
from orion.api.routing import access_claims, authenticated_user, key_access, runtime_of
from orion.kernel import Forbidden, NotFound, Unauthenticated
from orion.merchants import Role, StoreAccess
from orion.plumbing.runtime import Runtime

_bearer = HTTPBearer(bearerFormat="JWT", auto_error=False, description="The `access_token` of a log-in")

Bearer = Annotated[object, Security(_bearer)]
"""For dependencies that look at the Authorization header themselves."""


# Not because they wait for anything: FastAPI runs plain functions in a thread, which costs more than what they do.
async def _session(request: Request) -> AsyncSession:
    session: AsyncSession = request.state.session
    return session


async def _runtime(request: Request) -> Runtime:
    return runtime_of(request)


RuntimeDep = Annotated[Runtime, Depends(_runtime)]
"""The running process: settings, database, counters."""

SessionDep = Annotated[AsyncSession, Depends(_session)]
"""The transaction of this request; the route (`TransactionalRoute`) commits it."""


async def current_user(request: Request, session: SessionDep, _: object = Security(_bearer)) -> identity.User:
    """The caller. Raises Unauthenticated (`authentication_required`) when nobody is logged in.

    Programs with an API key are refused with Forbidden (`api_key_not_accepted`): a key opens its store and no more.
    """
    if await key_access(request, session) is not None:
        raise Forbidden("api_key_not_accepted", "No API key opens this: log in, and send the access token")
    user = await authenticated_user(request, session)
    if user is None:
        raise Unauthenticated("authentication_required", "Log in, and send `Authorization: Bearer <access_token>`")
    return user


CurrentUser = Annotated[identity.User, Depends(current_user)]
"""The logged-in, active user; 401 for anybody else."""


async def _catalog_reader(request: Request, session: SessionDep, _: object = Security(_bearer)) -> identity.User:
    access = await key_access(request, session)
    if access is None:
        return await current_user(request, session)
    merchants.require_scope(access, "catalog:read")
    return access.user


CatalogReader = Annotated[identity.User, Depends(_catalog_reader)]
"""Whoever may read what every user may: a user, or a program with the scope `catalog:read` (then who made its key)."""


async def _admin(user: CurrentUser) -> identity.Admin:
    return identity.as_admin(user)


AdminUser = Annotated[identity.Admin, Depends(_admin)]
"""The proof that the caller is an administrator; 403 for other users."""


IdPath = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""The id of a row in a path; numbers that no database holds are refused as invalid."""


def store_access(role: Role, scope: str | None) -> Callable[..., Awaitable[StoreAccess]]:
    """Make a dependency that gives access to the store with at least `role`.

    In a route: `access: Annotated[StoreAccess, Depends(store_access("staff", "products"))]`. `scope` is the area
    (of `merchants.AREAS`) that an API key must have been given: a GET needs `<scope>:read`, any other method
    `<scope>:write`; None refuses keys, for what only people may do.

    The store is the one of `{store_code}` (or `{shop_code}`) in the path, else of the `X-Store-Code` header, else the
    user's only one; a key's is its own.
    """
    if scope is not None and scope not in merchants.AREAS:
        raise ValueError(f"{scope!r} is no area of API keys' scopes")

    async def open_store(
        request: Request,
        session: SessionDep,
        _: Annotated[object, Security(_bearer)],
        x_store_code: Annotated[
            str | None, Header(description="The store to act in; a member of one store only needs none")
        ] = None,
    ) -> StoreAccess:
        code = request.path_params.get("store_code") or request.path_params.get("shop_code") or x_store_code
        access = await key_access(request, session) if scope is not None else None
        if access is not None:
            if code and code.strip().upper() != access.store.code:
                raise NotFound("store_not_found", f"This API key opens store {access.store.code} and no other")
            act = "read" if request.method in ("GET", "HEAD") else "write"
            merchants.require_scope(access, f"{scope}:{act}")
            access.require(role)
            return access
        claims = access_claims(request)
        if claims is not None and not hasattr(request.state, "user"):
            access = await merchants.open_store_by_log_in(session, claims, code or None, role=role)
            request.state.user = access.user
            return access
        user = await current_user(request, session)
        if code:
            return await merchants.open_store(session, user, code, role=role)
        return await merchants.store_access_default(session, user, role=role)

    open_store.orion_scope = scope  # type: ignore[attr-defined] # for the walk over all routes with keys
    return open_store
