"""Notes on orders, for colleagues."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion.kernel import FieldError, Forbidden, Invalid, NotFound
from orion.merchants import StoreAccess
from orion.orders.models import Order, OrderNote
from orion.orders.opened import event_of, open_order
from orion.orders.progress import checked_text
from orion.plumbing.events import publish

MAX_NOTE = 4000


async def add_note(session: AsyncSession, access: StoreAccess, order_id: int, text: str) -> int:
    """Write a note on an order; gives its id. Raises NotFound (`order_not_found`), Invalid (`note_invalid`).

    Forbidden (`role_too_low`) below staff. Publishes OrderChanged.
    """
    access.require("staff")
    text = checked_text(text, "note", MAX_NOTE)
    if not text:
        message = "Write something into the note"
        raise Invalid("note_invalid", message, errors=[FieldError("text", message)])
    opened = await open_order(session, access.store.id, order_id)
    note = OrderNote(order_id=order_id, author_id=access.user.id, text=text)
    session.add(note)
    await session.flush()
    await publish(session, event_of(opened.order, "noted", (), access.user.id))
    return note.id


async def delete_note(session: AsyncSession, access: StoreAccess, note_id: int, *, order_id: int | None = None) -> None:
    """Take one's own note away (from that order, if one is named).

    Raises NotFound (`note_not_found`), Forbidden (`note_of_somebody_else`, and `role_too_low` below staff). Publishes
    OrderChanged.
    """
    access.require("staff")
    note = await session.scalar(
        sa.select(OrderNote)
        .join(Order, Order.id == OrderNote.order_id)
        .where(OrderNote.id == note_id, Order.store_id == access.store.id)
    )
    if note is None or order_id not in (None, note.order_id):
        raise NotFound("note_not_found", f"This store has no note {note_id}")
    if note.author_id != access.user.id:
        raise Forbidden("note_of_somebody_else", "Somebody else wrote this note: only they can take it away")
    opened = await open_order(session, access.store.id, note.order_id)
    await session.delete(note)
    await session.flush()
    await publish(session, event_of(opened.order, "note_deleted", (), access.user.id))
