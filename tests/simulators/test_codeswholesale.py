"""The simulated CodesWholesale: tokens, catalogue, orders that spend money, codes, and what it refuses."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from orion.simulators.codeswholesale import CodesWholesale
from orion.simulators.codeswholesale.content import product_id_of
from tests.simulators.running import Simulators

APP = {
    "grant_type": "client_credentials",
    "client_id": "simulator-client",
    "client_secret": "simulator-secret",
}
MUG = product_id_of("MUG")
Ask = Callable[..., Any]


@pytest.fixture
def house(simulators: Simulators) -> CodesWholesale:
    found = simulators["codeswholesale"]
    assert isinstance(found, CodesWholesale)
    return found


@pytest.fixture
def client(simulators: Simulators) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=simulators.url_of("codeswholesale") + "/", timeout=60) as client:
        token = client.post("oauth/token", data=APP).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def _refused(answer: httpx.Response) -> tuple[int, int, str]:
    said = answer.json()
    assert said["status"] == answer.status_code
    return answer.status_code, said["code"], said["message"]


def test_tokens(house: CodesWholesale, client: httpx.Client) -> None:
    first = client.post("oauth/token", data=APP).json()
    assert (first["token_type"], 3590 <= first["expires_in"] <= 3600) == ("bearer", True)
    house.token = (first["access_token"], house.now().replace(year=house.now().year + 1))
    again = client.post("oauth/token", params=APP).json()
    assert again["access_token"] == first["access_token"]
    assert again["expires_in"] > 3600, "what is left of the same one"
    house.token = (first["access_token"], house.now())
    answer = client.get("v3/accounts/current")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert client.post("oauth/token", data=APP).json()["access_token"] != first["access_token"]
    for changes, error in (({"client_secret": "x"}, "invalid_client"), ({"grant_type": "x"}, "unsupported_grant_type")):
        assert client.post("oauth/token", data=APP | changes).json()["error"] == error
    house.limited = True
    answers = [client.post("oauth/token", data=APP) for _ in range(51)]
    assert [answer.status_code for answer in answers].count(429) == 1
    assert _refused(answers[-1]) == (429, 429, "Too many requests")


def test_the_catalogue(house: CodesWholesale, client: httpx.Client) -> None:
    def items(**asked: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = client.get("v3/products", params=asked).json()["items"]
        return found

    assert len(items()) == 10, "games, when nobody says what"
    goods = [{"sku": "MUG", "title": "Mug", "price_minor": 1250, "gtin": "5400000000010"}, {"sku": "CAP"}]
    assert client.post("_control/catalogue", json={"products": goods}).status_code == 201
    mug, cap = items()
    assert (mug["productId"], mug["identifier"], mug["name"], mug["quantity"]) == (MUG, "MUG", "Mug", 100)
    assert mug["prices"] == [
        {"from": 1, "to": 9, "value": 12.5},
        {"from": 10, "to": 99, "value": 11.88},
        {"from": 100, "to": None, "value": 11.25},
    ]
    assert client.get(f"v3/products/{MUG}").json() == mug
    assert client.get(f"v3/products/{MUG}/description").json()["eans"] == ["5400000000010"]
    assert client.get(f"v3/productImages/{MUG}").json()["format"] == "LARGE"
    assert items(productIds=f"{MUG},x") == [mug]
    stamp = house.shelf.entries[MUG]["updatedAt"]
    assert items(updatedSince=stamp) == [cap], "later than that"
    assert items(createdSince=stamp) == [cap]
    both = client.get("v3/products", params={"updatedSince": stamp, "createdSince": stamp})
    assert _refused(both) == (400, 40000, "createdSince and updatedSince exclude each other")
    assert _refused(client.get("v3/products", params={"updatedSince": "2026-01-01T00:00:00"}))[:2] == (400, 40000)
    assert _refused(client.get("v3/products", params={"continuationToken": "!"}))[:2] == (400, 40000)

    now = house.now().isoformat()
    changes = [{"productId": MUG, "quantity": 3, "prices": [{"from": 1, "to": None, "value": 9.99}]}]
    assert client.post("_control/shape", json={"products": changes}).status_code == 200
    assert [(item["quantity"], item["prices"]) for item in items(updatedSince=now)] == [(3, changes[0]["prices"])]
    client.post("_control/shape", json={"products": [{"identifier": "MUG", "hidden": True}, {"identifier": "NEW"}]})
    assert [item["identifier"] for item in items()] == ["CAP", "NEW"]
    assert next((item["quantity"], item["prices"]) for item in items(updatedSince=now)) == (0, [])
    assert [item["identifier"] for item in items(createdSince=now)] == ["NEW"]
    for path in ("", "/description"):
        assert _refused(client.get(f"v3/products/{MUG}{path}")) == (404, 20001, "Product not found")
    for path, key, item in (
        ("platforms", "platforms", "name"),
        ("regions", "regions", "name"),
        ("languages", "languages", "name"),
        ("territory", "territories", "territory"),
    ):
        listed = client.get(f"v3/{path}").json()[key]
        assert listed
        assert all(set(entry) == {item} for entry in listed)
    for bad in ({"colour": 1}, {"products": [{"name": "x"}]}, {"products": [{"identifier": "MUG", "kind": "x"}]}):
        assert client.post("_control/shape", json=bad).status_code == 422
    assert client.post("_control/shape", json={"products": [{"productId": MUG, "prices": []}]}).status_code == 422
    assert client.post("_control/shape", json={"balance": "1.234"}).status_code == 422


def test_orders_spend_money(house: CodesWholesale, client: httpx.Client) -> None:
    client.post("_control/catalogue", json={"products": [{"sku": "MUG", "title": "Mug", "price_minor": 1000}]})
    client.post("_control/shape", json={"balance": "100.00", "credit": "5"})

    def order(quantity: Any = 1, price: Any = None, product: str = MUG, **more: Any) -> httpx.Response:
        line = {"productId": product, "quantity": quantity} | ({"price": price} if price is not None else {})
        return client.post("v3/orders", json={"allowPreOrder": False, "orderId": "o-1", "products": [line], **more})

    made = order(10, 9.5).json()
    assert set(made) == {
        "orderId", "clientOrderId", "identifier", "totalPrice", "createdOn", "status", "products", "links",
    }  # fmt: skip
    assert (made["clientOrderId"], made["totalPrice"], made["status"]) == ("o-1", 95.0, "Completed")
    assert made["links"][0]["href"].endswith("/codeswholesale/v3/orders/o-1")
    [product] = made["products"]
    assert (product["productId"], product["name"], product["unitPrice"]) == (MUG, "Mug", 9.5)
    assert len({code["code"] for code in product["codes"]}) == 10
    assert {(code["codeType"], code["filename"]) for code in product["codes"]} == {("CODE_TEXT", "")}
    code = product["codes"][3]
    assert client.get(f"v3/codes/{code['codeId']}").json() == code
    for id_ in (made["orderId"], "o-1"):
        assert client.get(f"v3/orders/{id_}").json() == made
    assert client.get("v3/orders/o-1/invoice").json()["invoiceNumber"].startswith("FV-")
    account = client.get("v3/accounts/current").json()
    assert [account[name] for name in ("currentBalance", "currentCredit", "totalToUse")] == [5.0, 5.0, 10.0]
    assert house.shelf.entries[MUG]["product"]["quantity"] == 90

    assert _refused(order(2)) == (400, 10002, "Not enough balance to place the order")
    assert _refused(order(91)) == (400, 310003, "The quantity is higher than the stock")
    for quantity in (0, True, "1", None):
        assert _refused(order(quantity)) == (400, 40002, "The quantity must be at least 1")
    assert _refused(order(product="x")) == (404, 20001, "Product not found")
    assert [_refused(order(price=price))[:2] for price in (9.99, "10")] == [(400, 40000)] * 2
    assert _refused(order(products=[]))[:2] == (400, 40000)
    assert _refused(client.post("v3/orders", content="x"))[:2] == (400, 40000)
    assert _refused(client.get("v3/codes/x")) == (404, 50002, "Code not found")
    assert client.get("v3/orders/x").status_code == 404
    assert len(house.purchases) == 1
    assert order().status_code == 200, "the same id again buys again"
    told = client.get("_control/truth").json()["orders"]
    assert [(one["client_order_id"], one["total_minor"]) for one in told] == [("o-1", 9500), ("o-1", 1000)]
    assert house.shape({})["spent_minor"] == 10500

    rows = client.get("v3/orders", params={"startFrom": made["createdOn"]}).json()["items"]
    assert [(row["orderId"], "products" in row) for row in rows] == [(one["id"], False) for one in reversed(told)][:2]
    assert client.get("v3/orders", params={"endOn": "2020-01-01T00:00:00Z"}).json()["items"] == []
    assert _refused(client.get("v3/orders", params={"endOn": "soon"}))[:2] == (400, 40000)


def test_orders_that_take_their_time(house: CodesWholesale, client: httpx.Client) -> None:
    client.post("_control/shape", json={"completes_after": None, "products": [{"identifier": "NEW"}]})
    given = {"orderId": "o-1", "products": [{"productId": product_id_of("NEW"), "quantity": 1}]}
    [made] = client.post("_control/orders", json={"order": given}).json()["ids"]
    waiting = client.get(f"v3/orders/{made}").json()
    assert (waiting["status"], waiting["products"][0]["codes"]) == ("Fulfilling", [])
    code_id = house.purchases[made].lines[0].codes[0].id
    assert _refused(client.get(f"v3/codes/{code_id}"))[:2] == (404, 50002)
    assert client.get("v3/orders/o-1/invoice").status_code == 404
    house.purchases[made].due = house.now()
    assert client.get(f"v3/orders/{made}").json()["status"] == "Completed", "when it is due"
    assert client.post(f"_control/orders/{made}", json={"status": "Lost"}).status_code == 422
    assert client.post(f"_control/orders/{made}", json={"name": "x"}).status_code == 422
    assert client.post("_control/orders/x", json={"status": "Failed"}).status_code == 404
    assert client.post(f"_control/orders/{made}", json={"status": "Failed"}).status_code == 204
    assert house.balance == 1000
    assert client.post(f"_control/orders/{made}", json={"status": "Completed"}).status_code == 422, "it stays so"
    assert client.post("_control/orders", json={"order": {"products": []}}).status_code == 422
    assert client.post("_control/orders", json={"count": 1}).status_code == 422, "nobody orders from us there"

    def risk(email: str) -> Any:
        return client.post("v3/security", json={"customerEmail": email, "customerIpAddress": "192.0.2.1"}).json()

    assert (risk("a@example.org")["riskScore"], risk("a@risky.example")["riskScore"]) == (0.1, 2.5)
    assert _refused(client.post("v3/security", json={}))[:2] == (400, 40000)
