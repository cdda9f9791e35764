"""The page of a store's exports: downloads, and feed links, whose addresses are shown once."""

import html
import re

import httpx

from orion.plumbing.runtime import Runtime
from tests.factories.catalog import make_marketplace_product, make_product
from tests.web.conftest import Shopkeeper


async def test_a_download_and_the_life_of_a_link(
    owner: Shopkeeper, client: httpx.AsyncClient, runtime: Runtime
) -> None:
    store, base = owner.store, f"{owner.home}/exports"
    async with runtime.database.transaction() as session:
        for number, brand in enumerate(("Lumo", "Other")):
            listed = await make_marketplace_product(session, f"L-{number}", brand=brand)
            await make_product(session, store, listed)
    products = await owner.client.get(f"/store/{store.code}/products?brand=Lumo&language=fr")
    links = [html.unescape(link) for link in re.findall(r'href="([^"]*/exports/download[^"]*)"', products.text)]
    assert [re.search("format=([a-z-]+)", link)[1] for link in links] == [  # type: ignore[index]  # else it fails
        "csv", "google-tsv", "google-xml", "letzshop-csv",
    ]  # fmt: skip
    file = await owner.client.get(links[1])
    assert (file.status_code, file.text.count("\n"), "L-0\t" in file.text) == (200, 2, True)
    assert 'filename="products-' in file.headers["Content-Disposition"]
    assert (await client.get(links[1])).status_code in (303, 401)

    form = {"name": "Engine", "format": "google-xml", "language": "en", "availability": "in_stock", "brand": ""}
    wrong = await owner.post(base, form | {"name": " "})
    assert (wrong.status_code, "Give a name" in wrong.text) == (422, True)
    made = await owner.post(base, form)
    address = re.search(r"http://localhost:8000/feeds/[^<]+\.xml", made.text)
    assert (made.status_code, address is not None) == (200, True)
    page = await owner.client.get(base)
    assert ("Engine" in page.text, "/feeds/" in page.text, "not verified yet" in page.text) == (True, False, True)
    (number,) = set(re.findall(r"/exports/(\d+)/revoke", page.text))
    again = await owner.post(f"{base}/{number}/rotate", {})
    assert "/feeds/" in again.text
    assert (await owner.post(f"{base}/{number}/revoke", {})).status_code == 303
    assert "Nobody fetches your products yet" in (await owner.client.get(base)).text
