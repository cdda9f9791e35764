"""The JSON surfaces, by audience. `ROUTERS` is all of them; `build_api` makes the application that serves them."""

from orion.api.app import ROUTERS, build_api

__all__ = ["ROUTERS", "build_api"]
