"""Addresses without parameters go straight to the router that would have answered them anyway."""

from fastapi import FastAPI
from starlette.routing import BaseRoute, Match

from orion.api.shortcuts import Shortcuts


def chosen(routes: list[BaseRoute], method: str, path: str, root_path: str = "") -> BaseRoute | None:
    scope = {"type": "http", "method": method, "path": path, "root_path": root_path, "headers": []}
    return next((route for route in routes if route.matches(scope)[0] == Match.FULL), None)


def test_a_shortcut_leads_where_the_long_way_does(app: FastAPI) -> None:
    first, *others = app.router.routes
    assert isinstance(first, Shortcuts)
    assert ("GET", "/api/v1/store/products") in first.known
    assert not any("{" in path for _, path in first.known)
    for (method, path), route in first.known.items():
        assert chosen(others, method, path) is route, (method, path)


def test_other_addresses_go_the_long_way(app: FastAPI) -> None:
    first, *_ = app.router.routes
    path = "/api/v1/store/products"
    assert chosen([first], "GET", path) is first
    for method, other in (("PURGE", path), ("GET", f"{path}/1"), ("GET", f"{path}/"), ("GET", "/v2.1/products")):
        assert chosen([first], method, other) is None
    assert chosen([first], "GET", path, root_path="/mounted") is None
