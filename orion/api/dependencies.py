"""What routes ask for: the transaction, the caller, the store."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Header, Path, Request, Security
from fastapi.security import HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from orion import identity, merchants
from orion.api.routing import authenticated_user, runtime_of
from orion.kernel import Unauthenticated
from orion.merchants import Role, StoreAccess
from orion.plumbing.runtime import Runtime

_bearer = HTTPBearer(bearerFormat="JWT", auto_error=False, description="The `access_token` of a log-in")


def _session(request: Request) -> AsyncSession:
    session: AsyncSession = request.state.session
    return session


RuntimeDep = Annotated[Runtime, Depends(runtime_of)]
"""The running process: settings, database, counters."""

SessionDep = Annotated[AsyncSession, Depends(_session)]
"""The transaction of this request; the route (`TransactionalRoute`) commits it."""


async def current_user(request: Request, session: SessionDep, _: object = Security(_bearer)) -> identity.User:
    """The caller. Raises Unauthenticated (`authentication_required`) when nobody is logged in."""
    user = await authenticated_user(request, session)
    if user is None:
        raise Unauthenticated("authentication_required", "Log in, and send `Authorization: Bearer <access_token>`")
    return user


CurrentUser = Annotated[identity.User, Depends(current_user)]
"""The logged-in, active user; 401 for anybody else."""


async def _admin(user: CurrentUser) -> identity.Admin:
    return identity.as_admin(user)


AdminUser = Annotated[identity.Admin, Depends(_admin)]
"""The proof that the caller is an administrator; 403 for other users."""


IdPath = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""The id of a row in a path; numbers that no database holds are refused as invalid."""


def store_access(role: Role) -> Callable[..., Awaitable[StoreAccess]]:
    """Make a dependency that gives access to the store with at least `role`.

    In a route: `access: Annotated[StoreAccess, Depends(store_access("staff"))]`.

    The store is the one of `{store_code}` in the path, else of the `X-Store-Code` header, else the user's only one.
    """

    async def open_store(
        request: Request,
        session: SessionDep,
        user: CurrentUser,
        x_store_code: Annotated[
            str | None, Header(description="The store to act in; a member of one store only needs none")
        ] = None,
    ) -> StoreAccess:
        code = request.path_params.get("store_code") or x_store_code
        if code:
            return await merchants.open_store(session, user, code, role=role)
        return await merchants.store_access_default(session, user, role=role)

    return open_store
