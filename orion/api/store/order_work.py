"""What a store's staff do with an order: saying how far it is, accepting it, looking at flags, writing notes."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from orion import orders, sync
from orion.api.dependencies import SessionDep
from orion.api.inputs import NO_PARAMETERS, Body, Id
from orion.api.order_answers import NoteAnswer, NoteList, OrderDetailsAnswer
from orion.api.problems import PROBLEM_RESPONSES, body_fields
from orion.api.routing import TransactionalRoute
from orion.api.store.orders import PREFIX, TAGS, Staff, Viewer
from orion.kernel import OrderStatus
from orion.merchants import StoreAccess

Number = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]


class StatusRequest(Body):
    """How far an order is."""

    status: str = Field(description="one of `reachable` of the order", examples=["processing"])
    reason: str = Field("", description="why, for the history", examples=["Anna packs"])
    seen: OrderStatus | None = Field(
        None, description="the status that you have seen: 409 when it is another by now", examples=["confirmed"]
    )


class AcknowledgeRequest(Body):
    """Whether lines are accepted."""

    accepted: bool = Field(strict=True, description="false: rejected")
    line_ids: list[Number] | None = Field(
        None, min_length=1, max_length=1000, description="of these lines of the order; null: of all", examples=[[1207]]
    )


class NoteRequest(Body):
    """What colleagues should know."""

    text: Annotated[str, StringConstraints(min_length=1)] = Field(examples=["Ring twice"])


router = APIRouter(prefix=PREFIX, tags=[*TAGS], route_class=TransactionalRoute, responses=PROBLEM_RESPONSES)


@router.post("/{order_id}/status", summary="Say how far an order is", dependencies=NO_PARAMETERS)
async def advance_store_order(
    session: SessionDep, access: Staff, order_id: Id, body: StatusRequest
) -> OrderDetailsAnswer:
    """Say that an order is in preparation or packed, or go a step back; of a shipped one, that it is delivered.

    409 `status_not_reachable` for what does not follow on its status, naming what does; 409 `order_moved_on` when it is
    not what was `seen` any more, naming who was quicker. Needs staff.
    """
    with body_fields():
        await orders.advance(session, access, order_id, body.status, body.reason, seen=body.seen)
    return await _shown(session, access, order_id)


@router.post(
    "/{order_id}/acknowledge", status_code=202, summary="Accept or reject an order", dependencies=NO_PARAMETERS
)
async def acknowledge_store_order(
    session: SessionDep, access: Staff, order_id: Id, body: AcknowledgeRequest
) -> OrderDetailsAnswer:
    """Have the channel told that lines are accepted or rejected.

    A job does it, and reads the order again: its history says when the channel has taken it. 409
    `nothing_to_acknowledge` unless the order `awaits_acknowledgement`. Needs staff.
    """
    with body_fields():
        await sync.acknowledge_order(session, access, order_id, accepted=body.accepted, line_ids=body.line_ids)
    return await _shown(session, access, order_id)


@router.post("/{order_id}/refresh", status_code=202, summary="Read an order again", dependencies=NO_PARAMETERS)
async def refresh_store_order(session: SessionDep, access: Staff, order_id: Id) -> OrderDetailsAnswer:
    """Have the order read again at its channel, before everything else; the answer is the order as it is until then.

    The run that did it, or why it failed, is in `/api/v1/store/sync/runs?trigger=person`. Needs staff.
    """
    await sync.refresh_order(session, access, order_id)
    return await _shown(session, access, order_id)


@router.post("/{order_id}/flags/{flag}/clear", summary="Clear a flag", dependencies=NO_PARAMETERS)
async def clear_order_flag(session: SessionDep, access: Staff, order_id: Id, flag: str) -> OrderDetailsAnswer:
    """Say that somebody has looked at it: the flag comes back when what it is about gets different. Needs staff."""
    await orders.clear_flag(session, access, order_id, flag)
    return await _shown(session, access, order_id)


@router.get("/{order_id}/notes", summary="List the notes of an order", dependencies=NO_PARAMETERS)
async def list_order_notes(session: SessionDep, access: Viewer, order_id: Id) -> NoteList:
    """What members wrote on the order, the oldest first."""
    return NoteList(items=[NoteAnswer.of(note) for note in await orders.list_notes(session, access, order_id)])


@router.post("/{order_id}/notes", status_code=201, summary="Write a note", dependencies=NO_PARAMETERS)
async def add_order_note(session: SessionDep, access: Staff, order_id: Id, body: NoteRequest) -> NoteAnswer:
    """Write a note on the order, for colleagues: up to 4,000 characters. Needs staff."""
    with body_fields(note="text"):
        note_id = await orders.add_note(session, access, order_id, body.text)
    notes = await orders.list_notes(session, access, order_id)
    return next(NoteAnswer.of(note) for note in notes if note.id == note_id)


@router.delete("/{order_id}/notes/{note_id}", status_code=204, summary="Delete a note", dependencies=NO_PARAMETERS)
async def delete_order_note(session: SessionDep, access: Staff, order_id: Id, note_id: Id) -> None:
    """Take one's own note away; 403 `note_of_somebody_else` for another's. Needs staff."""
    await orders.delete_note(session, access, note_id, order_id=order_id)


async def _shown(session: AsyncSession, access: StoreAccess, order_id: int) -> OrderDetailsAnswer:
    return OrderDetailsAnswer.of(await orders.get_order(session, access, order_id))
