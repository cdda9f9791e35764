"""From a file sent over the API to the products that come out of it."""

import csv
import io

import httpx

from orion.feeds.jobs import run_import
from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.factories.stores import make_store

STORE = "/api/v1/store"
FEED = """\
g:id,g:title,g:price,g:availability,g:brand,shelf
A-1,Éclairage,29.90 EUR,in stock,Lumo,7
A-2,Mug,abc,in stock,Tass,8
A-3,Box,5.00 EUR,someday,,
"""


async def test_a_file_becomes_products_and_issues(client: httpx.AsyncClient, runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
    headers = await bearer(runtime, access.user)
    sent = {"file": ("feed.csv", FEED.encode(), "text/csv")}
    started = await client.post(
        f"{STORE}/marketplace/import-file", files=sent, data={"language": "fr"}, headers=headers
    )
    assert started.status_code == 202, started.text
    await run_import(runtime, started.json()["job_id"])

    done = (await client.get(started.headers["Location"], headers=headers)).json()
    counters = ("imported_count", "updated_count", "unchanged_count", "skipped_count", "error_count", "warning_count")
    assert (done["status"], done["phase"]) == ("completed_with_errors", "finished")
    assert {name: done[name] for name in counters} == dict.fromkeys(counters, 0) | {
        "imported_count": 2,
        "error_count": 1,
        "warning_count": 1,
    }
    assert (done["total_processed"], done["total_rows"], done["progress"]["fraction"]) == (3, 3, 1.0)
    assert done["details"]["encoding"] == "utf-8"

    issues = (await client.get(f"{started.headers['Location']}/errors", headers=headers)).json()["items"]
    assert [(issue["row_number"], issue["severity"], issue["identifier"]) for issue in issues] == [
        (3, "error", "A-2"),
        (4, "warning", "A-3"),
    ]
    products = (await client.get(f"{STORE}/products", params={"search": "éclairage"}, headers=headers)).json()
    assert [(item["title"], item["language"], item["price"], item["brand"]) for item in products["items"]] == [
        ("Éclairage", "fr", "29.90", "Lumo")
    ]
    shared = (await client.get("/api/v1/marketplace/product/A-1", headers=headers)).json()
    assert (shared["shop_code"], shared["attributes"]) == ("DEMO", {"shelf": "7"})
    exported = await client.get("/api/v1/marketplace/product?format=csv&shop_name=demo", headers=headers)
    assert [row["product_id"] for row in csv.DictReader(io.StringIO(exported.text))] == ["A-1", "A-3"]
