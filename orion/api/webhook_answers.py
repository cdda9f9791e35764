"""What the API says of webhooks, their deliveries and events."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from orion.api.inputs import Body, MaybeNaive
from orion.webhooks import TYPES, DeliveryView, Webhook

_MESSAGE = {
    "id": "evt_3f0c9d0e7a",
    "type": "product.updated",
    "timestamp": "2026-11-21T12:00:00.123456Z",
    "version": 1,
    "store": "TECHSTORE",
    "entity": "product:17",
    "sequence": 4711,
    "data": TYPES["product.updated"].example,
}


class NewWebhook(Body):
    """An endpoint to be."""

    url: str = Field(examples=["https://example.com/orion"])
    event_types: list[str] = Field(description='types, "product.*" or "*"', examples=[["product.*", "stock.low"]])
    description: str | None = Field(None, max_length=255, examples=["Our warehouse"])


class WebhookChange(Body):
    """What is to change; what is not sent stays."""

    url: str | None = Field(None, examples=["https://example.com/orion"])
    event_types: list[str] | None = Field(None, examples=[["*"]])
    description: str | None = Field(None, max_length=255)
    is_active: bool | None = Field(None, description="false cancels what is on its way")


class WebhookAnswer(BaseModel):
    """An endpoint. `previous_secret_until`: until then the secret before the last rotation signs too."""

    id: int = Field(examples=[3])
    url: str = Field(examples=["https://example.com/orion"])
    description: str | None = Field(examples=["Our warehouse"])
    event_types: list[str] = Field(examples=[["product.*", "stock.low"]])
    is_active: bool
    disabled_at: datetime | None
    disabled_reason: str | None = Field(examples=[None])
    failing_since: datetime | None = Field(description="nothing has arrived since")
    previous_secret_until: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, webhook: Webhook, **more: Any) -> Self:
        """The answer for one endpoint."""
        names = [name for name in WebhookAnswer.model_fields if name != "previous_secret_until"]
        facts = {name: getattr(webhook, name) for name in names}
        return cls(previous_secret_until=webhook.previous_until, **facts, **more)


class WebhookWithSecret(WebhookAnswer):
    """An endpoint with its new secret, which is shown this once."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class WebhookList(BaseModel):
    """All endpoints."""

    items: list[WebhookAnswer]


class DeliveryAnswer(BaseModel):
    """An event on its way to an endpoint; `response_*`, `seconds` and `error` are of the last attempt."""

    id: int = Field(examples=[90])
    webhook_id: int = Field(examples=[3])
    status: str = Field(description="pending, waiting, delivered, dead or cancelled", examples=["delivered"])
    attempts: int = Field(examples=[1])
    next_at: datetime | None = Field(description="when it is tried again")
    attempted_at: datetime | None
    finished_at: datetime | None
    response_status: int | None = Field(examples=[200])
    response_excerpt: str | None = Field(description="the beginning of the answer's body, at most 1 kB")
    seconds: float | None = Field(examples=[0.12])
    error: str | None = Field(examples=[None])
    created_at: datetime
    message: dict[str, Any] = Field(description="what is sent", examples=[_MESSAGE])

    @classmethod
    def of(cls, view: DeliveryView) -> Self:
        """The answer for one delivery."""
        facts = {name: getattr(view.delivery, name) for name in cls.model_fields if name != "message"}
        return cls(message=view.message, **facts)


class DeliveryList(BaseModel):
    """Deliveries, newest first."""

    items: list[DeliveryAnswer]
    next_cursor: str | None


class Queued(BaseModel):
    """A delivery that is on its way now."""

    delivery_id: int = Field(examples=[91])


class ReplayRequest(Body):
    """Where to begin: one of both."""

    since: MaybeNaive | None = Field(None, examples=["2026-11-20T00:00:00Z"])
    after: str | None = Field(None, max_length=64, description="the id of the last event you have")


class ReplayAnswer(BaseModel):
    """How many events are on their way; `continue_after` is for the next call, null when that was all."""

    count: int = Field(examples=[250])
    continue_after: str | None = Field(examples=[None])


class EventList(BaseModel):
    """Messages, oldest first, exactly as they are posted. `next_cursor` is good for later too: keep it, and go on."""

    items: list[dict[str, Any]] = Field(examples=[[_MESSAGE]])
    next_cursor: str
    has_more: bool


class EventTypeAnswer(BaseModel):
    """A type of event."""

    type: str = Field(examples=["product.updated"])
    description: str
    example: dict[str, Any] = Field(description="its `data`", examples=[TYPES["product.updated"].example])


class EventTypeList(BaseModel):
    """Every type of event."""

    items: list[EventTypeAnswer]
