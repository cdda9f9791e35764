"""The OpenAPI document, with what the routes have in common said once."""

from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from orion.api.problems import Problem

_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes the write safe to repeat: for 24 hours the same key with the same body gets the first "
    "answer again (with `Idempotency-Replayed: true`), with another body 409 `idempotency_key_reused`, and while the "
    "first request runs 409 `idempotency_in_flight`. Only successful answers are kept.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def describe(app: FastAPI) -> None:
    """Add what the routes refer to: the problem document and the Idempotency-Key header."""
    without_shared = app.openapi

    def openapi() -> dict[str, Any]:
        schema = without_shared()
        components = schema.setdefault("components", {})
        if "parameters" not in components:
            _, problem = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
            components.setdefault("schemas", {}).update(problem["$defs"])
            components["parameters"] = {"IdempotencyKey": _KEY}
        return schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way of extending the document
