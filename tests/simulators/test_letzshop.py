"""The simulated Letzshop: the documented queries, paging, faults, and what it refuses."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from orion.simulators.kit import Article
from orion.simulators.letzshop import API_KEY, Letzshop
from tests.simulators.running import Simulators

ORDERS = """
query GetOrders($since: DateTime, $status: [OrderStatus!]) {
  orders(filter: { updatedAt: { gte: $since } status: { in: $status } } first: 100) {
    edges { node { id orderNumber status createdAt updatedAt
      customer { email firstName lastName phone }
      shippingAddress { street city postalCode country }
      items { product { id sku name } quantity unitPrice totalPrice }
      totals { subtotal shipping tax total currency } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
SHIP = """
mutation UpdateOrderFulfillment($orderId: ID!, $input: FulfillmentInput!) {
  updateOrderFulfillment(orderId: $orderId, input: $input) {
    order { id status fulfillment { status trackingNumber carrier shippedAt } }
    errors { field message }
  }
}
"""
STOCK = """
mutation UpdateInventory($input: InventoryUpdateInput!) {
  updateInventory(input: $input) { success errors { sku, message } }
}
"""
IDS = """
query($first: Int, $after: String) {
  orders(first: $first, after: $after) {
    edges { node { id status createdAt updatedAt items { quantity } } } pageInfo { hasNextPage endCursor }
  }
}
"""
Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def shop(simulators: Simulators) -> Letzshop:
    found = simulators["letzshop"]
    assert isinstance(found, Letzshop)
    return found


@pytest.fixture
def client(simulators: Simulators) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    with httpx.Client(base_url=simulators.url_of("letzshop") + "/", headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def ask(client: httpx.Client) -> Ask:
    def ask(query: str, path: str = "graphql", **variables: Any) -> dict[str, Any]:
        answer = client.post(path, json={"query": query, "variables": variables})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return ask


def _page(ask: Ask, after: str | None = None, first: int = 2) -> tuple[list[dict[str, Any]], str | None]:
    found = ask(IDS, first=first, after=after)["data"]["orders"]
    more = found["pageInfo"]["hasNextPage"]
    return [edge["node"] for edge in found["edges"]], found["pageInfo"]["endCursor"] if more else None


def _ids(ask: Ask, first: int = 2) -> list[str]:
    ids, after = [], None
    while True:
        nodes, after = _page(ask, after, first)
        ids += [node["id"] for node in nodes]
        if after is None:
            return ids


def test_the_documented_queries(shop: Letzshop, client: httpx.Client, ask: Ask) -> None:
    shop.catalogue = (Article("MUG", "Blue mug", 1250), Article("CAP", "Cap", 999))
    made = shop.place_orders(3)
    shop.change_order(made[0], {"status": "PAID"})
    answer = ask(ORDERS)["data"]["orders"]
    nodes = [edge["node"] for edge in answer["edges"]]
    assert [node["id"] for node in nodes] == [made[1], made[2], made[0]], "oldest change first"
    assert answer["pageInfo"]["hasNextPage"] is False
    told = shop.orders.entries[made[0]]
    assert nodes[2] == {name: value for name, value in told.items() if name != "fulfillment"}
    assert nodes[2]["items"][0]["product"]["sku"] in {"MUG", "CAP"}
    assert [edge["node"]["id"] for edge in ask(ORDERS, since=told["updatedAt"])["data"]["orders"]["edges"]] == [made[0]]
    paid = ask(ORDERS, status=["PAID"])["data"]["orders"]["edges"]
    assert {edge["node"]["status"] for edge in paid} == {"PAID"}
    truth = client.get("_control/truth").json()["orders"]
    assert [(order["id"], order["updated_at"]) for order in truth] == [
        (node["id"], node["updatedAt"]) for node in nodes
    ]
    assert all(sum(line["total_minor"] for line in order["lines"]) <= order["total_minor"] for order in truth)

    shipped = {
        "status": "SHIPPED",
        "trackingNumber": "LU1",
        "carrier": "post",
        "shippedAt": "2026-01-31T10:00:00+01:00",
    }
    result = ask(SHIP, orderId=made[0], input=shipped)["data"]["updateOrderFulfillment"]
    assert result == {
        "order": {
            "id": made[0],
            "status": "SHIPPED",
            "fulfillment": shipped | {"shippedAt": "2026-01-31T09:00:00.000000Z"},
        },
        "errors": [],
    }
    stamp = shop.orders.entries[made[0]]["updatedAt"]
    assert stamp > told["updatedAt"]
    assert ask(SHIP, orderId=made[0], input=shipped)["data"]["updateOrderFulfillment"]["errors"] == []
    assert shop.orders.entries[made[0]]["updatedAt"] == stamp, "the same again changes nothing"

    stock = {"items": [{"sku": "MUG", "quantity": 4}, {"sku": "NO", "quantity": 1}, {"sku": "CAP", "quantity": -1}]}
    assert ask(STOCK, input=stock)["data"]["updateInventory"] == {
        "success": False,
        "errors": [
            {"sku": "NO", "message": "Unknown SKU"},
            {"sku": "CAP", "message": "Quantity must not be negative"},
        ],
    }
    assert shop.inventory == {"MUG": 4}


def test_what_is_refused(shop: Letzshop, client: httpx.Client, ask: Ask) -> None:
    def messages(query: str, **variables: Any) -> list[str]:
        return [error["message"] for error in ask(query, **variables)["errors"]]

    [made] = shop.place_orders(1)
    assert "Cannot query field 'nodes'" in messages("{ orders { nodes } }")[0]
    assert len(messages("{ orders")) == 1
    naive = {"status": "SHIPPED", "shippedAt": "2026-01-31T10:00:00"}
    assert "needs an offset" in messages(SHIP, orderId=made, input=naive)[0]
    assert messages(IDS, first=101) == ["first is a number from 1 to 100"]
    assert messages(IDS, after="!") == ["the cursor '!' is none of ours"]
    many = [{"sku": "SIM-001", "quantity": 1}] * 101
    assert messages(STOCK, input={"items": many}) == ["at most 100 lines, not 101"]
    shop.change_order(made, {"status": "CANCELLED"})
    late = {"status": "SHIPPED", "trackingNumber": " ", "shippedAt": "2999-01-01T00:00:00Z"}
    assert ask(SHIP, orderId=made, input=late)["data"]["updateOrderFulfillment"]["errors"] == [
        {"field": "status", "message": "The order is CANCELLED"},
        {"field": "trackingNumber", "message": "Must not be blank"},
        {"field": "shippedAt", "message": "Must not be in the future"},
    ]
    nobody = ask(SHIP, orderId="x", input={"status": "SHIPPED"})["data"]["updateOrderFulfillment"]
    assert nobody == {"order": None, "errors": [{"field": "orderId", "message": "There is no order x"}]}

    stranger = {"Authorization": "Bearer other"}
    assert client.post("graphql", json={"query": ORDERS}, headers=stranger).status_code == 401
    assert client.post("graphql", content="nonsense").status_code == 400
    assert client.post("_control/shape", json={"errors": "graphql", "amounts": "number"}).status_code == 200
    assert client.post("_control/shape", json={"colour": "red"}).status_code == 422
    answer = client.post("graphql", json={"query": ORDERS}, headers=stranger)
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    total = ask(ORDERS)["data"]["orders"]["edges"][0]["node"]["totals"]["total"]
    assert total == float(shop.orders.entries[made]["totals"]["total"])
    assert client.post("_control/orders", json={"order": {"colour": "red"}}).status_code == 422
    assert client.post("_control/orders", json={"order": {"totals": {}}}).status_code == 422
    given = {"id": "mine", "updatedAt": "2026-01-01T12:00:00+01:00", "status": "PAID"}
    assert client.post("_control/orders", json={"order": given}).json() == {"ids": ["mine"]}
    assert shop.orders.entries["mine"]["updatedAt"] == "2026-01-01T11:00:00.000000Z"
    assert client.post("_control/orders/mine", json={"id": "yours"}).status_code == 422
    assert client.post("_control/orders/mine", json={"items": [{}]}).status_code == 422
    assert client.post("_control/orders/yours", json={"status": "PAID"}).status_code == 404


def test_pages_on_bad_days(shop: Letzshop, client: httpx.Client, ask: Ask) -> None:
    def bad(kind: str) -> None:
        answer = client.post("_control/faults", json={"kind": kind, "operation": "orders"})
        assert answer.status_code == 201

    ids = shop.place_orders(5)
    assert _ids(ask) == ids
    bad("duplicated_page")
    assert _ids(ask) == [*ids[:2], *ids[:2], *ids[2:]]
    bad("page_drift")
    assert _ids(ask) == [ids[0], ids[1], ids[3], ids[4], *sorted((ids[0], ids[2]))], "two have moved to the end"
    bad("unknown_status")
    nodes, _ = _page(ask, first=10)
    assert [node["status"] for node in nodes].count("AWAITING_CUSTOMS") == 1
    assert nodes[-1]["status"] == "AWAITING_CUSTOMS"
    assert shop.orders.entries[nodes[-1]["id"]]["status"] == "AWAITING_CUSTOMS"

    bad("late_status")
    nodes, _ = _page(ask, first=10)
    assert len(nodes) == 6
    newer = next(node for node in nodes if node["id"] == nodes[-1]["id"])
    assert newer["updatedAt"] > nodes[-1]["updatedAt"]

    for _ in range(3):
        bad("malformed_item")
    broken = [_page(ask, first=10)[0][0] for _ in range(3)]
    assert len({node["id"] for node in broken}) == 1
    assert [broken[0]["updatedAt"], broken[1]["items"], broken[2]["createdAt"]] == [
        "the day before yesterday",
        None,
        None,
    ]
    assert shop.faults.struck == {
        "duplicated_page": 1, "page_drift": 1, "unknown_status": 1, "late_status": 1, "malformed_item": 3,
    }  # fmt: skip
    assert sorted(node["id"] for node in _page(ask, first=10)[0]) == ids


def test_the_other_dialect(shop: Letzshop, client: httpx.Client, ask: Ask) -> None:
    shop.catalogue = (Article("MUG", "Blue mug", 1250, "5400000000010"),)
    assert client.post("_control/shape", json={"dialect": "shipments"}).status_code == 200
    [made] = shop.place_orders(1)
    assert (list(shop.orders.entries), list(shop.shipments.entries)) == ([], [made])
    units = [unit["id"] for unit in shop.shipments.entries[made]["inventoryUnits"]]
    query = "{ shipments(state: [UNCONFIRMED]) { nodes { id state inventoryUnits { id price gtin } } } }"
    [node] = ask(query, "shipments/graphql")["data"]["shipments"]["nodes"]
    assert node["inventoryUnits"] == [{"id": unit, "price": "12.50", "gtin": "5400000000010"} for unit in units]

    decide = """mutation($input: ConfirmInventoryUnitsInput!) { confirmInventoryUnits(input: $input) {
        shipment { state } errors { field message } } }"""
    track = """mutation($input: SetShipmentTrackingInput!) { setShipmentTracking(input: $input) {
        shipment { state tracking { code carrier } } errors { field message } } }"""

    def decided(accepted: bool, *chosen: str) -> dict[str, Any]:
        wanted = {"shipmentId": made, "units": [{"id": unit, "accepted": accepted} for unit in chosen]}
        found: dict[str, Any] = ask(decide, "shipments/graphql", input=wanted)["data"]["confirmInventoryUnits"]
        return found

    tracking = {"shipmentId": made, "code": "LU1", "carrier": "post"}
    early = ask(track, "shipments/graphql", input=tracking)["data"]["setShipmentTracking"]
    assert early["errors"] == [{"field": "shipmentId", "message": "It is UNCONFIRMED"}]
    assert decided(True, *units) == {"shipment": {"state": "CONFIRMED"}, "errors": []}
    assert decided(True, *units)["errors"] == []
    assert decided(False, units[0], "x")["errors"] == [
        {"field": units[0], "message": "The unit is CONFIRMED"},
        {"field": "x", "message": "There is no such unit in this shipment"},
    ]
    assert ask(track, "shipments/graphql", input=tracking)["data"]["setShipmentTracking"] == {
        "shipment": {"state": "SHIPPED", "tracking": {"code": "LU1", "carrier": "post"}},
        "errors": [],
    }
    [other] = shop.place_orders(1)
    wanted = {
        "shipmentId": other,
        "units": [{"id": unit["id"], "accepted": False} for unit in shop.shipments.entries[other]["inventoryUnits"]],
    }
    rejected = ask(decide, "shipments/graphql", input=wanted)["data"]["confirmInventoryUnits"]
    assert rejected["shipment"]["state"] == "REJECTED"
    told = shop.truth()[0]
    assert (told["id"], told["status"], len(told["lines"])) == (made, "SHIPPED", len(units))
