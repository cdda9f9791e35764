"""Connections and orders as channels tell them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from orion import orders
from orion.channels import Connection, RemoteAddress, RemoteLine, RemoteOrder
from orion.merchants import StoreAccess
from orion.sync import SyncRun, SyncSchedule

_numbers = count(1)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CONNECTED = datetime(2026, 1, 1, tzinfo=UTC)


async def make_connection(session: AsyncSession, access: StoreAccess, channel: str = "letzshop") -> Connection:
    """A connection of the store that works, made before any order of these tests was placed."""
    connection = Connection(
        store_id=access.store.id,
        channel=channel,
        name=f"{channel} {next(_numbers)}",
        environment="simulator",
        settings={},
        state="ok",
        created_at=CONNECTED,
    )
    session.add(connection)
    await session.flush()
    return connection


async def make_synced(session: AsyncSession, access: StoreAccess) -> None:
    """A connection with a schedule, a run, and the order that it brought."""
    connection = await make_connection(session, access)
    common = {"store_id": access.store.id, "connection_id": connection.id, "job_type": "order_import"}
    session.add(SyncSchedule(interval_minutes=5, next_run_at=CONNECTED, **common))
    session.add(SyncRun(channel=connection.channel, trigger="schedule", status="success", created=1, **common))
    await orders.take_in(session, connection, [an_order()], actor="channel:letzshop")


def a_line(
    number: int = 1, sku: str | None = "SKU-1", quantity: int = 1, price: int | None = 1000, **more: Any
) -> RemoteLine:
    """A line of so many at `price` minor units each, tax included."""
    return RemoteLine(
        channel_line_id=f"L{number}",
        title=f"Thing {number}",
        quantity=quantity,
        sku=sku,
        unit_price_minor=price,
        subtotal_minor=None if price is None else price * quantity,
        **more,
    )


def an_order(
    name: str = "O-1", *, status: Any = "confirmed", minutes: int = 0, lines: Sequence[RemoteLine] = (), **more: Any
) -> RemoteOrder:
    """An order of 4.90 shipping whose totals add up; `minutes` say how much later than the first version it is."""
    lines = tuple(lines) or (a_line(),)
    items = sum(line.subtotal_minor or 0 for line in lines)
    values: dict[str, Any] = {
        "channel_order_id": name,
        "number": f"#{name}",
        "raw_status": str(status),
        "status": status,
        "ordered_at": START,
        "updated_at": START + timedelta(minutes=minutes),
        "currency": "EUR",
        "lines": lines,
        "raw": {"id": name, "minutes": minutes, "status": status},
        "shipping_minor": 490,
        "tax_minor": 210,
        "total_minor": items + 490,
        "buyer_name": "Josée Müller",
        "buyer_email": "josee@example.lu",
        "buyer_reference": "buyer-7",
        "shipping_address": RemoteAddress(
            name="Josée Müller", street=("1, rue du Pont",), city="Luxembourg", country="LU"
        ),
    }
    return replace(RemoteOrder(**(values | more)))
