"""Where eBay's notifications arrive: orders to read again, and users who are gone.

One address for all stores, because eBay calls the operator's app. It proves that it is ours by a challenge; eBay proves
itself by a signature. A notification of an order is not believed: it only has the order read.
"""

import hashlib
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from orion import channels, orders, sync
from orion.api.dependencies import RuntimeDep
from orion.api.inputs import NO_PARAMETERS
from orion.api.problems import PROBLEM_RESPONSES, problem
from orion.channels import ChannelError, Connection
from orion.kernel import FieldError, Invalid, NotFound, Unavailable
from orion.plumbing.runtime import Runtime

PREFIX = "/api/v1/hooks/ebay"
DELETION = "MARKETPLACE_ACCOUNT_DELETION"

EnvironmentPath = Annotated[
    Literal["live", "sandbox", "simulator"], Path(description="which eBay calls: that of the app's keys")
]


class ChallengeAnswer(BaseModel):
    """The proof that this address is ours."""

    challengeResponse: str = Field(  # noqa: N815 (eBay's name)
        description="SHA-256 in hex of the challenge code, the verification token and this address",
        examples=["ca527df75caa230092d7e90484071e8f05d63068f1317973d6a3a42593734bbb"],
    )


router = APIRouter(prefix=PREFIX, tags=["hooks"], responses=PROBLEM_RESPONSES)


@router.get("/{environment}", summary="Answer eBay's challenge")
async def answer_ebay_challenge(
    runtime: RuntimeDep,
    environment: EnvironmentPath,
    challenge_code: Annotated[str, Query(max_length=500, description="what eBay made up")],
) -> ChallengeAnswer:
    """How eBay makes sure of a notification endpoint; 404 `hook_not_found` where the operator takes none."""
    token = _token(runtime)
    address = f"{runtime.settings.public_url.rstrip('/')}{PREFIX}/{environment}"
    digest = hashlib.sha256(f"{challenge_code}{token}{address}".encode()).hexdigest()
    return ChallengeAnswer(challengeResponse=digest)


@router.post(
    "/{environment}",
    status_code=204,
    summary="Take eBay's notifications",
    dependencies=NO_PARAMETERS,
    response_class=Response,
)
async def take_ebay_notification(request: Request, runtime: RuntimeDep, environment: EnvironmentPath) -> Response:
    """One notification, signed by eBay (X-EBAY-SIGNATURE); repeating is harmless.

    412 `signature_invalid` for one that eBay did not sign, 503 `channel_unavailable` while its key cannot be had, 422
    `hook_unreadable`, 404 `hook_not_found` where the operator takes none.
    """
    _token(runtime)
    body = await request.body()
    # No transaction yet: eBay may have to be asked for its key.
    if not await _is_signed(runtime, environment, request, body):
        return problem(412, "signature_invalid", "EBay has not signed this with a key of its own")
    notification = _Notification.read(body)
    async with runtime.database.transaction() as session:
        await _take(session, environment, notification)
    return Response(status_code=204)


def _token(runtime: Runtime) -> str:
    token = runtime.settings.ebay_verification_token.get_secret_value()
    if not token:
        raise NotFound("hook_not_found", "EBay's notifications are not taken here: EBAY_VERIFICATION_TOKEN is not set")
    return token


async def _is_signed(runtime: Runtime, environment: str, request: Request, body: bytes) -> bool:
    verify = channels.manifest_of("ebay").push_is_signed
    if verify is None:
        raise AssertionError("unreachable: eBay's manifest has it")
    try:
        return await verify(channels.app_client(runtime, "ebay", environment), request.headers, body)
    except ChannelError as error:
        raise Unavailable(
            "channel_unavailable", f"EBay's key cannot be had now: {error.detail}", retry_after=60
        ) from None


class _Notification:
    """What an envelope says: `metadata.topic`, and `notification` with `notificationId` and `data`."""

    def __init__(self, topic: str, event_id: str, data: dict[str, Any]) -> None:
        self.topic = topic
        self.event_id = event_id
        self.data = data

    @classmethod
    def read(cls, body: bytes) -> "_Notification":
        """Raises Invalid (`hook_unreadable`)."""
        try:
            envelope = orjson.loads(body)
            told = envelope["notification"]
            topic, event_id, data = envelope["metadata"]["topic"], told["notificationId"], told.get("data")
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            raise _unreadable("metadata.topic and notification.notificationId are needed") from None
        if not all(isinstance(text, str) and text for text in (topic, event_id)):
            raise _unreadable("topic and notificationId are texts")
        return cls(topic, event_id, data if isinstance(data, dict) else {})

    @property
    def order_id(self) -> str | None:
        """The order that it is about."""
        return _text(_part(self.data, "order"), "orderId") or _text(self.data, "orderId")

    @property
    def account(self) -> dict[str, str]:
        """Settings of the connections that it is for."""
        user, order = _part(self.data, "user"), _part(self.data, "order")
        found = {
            "user_id": _text(user, "userId") or _text(self.data, "userId"),
            "username": _text(user, "username") or _text(order, "sellerId") or _text(self.data, "username"),
        }
        return {name: value for name, value in found.items() if value}


async def _take(session: AsyncSession, environment: str, told: _Notification) -> None:
    """Note it, and see to what follows; nothing does when it came before."""
    if told.topic == DELETION:
        names = [name for field in ("username", "userId") if (name := _text(told.data, field))]
        if await sync.take_push(session, "ebay", told.event_id, told.topic, None, None) and names:
            await orders.forget_buyers_soon(session, "ebay", names, reason="eBay says that this user is gone")
        return
    order_id = told.order_id
    connections = await _connections(session, environment, told) if order_id else []
    for connection in connections:
        event_id = f"{told.event_id}:{connection.id}"
        await sync.take_push(session, "ebay", event_id, told.topic, connection.id, order_id)
    if not connections:
        await sync.take_push(session, "ebay", told.event_id, told.topic, None, None)


async def _connections(session: AsyncSession, environment: str, told: _Notification) -> list[Connection]:
    for setting, value in told.account.items():
        found = await sync.connections_of(session, "ebay", setting, value)
        if own := [connection for connection in found if connection.environment == environment]:
            return own
    return []


def _part(node: dict[str, Any], name: str) -> dict[str, Any]:
    found = node.get(name)
    return found if isinstance(found, dict) else {}


def _text(node: dict[str, Any], name: str) -> str | None:
    found = node.get(name)
    return found if isinstance(found, str) and found else None


def _unreadable(what: str) -> Invalid:
    message = f"This is no notification as eBay sends them: {what}"
    return Invalid("hook_unreadable", message, errors=[FieldError("body", message)])
