"""Exports over HTTP: downloads with the lists' filters, and feeds that anybody may fetch who knows their address."""

import csv
import io
from collections.abc import MutableMapping
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from orion.api.public import feeds as public_feeds
from orion.feeds import FeedLink
from orion.merchants import Store
from orion.plumbing.limits import Limit
from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.factories.catalog import make_marketplace_product, make_product
from tests.factories.stores import enter_as, make_store

EXPORT = "/api/v1/store/products/export"
LINKS = "/api/v1/store/feed-links"


async def test_a_download_has_what_the_list_has(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
        for number, brand in enumerate(("Lumo", "Other")):
            listed = await make_marketplace_product(session, f"L-{number}", titles={"fr": "=Lampe"}, brand=brand)
            await make_product(session, access.store, listed)
        await make_product(session, (await make_store(session, "OTHER")).store)
    headers = await bearer(runtime, access.user)
    answer = await client.get(EXPORT, headers=headers, params={"brand": "Lumo", "language": "fr"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="products-demo-2')
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["product_id"], row["title"], row["price"], row["currency"]) == ("L-0", "'=Lampe", "29.90", "EUR")
    for format_, type_, begins in (
        ("google-tsv", "text/tab-separated-values; charset=utf-8", "id\ttitle\tdescription"),
        ("google-xml", "application/xml; charset=utf-8", "<?xml"),
        ("letzshop-csv", "text/csv; charset=utf-8", "id,title,description"),
    ):
        answer = await client.get(EXPORT, headers=headers, params={"format": format_})
        assert (answer.headers["Content-Type"], answer.text.startswith(begins)) == (type_, True)
        assert answer.text.count("=Lampe") == 2
    for params, code, field in (
        ({"format": "pdf"}, "validation_failed", "query.format"),
        ({"brnad": "x"}, "validation_failed", "query.brnad"),
        ({"availability": "soon"}, "unknown_availability", "availability"),
    ):
        refused = await client.get(EXPORT, headers=headers, params=params)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
        assert [error["field"] for error in refused.json()["errors"]] == [field]


async def test_a_feed_from_its_making_to_its_end(
    client: httpx.AsyncClient,
    runtime: Runtime,
    logs: list[MutableMapping[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
        shown = await make_marketplace_product(session, "SHOWN", titles={"fr": "Lampe"}, cost_of_goods_sold="9 EUR")
        product = await make_product(session, access.store, shown)
        await make_product(session, access.store, await make_marketplace_product(session, "OFF"), is_active=False)
        sold_out = await make_marketplace_product(session, "SOLD", availability="out_of_stock")
        await make_product(session, access.store, sold_out)
        staff = (await enter_as(session, access, "staff")).user
    headers = await bearer(runtime, access.user)
    body = {"name": "Google", "format": "google-xml", "language": "fr", "filters": {"availability": "in_stock"}}
    assert (await client.post(LINKS, headers=await bearer(runtime, staff), json=body)).status_code == 403
    for change, code, field in (
        ({"name": " "}, "feed_link_unsuitable", "body.name"),
        ({"format": "pdf"}, "unknown_format", "body.format"),
        ({"language": "xx"}, "unknown_language", "body.language"),
        ({"filters": {"availability": "soon"}}, "unknown_availability", "body.availability"),
        ({"filters": {"is_active": False}}, "validation_failed", "body.filters.is_active"),
    ):
        refused = await client.post(LINKS, headers=headers, json=body | change)
        assert (refused.json()["code"], refused.json()["errors"][0]["field"]) == (code, field)
    made = (await client.post(LINKS, headers=headers, json=body)).json()
    path = made["url"].removeprefix("http://localhost:8000")
    assert (made["is_open"], made["filters"], made["last_fetched_at"]) == (False, {"availability": "in_stock"}, None)
    listed = (await client.get(LINKS, headers=headers)).json()["items"]
    assert listed == [{name: value for name, value in made.items() if name != "url"}]

    closed = await client.get(path)
    assert (closed.status_code, closed.json()["code"]) == (404, "feed_link_not_found")
    async with runtime.database.transaction() as session:
        await session.execute(sa.update(Store).where(Store.code == "DEMO").values(is_verified=True))
        link = await session.get_one(FeedLink, made["id"])
        assert path.split("/")[-1].removesuffix(".xml") not in (link.token_digest, str(link.options))
    fetched = await client.get(path, headers={"Accept-Encoding": "identity"})
    assert (fetched.status_code, fetched.headers["Vary"], fetched.text.count("<item>")) == (200, "Accept-Encoding", 1)
    assert "<g:id>SHOWN</g:id><g:title>Lampe</g:title>" in fetched.text
    assert "cost_of_goods_sold" not in fetched.text
    assert all(path not in str(entry) for entry in logs)
    packed = await client.get(path, headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["Content-Encoding"], packed.text) == ("gzip", fetched.text)
    assert packed.headers["ETag"] != fetched.headers["ETag"]
    for known in ({"If-None-Match": fetched.headers["ETag"]}, {"If-Modified-Since": fetched.headers["Last-Modified"]}):
        again = await client.get(path, headers={"Accept-Encoding": "identity", **known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", fetched.headers["ETag"])
    assert (await client.get(LINKS, headers=headers)).json()["items"][0]["last_fetched_at"]
    change = {"price": "19.90"}
    assert (await client.put(f"/api/v1/store/products/{product.id}", headers=headers, json=change)).status_code == 200
    known = {"Accept-Encoding": "identity", "If-None-Match": fetched.headers["ETag"]}
    changed = await client.get(path, headers=known)
    assert (changed.status_code, "19.90 EUR" in changed.text) == (200, True)
    for wrong in (path.replace(".xml", ".csv"), path.replace("/feeds/", "/feeds/x")):
        assert (await client.get(wrong)).json()["code"] == "feed_link_not_found"

    rotated = (await client.post(f"{LINKS}/{made['id']}/rotate", headers=headers)).json()
    assert (await client.get(path)).status_code == 404
    path = rotated["url"].removeprefix("http://localhost:8000")
    assert (await client.get(path)).status_code == 200
    monkeypatch.setattr(public_feeds, "FETCHES", Limit("feed-link-once", 1, 3600))
    assert (await client.get(path)).status_code == 200
    assert (await client.get(path)).status_code == 429
    assert (await client.delete(f"{LINKS}/{made['id']}", headers=headers)).status_code == 204
    assert (await client.get(path)).status_code == 404
    assert (await client.delete(f"{LINKS}/{made['id']}", headers=headers)).json()["code"] == "feed_link_not_found"
