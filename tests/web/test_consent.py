"""The page that a channel's consent page sends the browser back to."""

import dataclasses
from collections.abc import Mapping

import httpx
import pytest

from orion import channels, merchants
from orion.channels import ChannelClient, Connection, ConsentFlow, Granted, Manifest, registry
from orion.plumbing.runtime import Runtime
from tests.web.conftest import Visitor


class Silent:
    """An adapter of a channel that nobody asks here."""

    def __init__(self, client: ChannelClient) -> None: ...

    async def check(self) -> str:
        return "here"


async def exchange(client: ChannelClient, answered: Mapping[str, str], redirect_uri: str) -> Granted:
    return Granted({"refresh_token": answered["code"]})


MANIFEST = Manifest(
    channel="ebay",
    adapter=Silent,
    hosts={"live": {"api": "https://api.example.com"}},
    operator_secrets=lambda _: {"client_id": "app", "client_secret": "hush"},
    consent=ConsentFlow(lambda *asked: asked[1], exchange),
)


async def test_coming_back_from_the_consent_page(
    owner: Visitor, client: httpx.AsyncClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "MANIFESTS", {"ebay": dataclasses.replace(MANIFEST)})
    async with runtime.database.transaction() as session:
        access = await merchants.open_store(session, owner.user, owner.store.code)
        made = await channels.create_connection(
            session, access, settings=runtime.settings, channel="ebay", name="My eBay"
        )
        state = (await channels.start_consent(session, access, made.id, runtime=runtime)).url
    query = {"state": state, "code": "granted"}
    stranger = await client.get("/consent/ebay", params=query)
    assert (stranger.status_code, stranger.headers["location"].split("?")[0]) == (303, "/login")
    denied = await owner.client.get("/consent/ebay", params={"state": "other", "error": "access_denied"})
    assert denied.status_code == 422
    assert "eBay is not connected" in denied.text
    assert "start again" in denied.text
    page = await owner.client.get("/consent/ebay", params=query)
    assert (page.status_code, "granted" in page.headers["location"]) == (303, False)
    page = await owner.client.get(page.headers["location"])
    assert (page.status_code, "eBay is connected" in page.text) == (200, True)
    assert f"/store/{owner.store.code}/connections/{made.id}" in page.text
    async with runtime.database.reading() as session:
        row = await session.get_one(Connection, made.id)
    assert registry.secrets_of(runtime.settings, row) == {"refresh_token": "granted"}
