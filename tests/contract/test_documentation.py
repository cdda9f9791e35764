"""Both OpenAPI documents describe what the documents promise, and the older API nothing besides."""

from typing import Any

import httpx
import pytest

from tests.contract.documents import IMPORTS, LETZSHOP, ORION

PLAIN = {"GET /docs", "GET /redoc"}


def operations(document: dict[str, Any]) -> set[str]:
    return {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}


async def test_the_platforms_document_has_every_operation(client: httpx.AsyncClient) -> None:
    described = operations((await client.get("/openapi.json")).json())
    assert ({*ORION, *IMPORTS} - PLAIN) - described == set()


async def test_the_older_document_has_every_operation_and_no_other(client: httpx.AsyncClient) -> None:
    document = (await client.get("/v2.1/openapi.json")).json()
    assert operations(document) == set(LETZSHOP)
    assert document["info"]["version"] == "2.1"
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert operation["tags"], (method, path)
            assert (key in operation.get("parameters", [])) == (method != "get" and path != "/login"), (method, path)


@pytest.mark.parametrize("page", ["/v2.1/docs", "/v2.1/redoc"])
async def test_the_older_document_has_pages_of_its_own(client: httpx.AsyncClient, page: str) -> None:
    answer = await client.get(page)
    assert (answer.status_code, "/v2.1/openapi.json" in answer.text) == (200, True)
