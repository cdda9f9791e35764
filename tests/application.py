"""The whole application for tests: built once per pytest worker, and moved from one test's runtime to the next's."""

from dataclasses import dataclass, fields
from typing import Any

from fastapi import FastAPI

from orion.main.app import create_app
from orion.plumbing.runtime import Runtime

_LOOKED_UP = {"database_url", "var_dir"}
"""Settings that differ from test to test, and that an application only reads through its runtime."""


@dataclass(frozen=True)
class _Built:
    app: FastAPI
    seat: Runtime
    routes: tuple[Any, ...]


_built: dict[str, _Built] = {}


def application(runtime: Runtime) -> FastAPI:
    """The application on `runtime`, as `create_app` makes it, until the next test asks for it.

    To make one for each test would take longer than most tests: its first requests work out what every route takes.
    Routes that a test has added are gone for the next one.
    """
    key = repr(sorted(runtime.settings.model_dump(exclude=_LOOKED_UP).items()))
    if key not in _built:
        seat = Runtime(runtime.settings, runtime.database)
        app = create_app(seat)
        _built[key] = _Built(app, seat, tuple(app.router.routes))
    built = _built[key]
    for part in fields(Runtime):
        object.__setattr__(built.seat, part.name, getattr(runtime, part.name))
    if tuple(built.app.router.routes) != built.routes:
        built.app.router.routes[:] = built.routes
    return built.app
