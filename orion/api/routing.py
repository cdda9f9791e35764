"""One transaction per request, committed before the answer leaves; and writes that may be repeated."""

import hashlib
import hmac
import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile

from orion import identity, merchants
from orion.kernel import OrionError
from orion.merchants import StoreAccess
from orion.plumbing import idempotency
from orion.plumbing.runtime import Runtime

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

CLAIMS = "orion.access_claims"
"""Where in the scope stands what the request's access token says, once somebody has read it."""

REPLAYED = "Idempotency-Replayed"
_READS = ("GET", "HEAD")
_CHUNK = 1 << 20


class TransactionalRoute(APIRoute):
    """Runs its handler in one transaction: a reading one for GET, else one that is committed before the answer is sent.

    The session is `request.state.session`; a commit that fails is an error answer. With an `Idempotency-Key` header a
    write's answer is kept in the same transaction, and replayed when the request is repeated.
    """

    idempotent = True

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: set[str] | list[str] | None = None,
        openapi_extra: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        if self.idempotent and not set(methods or _READS) <= set(_READS):
            openapi_extra = {"parameters": [{"$ref": "#/components/parameters/IdempotencyKey"}]} | (openapi_extra or {})
        super().__init__(path, endpoint, methods=methods, openapi_extra=openapi_extra, **options)

    def get_route_handler(self) -> Handler:
        """FastAPI's own handler, within a transaction."""
        handle = super().get_route_handler()

        async def in_transaction(request: Request) -> Response:
            try:
                response = await answer(request)
            finally:
                identity.acting_with_key(None)
            access = getattr(request.state, "key_access", None)
            if access is not None and merchants.use_is_news(access) and response.background is None:
                response.background = BackgroundTask(_note_use, runtime_of(request), access)
            return response

        async def answer(request: Request) -> Response:
            database = runtime_of(request).database
            if request.method in _READS:
                async with database.reading() as session:
                    request.state.session = session
                    return await handle(request)
            key = request.headers.get("Idempotency-Key") if self.idempotent else None
            if key is None:
                async with database.transaction() as session:
                    request.state.session = session
                    return await handle(request)
            idempotency.check_key(key)
            # The body is read before the transaction begins: a slow upload holds no lock.
            request_hash = await _hash_request(request)
            try:
                async with database.transaction() as session:
                    request.state.session = session
                    return await _once(request, session, key, request_hash, handle)
            finally:
                await request.close()

        return in_transaction


class UnrepeatableRoute(TransactionalRoute):
    """A write that takes no Idempotency-Key, because its answer holds secrets that must not be stored."""

    idempotent = False


def runtime_of(request: Request) -> Runtime:
    """The process that answers the request."""
    runtime: Runtime = request.app.state.runtime
    return runtime


async def authenticated_user(request: Request, session: AsyncSession) -> identity.User | None:
    """The user whose access token the request carries, looked up once; None without an Authorization header.

    None as well with an API key: whoever takes those asks `key_access`. Raises Unauthenticated for a token that is not
    valid, or another scheme than Bearer.
    """
    if not hasattr(request.state, "user"):
        claims = access_claims(request)
        request.state.user = None if claims is None else await identity.user_for_claims(session, claims)
    user: identity.User | None = request.state.user
    return user


def access_claims(request: Request) -> identity.AccessClaims | None:
    """What the request's access token says; None without one, and with an API key. Raises Unauthenticated."""
    claims: identity.AccessClaims | None = request.scope.get(CLAIMS)
    token = _token(request)
    if claims is not None or token is None or token.startswith(merchants.KEY_MARK):
        return claims
    return identity.read_access_token(token, runtime_of(request).settings)


async def key_access(request: Request, session: AsyncSession) -> StoreAccess | None:
    """The access that the request's API key gives, looked up once; None when it carries none.

    Raises Unauthenticated for a key that is not valid (any more). From here on the audit log names the key.
    """
    if not hasattr(request.state, "key_access"):
        request.state.key_access = None
        token = _token(request)
        if token is not None and token.startswith(merchants.KEY_MARK):
            access = await merchants.access_by_key(session, token)
            request.state.key_access = access
            identity.acting_with_key(f"{access.key.name} ({access.key.prefix})" if access.key else None)
    access_: StoreAccess | None = request.state.key_access
    return access_


def bearer_token(header: str) -> str:
    """The token of an Authorization header; empty for any other scheme, which no token check accepts."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _token(request: Request) -> str | None:
    header = request.headers.get("Authorization")
    return None if header is None else bearer_token(header)


async def _note_use(runtime: Runtime, access: StoreAccess) -> None:
    if access.key is not None:
        async with runtime.database.transaction() as session:
            await merchants.note_key_use(session, access.key.id)


async def _caller(request: Request, session: AsyncSession) -> str:
    """Whose idempotency keys these are."""
    access = await key_access(request, session)
    if access is not None and access.key is not None:
        return f"key:{access.key.id}"
    user = await authenticated_user(request, session)
    return f"user:{user.id}" if user else "anonymous"


async def _once(request: Request, session: AsyncSession, key: str, request_hash: str, handle: Handler) -> Response:
    caller = await _caller(request, session)
    id_ = idempotency.identify(caller, request.method, request.url.path, key)
    kept = await idempotency.claim(session, id_, request_hash)
    if kept is not None:
        return _replay(kept)
    try:
        response = await handle(request)
    except OrionError as error:
        if error.keeps_effects:
            await idempotency.forget(session, id_)
        raise
    body = getattr(response, "body", None)
    if response.status_code >= 400 or not isinstance(body, bytes):
        await idempotency.forget(session, id_)
        return response
    answer = idempotency.Answer(
        response.status_code, response.headers.get("Content-Type"), response.headers.get("Location"), body
    )
    await idempotency.keep(session, id_, answer)
    return response


def _replay(answer: idempotency.Answer) -> Response:
    headers = {REPLAYED: "true"}
    if answer.media_type:
        headers["Content-Type"] = answer.media_type
    if answer.location:
        headers["Location"] = answer.location
    return Response(answer.body, answer.status, headers)


async def _hash_request(request: Request) -> str:
    """What tells one request from another: the query and the body, keyed, since bodies may hold passwords."""
    digest = hmac.new(runtime_of(request).settings.signing_key().encode(), digestmod=hashlib.sha256)
    _feed(digest, request.url.query)
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    _feed(digest, content_type)
    if content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        form = await request.form()  # its parts, not its bytes: the boundary differs each time
        for name, value in form.multi_items():
            _feed(digest, name)
            if isinstance(value, UploadFile):
                _feed(digest, json.dumps([value.filename, value.content_type, value.size]))
                while chunk := await value.read(_CHUNK):
                    digest.update(chunk)
                await value.seek(0)
            else:
                _feed(digest, value)
    else:
        digest.update(await request.body())
    return digest.hexdigest()


def _feed(digest: hmac.HMAC, text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    digest.update(len(data).to_bytes(8, "big") + data)
