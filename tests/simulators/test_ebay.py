"""The simulated eBay: filters, paging and limits as the contracts say, and what it refuses."""

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from orion.simulators.ebay import REFRESH_TOKEN, Ebay
from tests.simulators.running import Simulators

ORDERS = "sell/fulfillment/v1/order"


@pytest.fixture
def shop(simulators: Simulators) -> Ebay:
    found = simulators["ebay"]
    assert isinstance(found, Ebay)
    return found


@pytest.fixture
def client(simulators: Simulators, shop: Ebay) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=simulators.url_of("ebay") + "/", timeout=60) as client:
        form = {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}
        app = ("simulator-client", "simulator-secret")
        told = client.post("identity/v1/oauth2/token", data=form, auth=app).json()
        assert (told["expires_in"], told["token_type"]) == (7200, "User Access Token")
        client.headers["authorization"] = f"Bearer {told['access_token']}"
        yield client


def _errors(answer: httpx.Response) -> tuple[int, list[int]]:
    return answer.status_code, [error["errorId"] for error in answer.json()["errors"]]


def test_filters_and_pages(shop: Ebay, client: httpx.Client) -> None:
    shop.shape({"spread_days": 80})
    ids = shop.place_orders(7)
    shop.change_order(ids[0], {"orderFulfillmentStatus": "FULFILLED"})
    stamps = {told["id"]: told["updated_at"] for told in shop.truth()}
    in_order = [told["id"] for told in shop.truth()]
    assert in_order[-1] == ids[0]

    def found(**asked: Any) -> list[str]:
        return [order["orderId"] for order in client.get(ORDERS, params=asked).json()["orders"]]

    since, until = stamps[in_order[2]], stamps[in_order[4]]
    assert found(filter=f"lastmodifieddate:[{since}..{until}]") == in_order[2:5], "both ends are included"
    assert found(filter=f"lastmodifieddate:[{since}..]") == in_order[2:]
    assert found(filter="orderfulfillmentstatus:{FULFILLED|IN_PROGRESS}") == [ids[0]]
    created = shop.book.entries[ids[0]]["order"]["creationDate"]
    both = f"creationdate:[{created}..{created}],lastmodifieddate:[{since}..{since}]"
    assert found(filter=both) == [ids[0]], "the creation date wins"
    assert found(orderIds=f"{ids[3]},{ids[1]},00-0", filter="nonsense") == [ids[3], ids[1]]
    first = client.get(ORDERS, params={"limit": 3}).json()
    assert (first["total"], first["limit"], first["offset"], len(first["orders"])) == (7, 3, 0, 3)
    second = client.get(first["next"]).json()
    third = client.get(second["next"]).json()
    assert ("next" in third, third["offset"]) == (False, 6)
    assert [order["orderId"] for page in (first, second, third) for order in page["orders"]] == in_order

    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    wrong = {
        "lastmodifieddate:[..2026-01-01T00:00:00Z]": 30820,
        "lastmodifieddate:[soon..]": 30810,
        f"lastmodifieddate:[{until}..{since}]": 30840,
        f"lastmodifieddate:[{since}..{later}]": 30850,
        "lastmodifieddate:[2020-01-01T00:00:00Z..]": 30830,
        "orderid:[1..2]": 30700,
        "orderfulfillmentstatus:{NOT_STARTED}": 30800,
        "lastmodifieddate": 30800,
    }
    for text, error_id in wrong.items():
        assert _errors(client.get(ORDERS, params={"filter": text})) == (400, [error_id]), text
    assert _errors(client.get(ORDERS, params={"limit": 201})) == (400, [31100])
    assert _errors(client.get(ORDERS, params={"offset": -1})) == (400, [31000])
    assert _errors(client.get(ORDERS, params={"fieldGroups": "ALL"})) == (400, [32800])
    assert _errors(client.get(f"{ORDERS}/00-00000-00000")) == (404, [32100])


def test_tax_that_ebay_collects_is_in_totals_only_with_the_breakdown(shop: Ebay, client: httpx.Client) -> None:
    shop.shape({"collected_tax_percent": 20})
    [order_id] = shop.place_orders(1)
    with_it = client.get(f"{ORDERS}/{order_id}", params={"fieldGroups": "TAX_BREAKDOWN"}).json()
    without = client.get(f"{ORDERS}/{order_id}").json()
    assert all(line["taxes"] for line in with_it["lineItems"])
    assert not any(line["taxes"] for line in without["lineItems"])
    assert all(line["ebayCollectAndRemitTaxes"] for line in without["lineItems"])
    tax, total = (float(with_it["pricingSummary"][name]["value"]) for name in ("tax", "total"))
    assert float(without["pricingSummary"]["total"]["value"]) == pytest.approx(total - tax)
    assert "tax" not in without["pricingSummary"]


def test_who_is_let_in_and_how_often(shop: Ebay, client: httpx.Client) -> None:
    app = ("simulator-client", "simulator-secret")
    url = "identity/v1/oauth2/token"
    refused = client.post(url, data={"grant_type": "refresh_token", "refresh_token": "x"}, auth=app)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    refused = client.post(url, data={"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}, auth=("a", "b"))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    scope = {"grant_type": "client_credentials", "scope": "https://api.ebay.com/oauth/api_scope"}
    application = client.post(url, data=scope, auth=app).json()["access_token"]
    bearer = {"authorization": f"Bearer {application}"}
    assert _errors(client.get(ORDERS, headers=bearer)) == (403, [1100]), "an app is no seller"
    limits = client.get("developer/analytics/v1_beta/rate_limit/", headers=bearer).json()["rateLimits"]
    assert [(each["apiName"], each["resources"][0]["rates"][0]["limit"]) for each in limits] == [
        ("fulfillment", 100_000),
        ("inventory", 2_000_000),
        ("notification", 10_000),
    ]
    assert _errors(client.get(ORDERS, headers={"authorization": "Bearer x"})) == (401, [1001])
    shop.shape({"daily": {"sell.fulfillment": 1}})
    shop.limited = True
    assert client.get(ORDERS).status_code == 200
    assert _errors(client.get(ORDERS)) == (429, [2001])
    assert client.get("sell/inventory/v1/inventory_item").status_code == 200, "each API is counted by itself"
    assert _errors(client.get("sell/inventory/v1/offer")) == (400, [25707])


def test_the_control_surface(shop: Ebay, client: httpx.Client) -> None:
    given = {"order": {"orderId": "11-22222-33333", "orderPaymentStatus": "PENDING"}}
    assert client.post("_control/orders", json=given).json() == {"ids": ["11-22222-33333"]}
    assert client.post("_control/orders/11-22222-33333", json={"orderPaymentStatus": "PAID"}).status_code == 204
    [truth] = client.get("_control/truth").json()["orders"]
    assert (truth["id"], truth["status"]) == ("11-22222-33333", "PAID/NOT_STARTED")
    assert sum(line["total_minor"] for line in truth["lines"]) <= truth["total_minor"]
    refused: dict[str, Any] = {
        "_control/orders/00-0": {"orderPaymentStatus": "PAID"},
        "_control/shape": {"marketplace": "EBAY_MOON"},
    }
    assert [client.post(path, json=body).status_code for path, body in refused.items()] == [404, 422]
    assert client.post("_control/orders", json={"order": {"lineItems": []}}).status_code == 422
    assert client.post("_control/orders/11-22222-33333", json={"orderId": "x"}).status_code == 422
    assert client.post("_control/shape", json={"notify": {"url": "ftp://x"}}).status_code == 422


def test_signed_notifications_are_sent_until_they_are_taken(shop: Ebay, client: httpx.Client) -> None:
    got: list[tuple[str, bytes]] = []
    taken = threading.Event()

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append((self.headers["x-ebay-signature"], body))
            self.send_response(503 if len(got) == 1 else 204)
            self.end_headers()
            if len(got) == 2:
                taken.set()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name in http.server)
            """Nothing."""

    [order_id] = shop.place_orders(1)
    with HTTPServer(("127.0.0.1", 0), Taker) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        notify = {"url": f"http://127.0.0.1:{server.server_port}/", "order_id": order_id}
        told = client.post("_control/shape", json={"notify": notify}).json()
        assert taken.wait(10)
        server.shutdown()
    assert got[0] == got[1]
    header, body = json.loads(base64.b64decode(got[0][0])), json.loads(got[0][1])
    assert (header["alg"], header["kid"], header["digest"]) == ("ecdsa", shop.signer.kid, "SHA1")
    assert body["notification"]["notificationId"] == told["notified"]
    assert (body["metadata"]["topic"], body["notification"]["data"]["order"]["orderId"]) == (
        "ORDER_CONFIRMATION",
        order_id,
    )
