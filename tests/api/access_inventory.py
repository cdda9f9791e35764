"""Who gets what answer from the operations on stock."""

from itertools import count
from typing import Any

import sqlalchemy as sa

from orion import inventory, merchants
from orion.feeds import StockImport
from orion.identity import find_user
from orion.inventory import ItemKey, Line, Stockroom
from orion.plumbing.runtime import Runtime
from tests.api.access_rows import Row, member

PUBLIC = "/api/v1/inventory"
STOCK = "/api/v1/store/inventory"
GTIN = "4006381333931"
_numbers = count(1)


async def _demo(session: Any) -> Stockroom:
    owner = await find_user(session, "owner")
    assert owner is not None
    return inventory.stockroom(await merchants.open_store(session, owner, "DEMO"))


async def stock(runtime: Runtime) -> dict[str, Any]:
    """A hundred more at A in DEMO."""
    async with runtime.database.transaction() as session:
        room = await _demo(session)
        level = await inventory.add(session, room, ItemKey(gtin=GTIN), "A", 100)
        return {"item_id": level.item.id, "gtin": GTIN, "quantity": next(_numbers) % 50 + 1}


async def a_new_threshold(runtime: Runtime) -> dict[str, Any]:
    """An item, and a threshold that it does not have."""
    return {**await stock(runtime), "low_stock_threshold": next(_numbers)}


async def a_location(runtime: Runtime) -> dict[str, Any]:
    """A location of DEMO's that is not its default, and a name that it does not have."""
    number = next(_numbers)
    async with runtime.database.transaction() as session:
        room = await _demo(session)
        if not await inventory.list_locations(session, room):
            await inventory.create_location(session, room, name="Default")
        location = await inventory.create_location(session, room, name=f"Shelf {number}")
        return {"location_id": location.id, "name": f"Rack {number}"}


async def a_reservation(runtime: Runtime) -> dict[str, Any]:
    """Two reserved in DEMO."""
    await stock(runtime)
    reference = f"order-{next(_numbers)}"
    async with runtime.database.transaction() as session:
        line = Line(ItemKey(gtin=GTIN), 2)
        await inventory.reserve(session, await _demo(session), [line], reference=reference)
    return {"reference": reference}


async def no_reservation(runtime: Runtime) -> dict[str, Any]:
    """Stock, and a reference that nothing is reserved for."""
    await stock(runtime)
    return {"reference": f"order-{next(_numbers)}"}


async def no_stock_import(runtime: Runtime) -> dict[str, Any]:
    """No stock import runs, so that one can be started."""
    async with runtime.database.transaction() as session:
        await session.execute(sa.update(StockImport).values(status="failed"))
        return {}


async def a_stock_import(runtime: Runtime, **values: Any) -> dict[str, Any]:
    """A stock import of DEMO's that has failed."""
    await no_stock_import(runtime)
    async with runtime.database.transaction() as session:
        owner = await find_user(session, "owner")
        assert owner is not None
        access = await merchants.open_store(session, owner, "DEMO")
        job = StockImport(store_id=access.store.id, mode="set", filename="a.csv", **{"status": "failed"} | values)
        session.add(job)
        await session.flush()
        return {"import_id": job.id}


async def a_waiting_stock_import(runtime: Runtime) -> dict[str, Any]:
    """A stock import of DEMO's that has not begun."""
    return await a_stock_import(runtime, status="pending")


async def a_stock_dry_run(runtime: Runtime) -> dict[str, Any]:
    """A dry run of DEMO's that can be applied."""
    return await a_stock_import(runtime, status="completed", dry_run=True, upload_key="uploads/none")


AT_A: dict[str, Any] = {"gtin": GTIN, "location": "A", "quantity": 1}
MOVE: dict[str, Any] = {"gtin": GTIN, "source": "A", "target": "B", "quantity": 1}
FILE_AT = {"source_url": "https://example.com/stock.csv"}
FILE = {"file": ("stock.csv", b"gtin,quantity\n4006381333931,1\n", "text/csv")}
LINES = [{"gtin": GTIN, "quantity": 2}]
_WRITE: dict[str, Any] = {"low": "viewer"}

INVENTORY_ROWS: dict[tuple[str, str], Row] = {
    ("POST", PUBLIC): member("staff", body=AT_A, prepare=stock, **_WRITE),
    ("POST", f"{PUBLIC}/add"): member("staff", body=AT_A, prepare=stock, **_WRITE),
    ("POST", f"{PUBLIC}/remove"): member("staff", body=AT_A, prepare=stock, **_WRITE),
    ("GET", PUBLIC): member("viewer"),
    ("GET", f"{PUBLIC}/{{gtin}}"): member("viewer", prepare=stock),
    ("GET", f"{PUBLIC}/{{gtin}}/total"): member("viewer", prepare=stock),
    ("GET", f"{STOCK}/items"): member("viewer"),
    ("GET", f"{STOCK}/items/{{item_id}}"): member("viewer", prepare=stock),
    ("PUT", f"{STOCK}/items/{{item_id}}/threshold"): member(
        "staff", body={"low_stock_threshold": 0}, prepare=a_new_threshold, **_WRITE
    ),
    ("POST", f"{STOCK}/set"): member("staff", body=AT_A, prepare=stock, **_WRITE),
    ("POST", f"{STOCK}/add"): member("staff", body=AT_A, prepare=stock, **_WRITE),
    ("POST", f"{STOCK}/remove"): member("staff", body=AT_A, prepare=stock, **_WRITE),
    ("POST", f"{STOCK}/count"): member("staff", body=AT_A, prepare=stock, **_WRITE),
    ("POST", f"{STOCK}/transfer"): member("staff", body=MOVE, prepare=stock, **_WRITE),
    ("GET", f"{STOCK}/locations"): member("viewer"),
    ("POST", f"{STOCK}/locations"): member("staff", 201, body={"name": ""}, prepare=a_location, **_WRITE),
    ("PUT", f"{STOCK}/locations/{{location_id}}"): member("staff", body={"name": ""}, prepare=a_location, **_WRITE),
    ("DELETE", f"{STOCK}/locations/{{location_id}}"): member("staff", prepare=a_location, **_WRITE),
    ("POST", f"{STOCK}/imports"): member("staff", 202, body=FILE_AT, prepare=no_stock_import, **_WRITE),
    ("POST", f"{STOCK}/imports/file"): member("staff", 202, body={}, files=FILE, prepare=no_stock_import, **_WRITE),
    ("GET", f"{STOCK}/imports"): member("viewer"),
    ("GET", f"{STOCK}/imports/{{import_id}}"): member("viewer", prepare=a_stock_import),
    ("GET", f"{STOCK}/imports/{{import_id}}/errors"): member("viewer", prepare=a_stock_import),
    ("GET", f"{STOCK}/imports/{{import_id}}/changes"): member("viewer", prepare=a_stock_import),
    ("POST", f"{STOCK}/imports/{{import_id}}/cancel"): member("staff", prepare=a_waiting_stock_import, **_WRITE),
    ("POST", f"{STOCK}/imports/{{import_id}}/apply"): member("staff", 202, prepare=a_stock_dry_run, **_WRITE),
    ("GET", f"{STOCK}/movements"): member("viewer"),
    ("GET", f"{STOCK}/reservations"): member("viewer"),
    ("POST", f"{STOCK}/reservations"): member(
        "staff", 201, body={"reference": "", "lines": LINES}, prepare=no_reservation, **_WRITE
    ),
    ("POST", f"{STOCK}/reservations/commit"): member("staff", body={"reference": ""}, prepare=a_reservation, **_WRITE),
    ("POST", f"{STOCK}/reservations/release"): member("staff", body={"reference": ""}, prepare=a_reservation, **_WRITE),
    ("POST", f"{STOCK}/reservations/extend"): member(
        "staff", body={"reference": "", "expires_in": 9999}, prepare=a_reservation, **_WRITE
    ),
}
