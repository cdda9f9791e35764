"""What the API says of channels and connections, and what it takes. Secrets go in, and only their names come out."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, Field

from orion import channels
from orion.api.inputs import Body
from orion.channels import Connection, Manifest
from orion.channels import Field as Wanted
from orion.plumbing.settings import Settings

_SECRETS = {"api_key": "the key that Letzshop gave you"}


class NewConnection(Body):
    """A connection to be."""

    channel: str = Field(examples=["letzshop"])
    name: str = Field(description="to tell it from others to the same channel", examples=["Letzshop"])
    environment: str = Field("live", description="live, sandbox or simulator, as `GET /api/v1/channels` offers them")
    settings: dict[str, Any] = Field({}, description="as the channel describes them", examples=[{"dialect": "orders"}])
    secrets: dict[str, str | None] = Field(
        {}, description="as the channel describes them; never shown again", examples=[_SECRETS]
    )


class ConnectionChange(Body):
    """What is to change; what is not sent stays, also within `settings`."""

    name: str | None = Field(None, examples=["Letzshop"])
    settings: dict[str, Any] | None = Field(None, examples=[{"dialect": "shipments"}])


class NewCredentials(Body):
    """Secrets to put in the place of others: those not sent stay, null takes one away."""

    secrets: dict[str, str | None] = Field(min_length=1, examples=[_SECRETS])


class ConnectionAnswer(BaseModel):
    """A connection. `secrets` says which are set and since when; `reason` says in words why it does not work."""

    id: int = Field(examples=[7])
    channel: str = Field(examples=["letzshop"])
    name: str = Field(examples=["Letzshop"])
    environment: str = Field(examples=["live"])
    settings: dict[str, Any] = Field(examples=[{"dialect": "orders"}])
    secrets: dict[str, datetime] = Field(examples=[{"api_key": "2026-11-21T12:00:00Z"}])
    credentials_expire_at: datetime | None = Field(description="renew the credentials before")
    state: str = Field(description="new, ok, expiring, broken or paused", examples=["ok"])
    reason_code: str | None = Field(examples=[None])
    reason: str | None = Field(examples=[None])
    failing_since: datetime | None
    checked_at: datetime | None = Field(description="when the channel was last asked and answered, or failed to")
    last_ok_at: datetime | None
    capabilities: list[str] = Field(examples=[["orders_in", "fulfillment_out", "inventory_out"]])
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """The answer for one connection."""
        manifest = channels.MANIFESTS.get(connection.channel)  # type: ignore[call-overload] # a text of the database
        capabilities = manifest.capabilities_for(connection.settings) if manifest else ()
        facts = {
            name: getattr(connection, name) for name in cls.model_fields if name not in ("secrets", "capabilities")
        }
        secrets = channels.secret_dates(connection)
        return cls(secrets=secrets, capabilities=list(capabilities), **facts)


class ConnectionList(BaseModel):
    """The connections of a store."""

    items: list[ConnectionAnswer]


class ConsentAnswer(BaseModel):
    """Where to send the browser of who asked, and until when it may come back."""

    url: str = Field(examples=["https://sellercentral.amazon.de/apps/authorize/consent?application_id=…&state=…"])
    expires_at: datetime


class PushAddressAnswer(BaseModel):
    """Where the connection's pushes are posted: whoever knows it can have orders read, and nothing else."""

    url: str = Field(examples=["https://orion.example.com/api/v1/hooks/amazon/7/1c0f…"])


class ChoiceAnswer(BaseModel):
    """One thing to choose."""

    value: str = Field(examples=["orders"])
    label: str = Field(examples=["Orders"])


class FieldAnswer(BaseModel):
    """One thing to enter. `by_consent`: the channel's consent page brings it; `lives_days`: then it has to be new."""

    name: str = Field(examples=["api_key"])
    label: str = Field(examples=["API key"])
    kind: str = Field(description="text, secret, choice or choices", examples=["secret"])
    required: bool
    choices: list[ChoiceAnswer]
    help: str
    default: Any = None
    by_consent: bool
    lives_days: int | None

    @classmethod
    def of(cls, wanted: Wanted) -> Self:
        """The answer for one field."""
        pairs = [(choice, choice) if isinstance(choice, str) else choice for choice in wanted.choices]
        return cls(
            name=wanted.name,
            label=wanted.label,
            kind=wanted.kind,
            required=wanted.required,
            choices=[ChoiceAnswer(value=value, label=label) for value, label in pairs],
            help=wanted.help,
            default=wanted.default,
            by_consent=wanted.by_consent,
            lives_days=wanted.lives.days if wanted.lives else None,
        )


class ChannelAnswer(BaseModel):
    """A channel that can be connected to: what it can do, and what to enter."""

    channel: str = Field(examples=["letzshop"])
    name: str = Field(examples=["Letzshop"])
    capabilities: dict[str, bool] = Field(examples=[{"orders_in": True, "products_in": False}])
    environments: list[str] = Field(examples=[["live", "simulator"]])
    has_consent_page: bool = Field(description="access can be granted on the channel's own page")
    secrets: list[FieldAnswer]
    settings: list[FieldAnswer]
    notes: str

    @classmethod
    def of(cls, manifest: Manifest, settings: Settings) -> Self:
        """The answer for one channel."""
        return cls(
            channel=manifest.channel,
            name=manifest.name,
            capabilities=channels.capability_matrix()[manifest.channel],
            environments=list(manifest.environments(settings)),
            has_consent_page=manifest.consent is not None,
            secrets=[FieldAnswer.of(wanted) for wanted in manifest.secrets],
            settings=[FieldAnswer.of(wanted) for wanted in manifest.settings],
            notes=manifest.notes,
        )


class ChannelList(BaseModel):
    """The channels, and what each can do."""

    items: list[ChannelAnswer]
