"""Who gets what answer from the operations on orders."""

from itertools import count
from typing import Any

import sqlalchemy as sa

from orion import merchants, orders
from orion.channels import Connection
from orion.identity import find_user
from orion.orders import OrderLine
from orion.plumbing.runtime import Runtime
from tests.api.access_channels import a_connection
from tests.api.access_rows import Row, admin_only, member
from tests.factories.catalog import make_product
from tests.factories.orders import a_line, an_order

STORE = "/api/v1/store/orders"
LINES = "/api/v1/store/order-lines"
_numbers = count(1)


async def an_order_of_demo(runtime: Runtime, **more: Any) -> dict[str, Any]:
    """A new order of DEMO's, with a line that nobody knows, and a note of the owner's."""
    made = await a_connection(runtime, settings={"dialect": "shipments"})
    async with runtime.database.transaction() as session:
        owner = await find_user(session, "owner")
        assert owner is not None
        access = await merchants.open_store(session, owner, "DEMO")
        connection = await session.get_one(Connection, made["connection_id"])
        number = next(_numbers)
        order = an_order(f"O-{number}", lines=[a_line(sku=f"UNKNOWN-{number}")], **more)
        taken = await orders.take_in(session, connection, [order], actor="channel:letzshop")
        (order_id,) = taken.order_ids
        note_id = await orders.add_note(session, access, order_id, "Ring twice")
        line_id = await session.scalar(sa.select(OrderLine.id).where(OrderLine.order_id == order_id))
        return {"order_id": order_id, "line_id": line_id, "note_id": note_id, "flag": "unmatched_lines"}


async def an_order_that_waits(runtime: Runtime) -> dict[str, Any]:
    """One that the channel wants accepted or rejected."""
    return await an_order_of_demo(runtime, awaits_acknowledgement=True)


async def a_line_and_a_product(runtime: Runtime) -> dict[str, Any]:
    """A line that nobody knows, and a product that it may be."""
    made = await an_order_of_demo(runtime)
    async with runtime.database.transaction() as session:
        owner = await find_user(session, "owner")
        assert owner is not None
        access = await merchants.open_store(session, owner, "DEMO")
        return made | {"product_id": (await make_product(session, access.store)).id}


async def a_matched_line(runtime: Runtime) -> dict[str, Any]:
    """A line that a person has matched."""
    made = await a_line_and_a_product(runtime)
    async with runtime.database.transaction() as session:
        owner = await find_user(session, "owner")
        assert owner is not None
        access = await merchants.open_store(session, owner, "DEMO")
        await orders.match_line(session, access, made["line_id"], made["product_id"])
    return made


_ONE = f"{STORE}/{{order_id}}"
_WRITE: dict[str, Any] = {"low": "viewer", "prepare": an_order_of_demo}

ORDER_ROWS: dict[tuple[str, str], Row] = {
    ("GET", STORE): member("viewer"),
    ("GET", f"{STORE}/counts"): member("viewer"),
    ("GET", f"{STORE}/unmatched"): member("viewer"),
    ("GET", _ONE): member("viewer", prepare=an_order_of_demo),
    ("POST", f"{_ONE}/status"): member("staff", body={"status": "processing"}, **_WRITE),
    ("POST", f"{_ONE}/acknowledge"): member(
        "staff", 202, low="viewer", body={"accepted": True}, prepare=an_order_that_waits, changes=False
    ),
    ("POST", f"{_ONE}/refresh"): member("staff", 202, changes=False, **_WRITE),
    ("POST", f"{_ONE}/flags/{{flag}}/clear"): member("staff", **_WRITE),
    ("GET", f"{_ONE}/notes"): member("viewer", prepare=an_order_of_demo),
    ("POST", f"{_ONE}/notes"): member("staff", 201, body={"text": "By {caller}"}, **_WRITE),
    ("DELETE", f"{_ONE}/notes/{{note_id}}"): Row(
        anonymous=401, stranger=404, right=("owner", 204), admin=403, low=("staff", 403), prepare=an_order_of_demo
    ),
    ("POST", f"{LINES}/{{line_id}}/match"): member(
        "staff", low="viewer", body={"product_id": 0}, prepare=a_line_and_a_product
    ),
    ("POST", f"{LINES}/{{line_id}}/unmatch"): member("staff", 204, low="viewer", prepare=a_matched_line),
    ("GET", "/api/v1/admin/orders"): admin_only(),
    ("GET", "/api/v1/admin/orders/{order_id}"): admin_only(prepare=an_order_of_demo),
}
