"""Tokens and consent, and what the simulated API refuses."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from orion import channels
from orion.channels import (
    MANIFESTS,
    CredentialsRefused,
    ScopeMissing,
    open_adapter,
)
from orion.plumbing.runtime import Runtime
from orion.simulators.amazon import SELLER_ID, Amazon
from tests.channels.amazon.samples import (
    DE,
    FR,
    SETTINGS,
    given,
    recently,
)
from tests.channels.conftest import Connect
from tests.factories.stores import make_store
from tests.simulators.running import Simulators

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@only_sqlite
async def test_tokens_and_consent(connect: Connect, seller: Amazon, simulators: Simulators) -> None:
    adapters = [await connect("amazon", **SETTINGS)]
    await asyncio.gather(*(adapters[0].orders_page(recently()) for _ in range(5)))
    assert seller.calls["token"] == 1, "one fetches, the others wait"
    seller.shape({"expire_tokens": True})
    await adapters[0].orders_page(recently())
    assert seller.calls["token"] == 2
    stranger = await connect("amazon", credentials={"refresh_token": "Atzr|wrong"}, **SETTINGS)
    with pytest.raises(CredentialsRefused):
        await stranger.check()
    american = await connect("amazon", region="na", marketplace_ids=["ATVPDKIKX0DER"])
    with pytest.raises(ScopeMissing, match=r"does not sell in Amazon\.com"):
        await american.check()

    client = adapters[0]._client
    consent = MANIFESTS["amazon"].consent
    assert consent is not None
    back = "http://127.0.0.1:1/consent/amazon"
    page = consent.authorize_url(client, "s t&te", back)
    async with httpx.AsyncClient() as browser:
        asked = await browser.get(page)
        assert asked.status_code == 200
        assert "allow" in asked.text
        denied = await browser.get(page + "&auto=deny")
        allowed = await browser.get(page + "&auto=allow")
        assert (await browser.get(page.replace("simulator-app", "other"))).status_code == 400
    assert denied.headers["location"].startswith(f"{back}?state=s+t%26te&error=access_denied")
    answered = dict(httpx.URL(allowed.headers["location"]).params)
    assert (answered["state"], answered["selling_partner_id"]) == ("s t&te", SELLER_ID)
    granted = await consent.exchange(client, answered, back)
    assert granted.settings == {"seller_id": SELLER_ID}
    connected = await connect("amazon", credentials=dict(granted.secrets), **SETTINGS)
    assert await connected.check() == "Amazon lets us act for a seller in Amazon.de."
    with pytest.raises(CredentialsRefused):
        await consent.exchange(client, answered, back)


@only_sqlite
async def test_a_connection_by_consent(simulated: Runtime, seller: Amazon) -> None:
    async with simulated.database.transaction() as session:
        access = await make_store(session)
        made = await channels.create_connection(
            session,
            access,
            settings=simulated.settings,
            channel="amazon",
            name="Amazon",
            environment="simulator",
            values={"region": "eu", "marketplace_ids": [DE, FR]},
        )
        consent = await channels.start_consent(session, access, made.id, runtime=simulated)
    async with httpx.AsyncClient() as browser:
        allowed = await browser.get(consent.url + "&auto=allow")
    answered = dict(httpx.URL(allowed.headers["location"]).params)
    _, connection = await channels.complete_consent(simulated, access.user.id, "amazon", answered)
    assert connection.settings == {"region": "eu", "marketplace_ids": [DE, FR], "seller_id": SELLER_ID}
    async with open_adapter(simulated, connection) as adapter:
        assert await adapter.check() == "Amazon lets us act for a seller in Amazon.de, Amazon.fr."


async def test_what_the_simulator_refuses(seller: Amazon, simulators: Simulators) -> None:
    url = simulators.url_of("amazon")
    app = {"client_id": "simulator-client", "client_secret": "simulator-secret"}
    async with httpx.AsyncClient(base_url=url) as http:
        form = {"grant_type": "refresh_token", "refresh_token": "Atzr|simulated-refresh-token"}
        wrong = await http.post("/auth/o2/token", data={**form, **app, "client_secret": "x"})
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
        token = (await http.post("/auth/o2/token", data={**form, **app})).json()
        assert (token["token_type"], token["expires_in"]) == ("bearer", 3600)
        scope = "sellingpartnerapi::notifications"
        grantless = await http.post("/auth/o2/token", data={"grant_type": "client_credentials", "scope": scope, **app})
        path = "/orders/2026-01-01/orders"
        bare = await http.get(path, headers={"x-amz-access-token": token["access_token"]})
        assert (bare.status_code, bare.json()["errors"][0]["code"]) == (400, "InvalidInput"), "no date, no language"
        http.headers.update(
            {
                "x-amz-access-token": token["access_token"],
                "x-amz-date": "20260501T000000Z",
                "user-agent": "Test/1 (Language=Python)",
            }
        )
        now = datetime.now(UTC)
        since = {"lastUpdatedAfter": "2026-05-01T00:00:00Z"}
        for asked in (
            {},
            {**since, "createdAfter": "2026-05-01T00:00:00Z"},
            {**since, "createdBefore": "2026-05-02T00:00:00Z"},
            {**since, "lastUpdatedBefore": (now - timedelta(minutes=1)).isoformat()},
            {**since, "lastUpdatedBefore": "2026-04-01T00:00:00Z"},
            {"lastUpdatedAfter": "2026-05-01T00:00:00"},
            {**since, "maxResultsPerPage": "101"},
            {**since, "includedData": "BUYER,PETS"},
            {**since, "fulfillmentStatuses": "Canceled"},
            {**since, "paginationToken": "x"},
        ):
            answer = await http.get(path, params=asked)
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidInput"), asked
        seller.put_order(given())
        plain = await http.get(path, params=since)
        assert plain.headers["x-amzn-RateLimit-Limit"] == "0.0056"
        assert plain.headers["x-amzn-RequestId"]
        [order] = plain.json()["orders"]
        assert not {"buyer", "recipient", "proceeds", "fulfillment", "packages"} & set(order)
        assert set(order["orderItems"][0]) == {"orderItemId", "quantityOrdered", "product"}
        missing = await http.get(f"{path}/302-0-0")
        assert (missing.status_code, missing.json()["errors"][0]["code"]) == (404, "NotFound")
        for header in (None, "Atza|wrong", grantless.json()["access_token"]):
            headers = {"x-amz-access-token": header or ""}
            answer = await http.get(path, params=since, headers=headers)
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "Unauthorized")


def test_what_amazon_can_do() -> None:
    manifest = MANIFESTS["amazon"]
    assert manifest.capabilities == (
        "products_in", "products_out", "orders_in", "fulfillment_out", "inventory_out",
    )  # fmt: skip
    assert manifest.hosts["live"]["eu"] == "https://sellingpartnerapi-eu.amazon.com"
    assert manifest.hosts["sandbox"]["na"] == "https://sandbox.sellingpartnerapi-na.amazon.com"
    assert manifest.check is not None
    american = {"region": "na", "marketplace_ids": [DE]}
    assert [error.field for error in manifest.check(american, {"client_id": "x"})] == [
        "settings.marketplace_ids",
        "secrets.client_secret",
    ]
    assert manifest.check({"region": "eu", "marketplace_ids": [DE]}, {}) == []
