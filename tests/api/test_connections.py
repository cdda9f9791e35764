"""Connections by the API: what goes in, what a worker finds out, and that no secret comes out."""

import httpx

from orion import channels
from orion.channels import PORTS
from orion.plumbing.jobs import JobView, list_jobs
from orion.plumbing.runtime import Runtime
from orion.simulators.serve import KINDS
from tests.api.conftest import bearer
from tests.factories.stores import make_store
from tests.simulators.running import Simulators

AT = "/api/v1/store/connections"


async def test_a_connection_from_its_start_to_its_end(
    client: httpx.AsyncClient, runtime: Runtime, simulators: Simulators
) -> None:
    runtime.settings.simulator_url = simulators.url
    async with runtime.database.transaction() as session:
        access = await make_store(session)
    client.headers.update(await bearer(runtime, access.user))
    let_in = next(dict(kind.credentials) for kind in KINDS if kind.channel == "letzshop")

    offered = {item["channel"]: item for item in (await client.get("/api/v1/channels")).json()["items"]}
    assert offered.keys() == channels.MANIFESTS.keys()
    assert all(item["capabilities"].keys() == PORTS.keys() for item in offered.values())
    letzshop = offered["letzshop"]
    assert (letzshop["name"], letzshop["environments"]) == ("Letzshop", ["live", "simulator"])
    assert (letzshop["capabilities"]["orders_in"], letzshop["capabilities"]["keys"]) == (True, False)
    assert [(field["name"], field["kind"]) for field in letzshop["secrets"]] == [("api_key", "secret")]
    assert {"value": "orders", "label": "Orders"} in letzshop["settings"][0]["choices"]

    new = {"channel": "letzshop", "name": "L", "environment": "simulator", "secrets": {"api_key": "wr0ng"}}
    bad = await client.post(AT, json=new | {"settings": {"dialect": "latin"}, "secrets": {"key": "h1dden"}})
    assert (bad.status_code, bad.json()["code"]) == (422, "connection_invalid")
    assert [error["field"] for error in bad.json()["errors"]] == ["body.settings.dialect"]
    bad = await client.post(AT, json=new | {"secrets": {"api_key": {"h1dden": 1}}})
    assert bad.status_code == 422
    assert "h1dden" not in bad.text
    bad = await client.post(AT, json=new | {"secrets": {"api_key": "схема"}})
    assert [error["field"] for error in bad.json()["errors"]] == ["body.secrets.api_key"], "headers are ASCII"
    made = await client.post(AT, json=new)
    assert made.status_code == 201, made.text
    one = f"{AT}/{made.json()['id']}"
    assert (made.json()["state"], made.json()["settings"]) == ("new", {"dialect": "orders"})
    assert list(made.json()["secrets"]) == ["api_key"]

    async def checks() -> list[JobView]:
        return [job for job in await list_jobs(runtime.database) if job.name == "check_connection"]

    async def after_the_job() -> tuple[str, str | None]:
        """What the connection says when the job that was just asked for has run."""
        assert (await checks())[-1].status == "waiting"
        await channels.check_now(runtime, made.json()["id"])
        shown = (await client.get(one)).json()
        return shown["state"], shown["reason_code"]

    assert await after_the_job() == ("broken", "credentials_refused")
    answer = await client.put(f"{one}/credentials", json={"secrets": let_in})
    assert answer.status_code == 200, answer.text
    assert await after_the_job() == ("ok", None)
    asked = await client.post(f"{one}/test")
    assert (asked.status_code, len(await checks())) == (202, 3)
    assert (await client.patch(one, json={"name": "Ours", "settings": {"dialect": "shipments"}})).json()[
        "name"
    ] == "Ours"
    assert await after_the_job() == ("ok", None)
    shown = await client.get(AT, params={"channel": "letzshop"})
    assert [(item["name"], item["state"]) for item in shown.json()["items"]] == [("Ours", "ok")]
    assert (await client.get(AT, params={"channel": "amazon"})).json() == {"items": []}
    told = shown.text + answer.text + made.text + (await client.get("/api/v1/store/audit-log")).text
    assert not any(secret in told for secret in ("wr0ng", *let_in.values()))
    assert "connection.credentials_replaced" in told
    assert (await client.post(f"{one}/pause")).json()["state"] == "paused"
    assert (await client.delete(one)).status_code == 204
    assert (await client.get(one)).status_code == 404
