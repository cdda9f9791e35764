"""The API's description of itself."""

import re

import httpx
from fastapi import FastAPI


def test_every_operation_has_a_readable_name_and_says_what_it_does(app: FastAPI) -> None:
    operations = [operation for methods in app.openapi()["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []
    assert [operation["operationId"] for operation in operations if not operation.get("description")] == []
    assert [operation["operationId"] for operation in operations if not operation.get("summary")] == []


async def test_every_part_of_a_path_and_of_an_answer_is_described(client: httpx.AsyncClient) -> None:
    for document in ("/openapi.json", "/v2.1/openapi.json"):
        for path, methods in (await client.get(document)).json()["paths"].items():
            for method, operation in methods.items():
                declared = {one["name"] for one in operation.get("parameters", []) if one.get("in") == "path"}
                assert declared == set(re.findall(r"{(\w+)}", path)), (method, path)
                contents = [told.get("content", {}) for told in operation["responses"].values()]
                empty = [kind for content in contents for kind, what in content.items() if what.get("schema") == {}]
                assert empty == [], (method, path)
