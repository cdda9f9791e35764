"""A documented API as a table: each of its paths, and the canonical operation that answers there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from orion.api.openapi import describe
from orion.api.problems import PROBLEM_RESPONSES, install_problems
from orion.api.routing import TransactionalRoute, UnrepeatableRoute
from orion.plumbing.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Adapter:
    """A handler of the older API's own, because what goes in or comes out has another shape there."""

    handler: Callable[..., Any]
    status: int = 200
    repeatable: bool = True
    """Whether an Idempotency-Key may repeat it; not where the answer holds secrets."""
    transactional: bool = True
    """Whether it runs in a transaction; not what must answer without a working database."""
    responses: dict[int | str, dict[str, Any]] | None = None
    dependencies: Sequence[Any] = ()
    response_model: Any = None
    """What the answer is, where the handler's annotation cannot say it."""
    response_class: type[Response] = JSONResponse


@dataclass(frozen=True, slots=True)
class Row:
    """One documented operation: where it is, and the canonical operation (method and path) or adapter that answers."""

    method: str
    path: str
    answers: str | Adapter
    tag: str


def build_compat(
    runtime: Runtime,
    *,
    title: str,
    version: str,
    description: str,
    rows: Sequence[Row],
    canonical: Sequence[APIRouter],
    tags: list[dict[str, str]],
    body_limit: int,
) -> FastAPI:
    """The older API as an application to mount, with an OpenAPI document of its own.

    Its routes run in the same transactions, with the same access checks, idempotency and problem documents as those
    they stand for. Raises LookupError for a row whose canonical operation does not exist.
    """
    app = FastAPI(
        title=title,
        version=version,
        description=description,
        docs_url=None,
        redoc_url=None,
        openapi_tags=tags,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.runtime = runtime
    install_problems(app)
    router = APIRouter()
    routes = {
        f"{method} {route.path}": route
        for known in canonical
        for route in known.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    for row in rows:
        if isinstance(row.answers, Adapter):
            _add_adapter(router, row, row.answers)
        elif (route := routes.get(row.answers)) is not None:
            _add_same(router, row, route)
        else:
            raise LookupError(f"{row.method} {row.path} stands for {row.answers}, which is no operation")
    app.include_router(router, max_body_size=body_limit)
    describe(app)
    return app


def _add_same(router: APIRouter, row: Row, route: APIRoute) -> None:
    """Serve the canonical route's handler at the documented path, described as there."""
    router.add_api_route(
        row.path,
        route.endpoint,
        methods=[row.method],
        name=route.name,
        tags=[row.tag],
        summary=route.summary,
        description=route.description,
        status_code=route.status_code,
        response_model=route.response_model,
        response_class=route.response_class,
        responses=route.responses,
        dependencies=route.dependencies,
        route_class_override=type(route),
    )


def _add_adapter(router: APIRouter, row: Row, adapter: Adapter) -> None:
    options: dict[str, Any] = {} if adapter.response_model is None else {"response_model": adapter.response_model}
    name = adapter.handler.__name__
    summary = (adapter.handler.__doc__ or "").partition(".")[0]
    router.add_api_route(
        row.path,
        adapter.handler,
        methods=[row.method],
        name=name,
        tags=[row.tag],
        summary=summary,
        status_code=adapter.status,
        responses={**PROBLEM_RESPONSES, **(adapter.responses or {})},
        dependencies=adapter.dependencies,
        response_class=adapter.response_class,
        route_class_override=_route_class(adapter),
        **options,
    )


def _route_class(adapter: Adapter) -> type[APIRoute]:
    if not adapter.transactional:
        return APIRoute
    return TransactionalRoute if adapter.repeatable else UnrepeatableRoute
