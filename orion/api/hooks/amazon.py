"""Where Amazon's ORDER_CHANGE notifications arrive, by way of whoever forwards the seller's queue.

Amazon calls no address itself: notifications go to an SQS queue or EventBridge (Notifications API v1). What takes them
there (a Lambda, an EventBridge API destination, a small consumer) posts them here, to an address that ends with the
connection's own secret. A notification is not believed: it only has the order read.
"""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from orion import sync
from orion.api.dependencies import RuntimeDep, SessionDep
from orion.api.inputs import NO_PARAMETERS
from orion.api.problems import PROBLEM_RESPONSES
from orion.api.routing import UnrepeatableRoute
from orion.kernel import FieldError, Invalid, NotFound

MOST_MESSAGES = 100


class HookAnswer(BaseModel):
    """What became of the notifications."""

    taken: int = Field(description="new ones that have an order read", examples=[1])
    known: int = Field(description="ones that came before", examples=[0])
    ignored: int = Field(description="of other kinds, or for another seller", examples=[0])
    unreadable: int = Field(description="messages of a batch that cannot be read", examples=[0])


router = APIRouter(
    prefix="/api/v1/hooks/amazon", tags=["hooks"], route_class=UnrepeatableRoute, responses=PROBLEM_RESPONSES
)


@router.post("/{connection_id}/{token}", summary="Take Amazon's notifications", dependencies=NO_PARAMETERS)
async def take_amazon_notifications(
    request: Request,
    runtime: RuntimeDep,
    session: SessionDep,
    connection_id: Annotated[int, Path(ge=1, le=2**63 - 1)],
    token: Annotated[str, Path(max_length=100, description="the connection's secret, from its page")],
) -> HookAnswer:
    """One notification, or a batch as SQS hands it on (`Records[].body` or `Messages[].Body`); repeating is harmless.

    One message of a batch that cannot be read keeps no other back: it is counted as `unreadable`. 404 `hook_not_found`
    for an address that is none, 422 `hook_unreadable` for a body that no queue makes, or with no message to be read.
    """
    connection = await sync.connection_by_token(session, runtime.settings, "amazon", connection_id, token)
    if connection is None:
        raise NotFound("hook_not_found", "This is no hook address: copy it anew from the connection's page")
    answer = HookAnswer(taken=0, known=0, ignored=0, unreadable=0)
    messages = _messages(await request.body())
    for message in messages:
        try:
            change = _order_change(_unwrapped(message))
        except Invalid:
            answer.unreadable += 1
            if answer.unreadable == len(messages):
                raise
            continue
        own = connection.settings.get("seller_id")
        if change is None or (own and change["seller"] and own != change["seller"]):
            answer.ignored += 1
        elif await sync.take_push(session, "amazon", change["event"], "ORDER_CHANGE", connection.id, change["order"]):
            answer.taken += 1
        else:
            answer.known += 1
    return answer


def _messages(body: bytes) -> list[Any]:
    document = _parse(body)
    if not isinstance(document, dict):
        raise _unreadable("a JSON object is expected")
    for batch, part in (("Records", "body"), ("Messages", "Body")):
        if isinstance(messages := document.get(batch), list):
            if len(messages) > MOST_MESSAGES:
                raise _unreadable(f"at most {MOST_MESSAGES} messages at a time")
            return [message.get(part) if isinstance(message, dict) else None for message in messages]
    return [document]


def _unwrapped(message: Any) -> Any:
    """The notification in a message: as it is, as text, or in EventBridge's or SNS's wrapping."""
    found = _parse(message.encode()) if isinstance(message, str) else message
    if isinstance(found, dict) and "NotificationType" not in found:
        inner = found.get("detail", found.get("Message", found.get("Body")))
        if inner is not None:
            return _parse(inner.encode()) if isinstance(inner, str) else inner
    return found


def _order_change(notification: Any) -> dict[str, str] | None:
    """Ids of an ORDER_CHANGE notification (Notifications API v1, payload version 1.0); None for any other."""
    if not isinstance(notification, dict) or notification.get("NotificationType") != "ORDER_CHANGE":
        return None
    try:
        change = notification["Payload"]["OrderChangeNotification"]
        found = {
            "event": notification["NotificationMetadata"]["NotificationId"],
            "order": change["AmazonOrderId"],
            "seller": change.get("SellerId") or "",
        }
    except (KeyError, TypeError, AttributeError):
        raise _unreadable("an ORDER_CHANGE notification has NotificationMetadata and OrderChangeNotification") from None
    if not all(isinstance(text, str) for text in found.values()) or not found["event"] or not found["order"]:
        raise _unreadable("NotificationId and AmazonOrderId are texts")
    return found


def _parse(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _unreadable("it is no JSON") from None


def _unreadable(what: str) -> Invalid:
    message = f"This is no notification as Amazon sends them: {what}"
    return Invalid("hook_unreadable", message, errors=[FieldError("body", message)])
