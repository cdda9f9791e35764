"""Who gets what answer from the operations on channels and connections."""

import json
from itertools import count
from typing import Any

from orion import merchants
from orion.channels import Connection
from orion.identity import find_user
from orion.plumbing.runtime import Runtime
from orion.plumbing.sealing import place_of, seal
from tests.api.access_rows import Row, any_user, member

STORE = "/api/v1/store/connections"
_numbers = count(1)


async def a_connection(
    runtime: Runtime, *, paused: bool = False, settings: dict[str, Any] | None = None, channel: str = "letzshop"
) -> dict[str, Any]:
    """A connection of DEMO's."""
    async with runtime.database.transaction() as session:
        owner = await find_user(session, "owner")
        assert owner is not None
        access = await merchants.open_store(session, owner, "DEMO")
        state = "paused" if paused else "ok"
        made = Connection(
            store_id=access.store.id,
            channel=channel,
            name=f"Made {next(_numbers)}",
            settings=settings or {},
            state=state,
        )
        session.add(made)
        await session.flush()
        place = place_of("connections", "credentials", made.id)
        made.credentials = seal(runtime.settings, json.dumps({"api_key": "x"}), bound_to=place)
        return {"connection_id": made.id}


async def an_amazon_connection(runtime: Runtime) -> dict[str, Any]:
    return await a_connection(runtime, channel="amazon")


async def a_paused_connection(runtime: Runtime) -> dict[str, Any]:
    return await a_connection(runtime, paused=True)


_ONE = f"{STORE}/{{connection_id}}"
_NEW = {"channel": "letzshop", "name": "Of {caller}", "secrets": {"api_key": "x"}}
_WRITE: dict[str, Any] = {"low": "staff", "prepare": a_connection}

CHANNEL_ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/api/v1/channels"): any_user(),
    ("GET", STORE): member("viewer"),
    ("POST", STORE): member("manager", 201, low="staff", body=_NEW),
    ("GET", _ONE): member("viewer", prepare=a_connection),
    ("PATCH", _ONE): member("manager", body={"name": "By {caller}"}, **_WRITE),
    ("DELETE", _ONE): member("manager", 204, **_WRITE),
    ("PUT", f"{_ONE}/credentials"): member("manager", body={"secrets": {"api_key": "y"}}, **_WRITE),
    ("POST", f"{_ONE}/test"): member("manager", 202, changes=False, **_WRITE),
    ("POST", f"{_ONE}/pause"): member("manager", **_WRITE),
    ("POST", f"{_ONE}/resume"): member("manager", low="staff", prepare=a_paused_connection),
    ("GET", f"{_ONE}/push-address"): member("manager", low="staff", prepare=an_amazon_connection),
    ("POST", f"{_ONE}/consent"): member("manager", 409, **_WRITE),  # Letzshop has no consent page
}
