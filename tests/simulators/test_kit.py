"""What every simulator has: faults that strike as said, limits, broken connections, and the control surface."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from orion.simulators.kit import Article, Fault, Simulator
from tests.simulators.running import HANG_SECONDS, Simulators, running


class Toy(Simulator):
    """Counts what was done; one order after another."""

    channel = "toy"
    rates = {"act": (0.01, 2.0)}  # noqa: RUF012 (never changed)

    def clear(self) -> None:
        self.done = 0
        self.orders: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[BaseRoute]:
        return [Route("/act", self.call("act", self.act), methods=["POST"])]

    async def act(self, request: Request) -> Response:
        self.done += 1
        return JSONResponse({"done": self.done, "now": self.now().isoformat()})

    def too_many(self, operation: str, wait: float) -> Response:
        return PlainTextResponse("slow down", 429, {"Retry-After": f"{wait:.0f}"})

    def unauthorized(self) -> Response:
        return PlainTextResponse("who?", 401)

    def unavailable(self) -> Response:
        return PlainTextResponse("down", 503)

    def place_orders(self, count: int) -> list[str]:
        ids = [f"{len(self.orders) + number}" for number in range(count)]
        self.orders |= {id_: {"id": id_, "sku": self.random.choice(self.catalogue).sku} for id_ in ids}
        return ids

    def change_order(self, order_id: str, changes: dict[str, Any]) -> None:
        self.orders[order_id] |= changes

    def truth(self) -> list[dict[str, Any]]:
        return list(self.orders.values())


class Silent(Toy):
    """Has no orders."""

    channel = "silent"
    place_orders = Simulator.place_orders


@pytest.fixture(scope="module")
def server() -> Iterator[Simulators]:
    with running({"toy": Toy(seed=7, catalogue=[Article("A", "Apple", 100)])}) as server:
        yield server


@pytest.fixture
def toy(server: Simulators) -> Toy:
    server.reset()
    found = server["toy"]
    assert isinstance(found, Toy)
    return found


@pytest.fixture
def client(server: Simulators) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url_of("toy") + "/", timeout=60) as client:
        yield client


def test_faults_strike_as_often_as_said(toy: Toy, client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    def switch_on(**fault: Any) -> None:
        assert client.post("_control/faults", json=fault).status_code == 201

    switch_on(kind="unavailable", times=2, every=2)
    assert [client.post("act").status_code for _ in range(6)] == [200, 503, 200, 503, 200, 200]
    switch_on(kind="rate_limited")
    assert (answer := client.post("act")).status_code == 429
    assert answer.headers["Retry-After"] == "1"
    switch_on(kind="token_expired", operation="a*")
    switch_on(kind="token_expired", operation="other")
    assert [client.post("act").status_code for _ in range(2)] == [401, 200]
    switch_on(kind="html")
    assert client.post("act").headers["Content-Type"].startswith("text/html")
    assert toy.done == 5

    switch_on(kind="lost_reply")
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("act")
    assert toy.done == 6, "what was asked is done, only the answer is lost"
    switch_on(kind="timeout")
    with pytest.raises(httpx.ReadTimeout):
        client.post("act", timeout=httpx.Timeout(60, read=HANG_SECONDS / 3))
    switch_on(kind="timeout")
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("act")
    assert toy.done == 6, "nothing was done"

    shown = client.get("_control/faults").json()
    assert [(fault["kind"], fault["operation"]) for fault in shown["active"]] == [("token_expired", "other")]
    assert shown["struck"] == {
        "unavailable": 2, "rate_limited": 1, "token_expired": 1, "html": 1, "lost_reply": 1, "timeout": 2,
    }  # fmt: skip
    assert client.delete("_control/faults").status_code == 204
    assert client.get("_control/calls").json() == {"act": 13}
    assert client.post("_control/faults", json={"kind": "meteor"}).status_code == 422
    assert caplog.records == [], "connections that are broken on purpose are no errors of the server"


def test_limits_clock_and_control(toy: Toy, client: httpx.Client) -> None:
    assert client.post("_control/limits", json={"limited": True}).json() == {"limited": True}
    assert [client.post("act").status_code for _ in range(3)] == [200, 200, 429]
    assert client.post("_control/limits", json={"limited": "no"}).status_code == 422
    client.post("_control/limits", json={"limited": False})
    toy.faults.add(Fault("clock_skew", times=None))
    ahead = datetime.fromisoformat(client.post("act").json()["now"]) - datetime.now(UTC)
    assert timedelta(minutes=9) < ahead <= timedelta(minutes=10)

    assert client.post("_control/orders", json={"count": 2}).json() == {"ids": ["0", "1"]}
    assert client.post("_control/orders/1", json={"status": "sent"}).status_code == 204
    truth = client.get("_control/truth").json()["orders"]
    assert truth == [{"id": "0", "sku": "A"}, {"id": "1", "sku": "A", "status": "sent"}]
    refused = {
        "_control/orders/9": {},
        "_control/orders": {"count": 0},
        "_control/catalogue": {"products": [{"title": "no sku"}]},
        "_control/shape": {"eggs": 3},
        "_control/faults": [],
    }
    assert [client.post(path, json=body).status_code for path, body in refused.items()] == [404, 422, 422, 422, 422]
    answer = client.post("_control/catalogue", json={"products": [{"sku": "B", "price_minor": 250}]})
    assert answer.json() == {"products": 1}
    assert toy.catalogue == (Article("B", "B", 250),)
    assert client.post("_control/reset").status_code == 204
    assert (toy.done, toy.truth(), toy.catalogue[0].sku, dict(toy.calls)) == (0, [], "A", {})


def test_orders_trickle_in() -> None:
    toy = Toy()
    with running({"toy": toy, "other": Silent()}, orders_per_minute=6000) as server:
        deadline = time.monotonic() + 200
        while len(toy.orders) < 3:
            assert time.monotonic() < deadline, "no orders come"
            time.sleep(0.01)
        assert httpx.get(server.url + "/").json() == {"toy": server.url_of("toy"), "other": server.url_of("other")}
