"""One transaction per request, committed before the answer leaves; and writes that may be repeated."""

import hashlib
import hmac
import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile

from orion import identity
from orion.kernel import OrionError
from orion.plumbing import idempotency
from orion.plumbing.runtime import Runtime

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

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

    Raises Unauthenticated for a token that is not valid, or another scheme than Bearer.
    """
    if not hasattr(request.state, "user"):
        request.state.user = None
        if (header := request.headers.get("Authorization")) is not None:
            request.state.user = await identity.user_for_access_token(
                session, bearer_token(header), runtime_of(request).settings
            )
    user: identity.User | None = request.state.user
    return user


def bearer_token(header: str) -> str:
    """The token of an Authorization header; empty for any other scheme, which no token check accepts."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _once(request: Request, session: AsyncSession, key: str, request_hash: str, handle: Handler) -> Response:
    user = await authenticated_user(request, session)
    caller = f"user:{user.id}" if user else "anonymous"
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
