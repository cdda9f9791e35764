"""What there is to connect to: each adapter module registers a manifest, and everything else is read from it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from orion.channels.client import Answer, ChannelClient, Rate
from orion.channels.errors import ChannelError, CredentialsRefused, Refused, ScopeMissing
from orion.channels.models import ENVIRONMENTS, Connection
from orion.channels.ports import PORTS, Adapter, capabilities_of
from orion.channels.tokens import TokenSource, oauth_refusal
from orion.kernel import CHANNEL_NAMES, Channel, FieldError, Invalid, NotFound
from orion.plumbing.runtime import Runtime
from orion.plumbing.sealing import open_sealed, place_of
from orion.plumbing.settings import Settings


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a store enters. `choices` are (value, label) or plain values; `help` says where to find it.

    `lives`: how long a secret works from when it was entered; `renew` says how to get the next.
    `by_consent`: it comes from the channel's own consent page, so that nobody has to type it (they may).
    """

    name: str
    label: str
    kind: Literal["text", "secret", "choice", "choices"] = "text"
    required: bool = True
    choices: tuple[str | tuple[str, str], ...] = ()
    help: str = ""
    default: Any = None
    lives: timedelta | None = None
    renew: str = ""
    by_consent: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        """What may be chosen."""
        return tuple(choice if isinstance(choice, str) else choice[0] for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Granted:
    """What a consent brought: secrets (the refresh token), and settings that it told of beside them."""

    secrets: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConsentFlow:
    """How a merchant grants access on the channel's own page (OAuth 2.0 authorization code, RFC 6749 section 4.1).

    `authorize_url(client, state, redirect_uri)` is where to send them; `exchange(client, answered, redirect_uri)` takes
    the query that the browser came back with, where `code_parameter` is what the channel calls the code.
    """

    authorize_url: Callable[[ChannelClient, str, str], str]
    exchange: Callable[[ChannelClient, Mapping[str, str], str], Awaitable[Granted]]
    code_parameter: str = "code"


def refusal(answer: Answer) -> ChannelError:
    """The error for a 4xx where the channel has no error document that says more."""
    if said := oauth_refusal(answer):
        return said
    operation = answer.operation
    if answer.status == 401:
        detail = f"The channel does not accept the credentials ({operation}, status 401): enter them again"
        return CredentialsRefused("credentials_refused", detail)
    if answer.status == 403:
        return ScopeMissing("scope_missing", f"The credentials may not do this ({operation}): grant it at the channel")
    return Refused(f"http_{answer.status}", f"{operation}: the channel answered {answer.status}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A channel: its adapter, what a store enters, where it is, and how often it may be asked.

    `hosts` are {environment: {name: address without a slash at its end}}; `api` is where paths go. The environment
    `simulator` needs none. `rates` are by operation, `*` for all others together; without one there is no limit.
    `rate_header` is where the channel says its limit in calls a second. `refusal` makes an error of a 4xx.
    `operator_secrets` are credentials of the operator's own app, beneath the store's. `document_hosts` are endings of
    host names that the channel's answers may send us to, without credentials. `check` finds what is wrong with settings
    and secrets together. `push_is_signed(client of `app_client`, headers, body)`: whether the channel itself has sent
    this to us; it raises ChannelError when that cannot be told now. `choose` says which adapter class it is for these
    settings, where they decide.
    """

    channel: Channel
    adapter: type[Adapter]
    secrets: tuple[Field, ...] = ()
    settings: tuple[Field, ...] = ()
    hosts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rates: Mapping[str, Rate] = field(default_factory=dict)
    token: TokenSource | None = None
    consent: ConsentFlow | None = None
    refusal: Callable[[Answer], ChannelError] = refusal
    rate_header: str | None = None
    document_hosts: tuple[str, ...] = ()
    operator_secrets: Callable[[Settings], Mapping[str, str]] | None = None
    push_is_signed: Callable[[ChannelClient, Mapping[str, str], bytes], Awaitable[bool]] | None = None
    check: Callable[[Mapping[str, Any], Mapping[str, str]], Sequence[FieldError]] | None = None
    choose: Callable[[Mapping[str, Any]], type[Adapter]] | None = None
    notes: str = ""

    @property
    def name(self) -> str:
        """How the channel is shown."""
        return CHANNEL_NAMES[self.channel]

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Which of PORTS its adapters implement, one by one or together: see `capabilities_for` for one connection."""
        chosen = [{wanted.name: value} for wanted in self.settings for value in wanted.values]
        found = {port for settings in ({}, *chosen) for port in self.capabilities_for(settings)}
        return tuple(port for port in PORTS if port in found)

    def capabilities_for(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Which of PORTS the adapter of a connection with these settings implements."""
        return capabilities_of(self.adapter_for(settings))

    def adapter_for(self, settings: Mapping[str, Any]) -> type[Adapter]:
        """The class of the adapter of a connection with these settings."""
        return self.choose(settings) if self.choose else self.adapter

    def environments(self, settings: Settings) -> tuple[str, ...]:
        """Where connections may lead: what the code knows addresses of, and the simulator if the operator has one."""
        there = {*self.hosts, *(["simulator"] if settings.simulator_url else [])}
        return tuple(name for name in ENVIRONMENTS if name in there)


MANIFESTS: dict[Channel, Manifest] = {}
"""Every channel that can be connected to; known once its adapter's module is imported."""

SIMULATOR_APP = {
    "app_id": "simulator-app",
    "client_id": "simulator-client",
    "client_secret": "simulator-secret",
    "runame": "simulator-runame",
}
"""The operator's app where the channel is a simulator: real credentials never go there."""


def register(manifest: Manifest) -> Manifest:
    """Make a channel known. Raises ValueError for one that is known already by another adapter."""
    known = MANIFESTS.get(manifest.channel)
    if known is not None and known.adapter.__module__ != manifest.adapter.__module__:
        raise ValueError(f"{known.adapter.__module__} registers {manifest.channel} too")
    MANIFESTS[manifest.channel] = manifest
    return manifest


def manifest_of(channel: str) -> Manifest:
    """Raises Invalid (`channel_not_connectable`) for a channel without an adapter."""
    for known, manifest in MANIFESTS.items():
        if known == channel:
            return manifest
    message = f"There is nothing to connect to at {channel[:40]!r}: {', '.join(MANIFESTS)}"
    raise Invalid("channel_not_connectable", message, errors=[FieldError("channel", message)])


def capability_matrix() -> dict[Channel, dict[str, bool]]:
    """For each channel, which of PORTS it has."""
    return {channel: {port: port in manifest.capabilities for port in PORTS} for channel, manifest in MANIFESTS.items()}


def secrets_of(settings: Settings, connection: Connection) -> dict[str, str]:
    """The connection's own secrets by name. Raises what `open_sealed` raises."""
    if not connection.credentials:
        return {}
    place = place_of("connections", "credentials", connection.id)
    secrets: dict[str, str] = json.loads(open_sealed(settings, connection.credentials, bound_to=place))
    return secrets


def client_of(runtime: Runtime, connection: Connection, *, spare: float = 0.0) -> ChannelClient:
    """The connection's way to its channel, whatever its secrets. Raises Invalid (`environment_not_configured`)."""
    manifest = manifest_of(connection.channel)
    if connection.environment not in manifest.environments(runtime.settings):
        message = f"{manifest.name} has no environment {connection.environment!r} here: the operator has to set it up"
        raise Invalid("environment_not_configured", message)
    beneath: Mapping[str, str] = {}
    if connection.environment == "simulator":
        beneath = SIMULATOR_APP
    elif manifest.operator_secrets:
        beneath = {name: text for name, text in manifest.operator_secrets(runtime.settings).items() if text}
    own = secrets_of(runtime.settings, connection)
    return ChannelClient(
        runtime=runtime,
        manifest=manifest,
        connection_id=connection.id,
        channel=connection.channel,
        environment=connection.environment,
        settings=connection.settings,
        # A refresh token belongs to one client id, so an app's credentials are never mixed of two.
        secrets=own if "client_id" in own else {**beneath, **own},
        spare=spare,
    )


def app_client(runtime: Runtime, channel: str, environment: str) -> ChannelClient:
    """The way of the operator's app to a channel, for what belongs to no store; for operations without a limit of ours.

    Raises NotFound (`app_missing`) where the operator has no app there.
    """
    manifest = manifest_of(channel)
    secrets: Mapping[str, str] = SIMULATOR_APP if environment == "simulator" else {}
    if environment in manifest.hosts and manifest.operator_secrets:
        secrets = {name: text for name, text in manifest.operator_secrets(runtime.settings).items() if text}
    if environment not in manifest.environments(runtime.settings) or not secrets.get("client_secret"):
        raise NotFound("app_missing", f"The operator has no app at {manifest.name} in {environment[:40]!r}")
    return ChannelClient(
        runtime=runtime,
        manifest=manifest,
        connection_id=0,
        channel=channel,
        environment=environment,
        settings={},
        secrets=secrets,
    )


@asynccontextmanager
async def open_adapter(runtime: Runtime, connection: Connection, *, spare: float = 0.0) -> AsyncIterator[Adapter]:
    """The connection's adapter, with its secrets opened; all its calls leave the share `spare` to others.

    Hold no transaction open around its calls. Raises CredentialsRefused (`credentials_missing`) when some were never
    entered, and what `client_of` raises.
    """
    client = client_of(runtime, connection, spare=spare)
    manifest = client.manifest
    missing = [wanted.label for wanted in manifest.secrets if wanted.required and not client.secrets.get(wanted.name)]
    if missing:
        raise CredentialsRefused("credentials_missing", f"Still to be entered or granted: {', '.join(missing)}")
    yield manifest.adapter_for(client.settings)(client)  # type: ignore[call-arg] # a protocol says nothing of how it is made
