"""A store's settings over JSON."""

import httpx
import pytest

from orion.plumbing.runtime import Runtime
from tests.api.conftest import bearer
from tests.factories.stores import make_store

PATH = "/api/v1/store/settings"


@pytest.fixture
async def headers(runtime: Runtime) -> dict[str, str]:
    async with runtime.database.transaction() as session:
        access = await make_store(session)
    return await bearer(runtime, access.user)


async def test_what_is_not_sent_stays(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    change = {"letzshop_csv_url_fr": "https://example.com/fr.csv", "default_language": "FR"}
    answer = await client.put(PATH, json=change, headers=headers)
    assert answer.status_code == 200, answer.text
    expected = {
        "store_code": "DEMO",
        "name": "Store DEMO",
        **dict.fromkeys(("description", "domain", "website", "contact_email", "contact_phone")),
        "business_address": None,
        "tax_number": None,
        "is_verified": False,
        "default_language": "fr",
        "default_currency": "EUR",
        "letzshop_csv_url_fr": "https://example.com/fr.csv",
        "letzshop_csv_url_en": None,
        "letzshop_csv_url_de": None,
        "low_stock_threshold": None,
    }
    assert answer.json() == expected
    assert (await client.put(PATH, json={"name": "New"}, headers=headers)).json() == expected | {"name": "New"}
    emptied = await client.put(PATH, json={"letzshop_csv_url_fr": None}, headers=headers)
    assert emptied.json() == expected | {"name": "New", "letzshop_csv_url_fr": None}
    assert (await client.get(PATH, headers=headers)).json() == emptied.json()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"letzshop_csv_url_de": "ftp://example.com/x"}, "body.letzshop_csv_url_de"),
        ({"default_language": "xx"}, "body.default_language"),
        ({"default_currency": "EURO"}, "body.default_currency"),
        ({"name": None}, "body.name"),
        ({"website": "https://user:secret@example.com"}, "body.website"),
        ({"tax_number": "1" * 65}, "body.tax_number"),
        ({"letzshop_csv_url_es": "https://example.com/x"}, "body.letzshop_csv_url_es"),
    ],
)
async def test_bad_input_names_the_field(
    client: httpx.AsyncClient, headers: dict[str, str], change: dict, field: str
) -> None:
    before = (await client.get(PATH, headers=headers)).json()
    answer = await client.put(PATH, json=change, headers=headers)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await client.get(PATH, headers=headers)).json() == before
