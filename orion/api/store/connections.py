"""A store's connections to channels, and which channels there are.

Nothing here waits for a channel: requests run in a transaction, and what asks the channel is a job, whose result shows
in `checked_at`, `state` and `reason`.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from orion import channels, sync
from orion.api.connection_answers import (
    ChannelAnswer,
    ChannelList,
    ConnectionAnswer,
    ConnectionChange,
    ConnectionList,
    ConsentAnswer,
    NewConnection,
    NewCredentials,
    PushAddressAnswer,
)
from orion.api.dependencies import CurrentUser, RuntimeDep, SessionDep, store_access
from orion.api.inputs import NO_PARAMETERS, Id, Parameters
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute, UnrepeatableRoute
from orion.kernel import NotFound
from orion.merchants import StoreAccess

Viewer = Annotated[StoreAccess, Depends(store_access("viewer", "channels"))]
Manager = Annotated[StoreAccess, Depends(store_access("manager", "channels"))]
Person = Annotated[StoreAccess, Depends(store_access("manager", None))]

PREFIX = "/api/v1/store/connections"
_ABOUT = {"tags": ["store connections"], "responses": PROBLEM_RESPONSES}

router = APIRouter(prefix=PREFIX, route_class=TransactionalRoute, **_ABOUT)  # type: ignore[arg-type] # as elsewhere: one mapping for several options
unrepeatable = APIRouter(prefix=PREFIX, route_class=UnrepeatableRoute, **_ABOUT)  # type: ignore[arg-type] # as above
channels_router = APIRouter(prefix="/api/v1/channels", route_class=TransactionalRoute, **_ABOUT)  # type: ignore[arg-type] # as above


class ConnectionQuery(Parameters):
    """Which connections are wanted."""

    channel: str | None = Field(None, description="of this channel only", examples=["letzshop"])


@channels_router.get("", summary="List the channels", dependencies=NO_PARAMETERS)
async def list_channels(runtime: RuntimeDep, _: CurrentUser) -> ChannelList:
    """Every channel that can be connected to: what it can do, where it can be reached, and what to enter for it."""
    return ChannelList(items=[ChannelAnswer.of(manifest, runtime.settings) for manifest in channels.MANIFESTS.values()])


@router.get("", summary="List the store's connections")
async def list_store_connections(
    session: SessionDep, access: Viewer, query: Annotated[ConnectionQuery, Query()]
) -> ConnectionList:
    """All connections of the store (at most 20), without their secrets."""
    found = await channels.list_connections(session, access, channel=query.channel)
    return ConnectionList(items=[ConnectionAnswer.of(connection) for connection in found])


@router.post("", status_code=201, summary="Connect to a channel", dependencies=NO_PARAMETERS)
async def create_store_connection(
    session: SessionDep, runtime: RuntimeDep, access: Manager, body: NewConnection
) -> ConnectionAnswer:
    """Keep credentials and settings for a channel. They are tried out at once; read the connection for the result.

    Where the channel has a consent page, leave out what comes from there, and ask for its address next.
    Needs a manager.
    """
    with body_fields():
        connection = await channels.create_connection(
            session,
            access,
            settings=runtime.settings,
            channel=body.channel,
            name=body.name,
            environment=body.environment,
            values=body.settings,
            secrets=body.secrets,
        )
    return ConnectionAnswer.of(connection)


@router.get("/{connection_id}", summary="Show a connection", dependencies=NO_PARAMETERS)
async def show_store_connection(session: SessionDep, access: Viewer, connection_id: Id) -> ConnectionAnswer:
    """One connection, without its secrets."""
    return ConnectionAnswer.of(await channels.get_connection(session, access, connection_id))


@router.patch("/{connection_id}", summary="Change a connection", dependencies=NO_PARAMETERS)
async def change_store_connection(
    session: SessionDep, runtime: RuntimeDep, access: Manager, connection_id: Id, body: ConnectionChange
) -> ConnectionAnswer:
    """Change the name, or some settings, which are tried out at once. Needs a manager."""
    with body_fields():
        connection = await channels.update_connection(
            session, access, connection_id, settings=runtime.settings, name=body.name, values=body.settings
        )
    return ConnectionAnswer.of(connection)


@router.delete("/{connection_id}", status_code=204, summary="Delete a connection", dependencies=NO_PARAMETERS)
async def delete_store_connection(session: SessionDep, access: Manager, connection_id: Id) -> None:
    """Delete a connection that no order came in by, with its schedules; others can be paused. Needs a manager."""
    await channels.delete_connection(session, access, connection_id)


@router.put("/{connection_id}/credentials", summary="Replace credentials", dependencies=NO_PARAMETERS)
async def replace_store_credentials(
    session: SessionDep, runtime: RuntimeDep, access: Manager, connection_id: Id, body: NewCredentials
) -> ConnectionAnswer:
    """Put secrets in the place of others; they are tried out at once. Needs a manager."""
    with body_fields():
        connection = await channels.replace_credentials(
            session, access, connection_id, settings=runtime.settings, secrets=body.secrets
        )
    return ConnectionAnswer.of(connection)


@router.post("/{connection_id}/test", status_code=202, summary="Try a connection out", dependencies=NO_PARAMETERS)
async def test_store_connection(session: SessionDep, access: Manager, connection_id: Id) -> ConnectionAnswer:
    """Have the channel asked whether the credentials work.

    Read the connection again: when `checked_at` has moved on, `state` and `reason` are the result. Needs a manager.
    """
    return ConnectionAnswer.of(await channels.test_connection(session, access, connection_id))


@router.post("/{connection_id}/pause", summary="Pause a connection", dependencies=NO_PARAMETERS)
async def pause_store_connection(session: SessionDep, access: Manager, connection_id: Id) -> ConnectionAnswer:
    """Ask the channel nothing more until the connection is resumed. Needs a manager."""
    return ConnectionAnswer.of(await channels.pause_connection(session, access, connection_id))


@router.post("/{connection_id}/resume", summary="Resume a connection", dependencies=NO_PARAMETERS)
async def resume_store_connection(session: SessionDep, access: Manager, connection_id: Id) -> ConnectionAnswer:
    """Let a paused connection go on; it is tried out at once. Needs a manager."""
    return ConnectionAnswer.of(await channels.resume_connection(session, access, connection_id))


@router.get("/{connection_id}/push-address", summary="Where pushes are posted", dependencies=NO_PARAMETERS)
async def show_store_push_address(
    session: SessionDep, runtime: RuntimeDep, access: Manager, connection_id: Id
) -> PushAddressAnswer:
    """The address to which the channel's notifications are forwarded; it holds a secret. Needs a manager.

    404 `push_address_not_found` where a channel has none of its own for each connection.
    """
    connection = await channels.get_connection(session, access, connection_id)
    url = sync.push_address(runtime.settings, connection)
    if url is None:
        raise NotFound("push_address_not_found", "Connections to this channel have no address for pushes of their own")
    return PushAddressAnswer(url=url)


@unrepeatable.post("/{connection_id}/consent", summary="Ask for the consent page", dependencies=NO_PARAMETERS)
async def ask_store_consent(
    session: SessionDep, runtime: RuntimeDep, access: Person, connection_id: Id
) -> ConsentAnswer:
    """The address of the channel's own page where access is granted: good once, for 15 minutes, for who asked.

    Open it in a browser in which you are logged in to the portal; the channel sends it back there. Needs a manager.
    """
    consent = await channels.start_consent(session, access, connection_id, runtime=runtime)
    return ConsentAnswer(url=consent.url, expires_at=consent.expires_at)
