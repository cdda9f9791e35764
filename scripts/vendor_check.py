"""Hold our adapters and simulators against the vendors' own API files: `python -m scripts.vendor_check --specs DIR`.

The files are not ours to ship. DIR holds `amazon/*.json` (github.com/amzn/selling-partner-api-models),
`ebay/*_oas3.json` (developer.ebay.com, "OpenAPI contracts") and `letzshop/schema.graphql`; what is missing is skipped,
and said.

Each adapter does everything it can, over HTTP, against its simulator; between them stands a validator that neither of
them knows: Prism (https://github.com/stoplightio/prism) as a proxy with the vendor's file, in which every object is
closed, so that a misspelt field is found on either side; for GraphQL, graphql-core with the given schema. Prism is
found by --prism or on PATH: `npm install @stoplight/prism-cli@5.14.2`.
"""

import argparse
import asyncio
import contextlib
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import uvicorn
from graphql import GraphQLSchema, build_schema, extend_schema, graphql_sync, parse, validate
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orion.simulators.serve import make_app, make_simulators
from scripts.vendor_acts import act_on_everything

HOP_HEADERS = frozenset({"connection", "content-length", "transfer-encoding", "host", "content-encoding"})
READY_SECONDS = 60
ASSUMED = "extend type Query { order(id: ID!): Order }"
"""What the Letzshop adapter asks beyond the given schema: to read one order again. Pages do without."""


@dataclass(frozen=True)
class Contract:
    """One vendor file, and the paths of a channel that it speaks of."""

    channel: str
    path: Path
    pattern: re.Pattern[str]
    url: str = ""


@dataclass
class Report:
    """What was seen: calls by contract, and every violation once."""

    calls: Counter[str] = field(default_factory=Counter)
    unchecked: Counter[str] = field(default_factory=Counter)
    violations: dict[str, None] = field(default_factory=dict)


def closed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with every object closed, and its base path in its paths: Prism leaves both to chance."""
    for schema in [
        *document.get("definitions", {}).values(),
        *document.get("components", {}).get("schemas", {}).values(),
    ]:
        _close(schema)
    base = urlsplit(document["servers"][0]["url"]).path if document.get("servers") else document.get("basePath", "")
    base = base.replace("{basePath}", "").rstrip("/")
    for server in document.get("servers", []):
        variables = server.get("variables", {})
        base = base or variables.get("basePath", {}).get("default", "").rstrip("/")
    if base:
        document["paths"] = {base + path: operations for path, operations in document["paths"].items()}
        document.pop("basePath", None)
        document.pop("servers", None)
    return document


def _close(schema: Any) -> None:
    """Never given a map of properties: eBay has a field that is called `properties`."""
    if not isinstance(schema, dict):
        return
    for part in (*schema.get("allOf", []), *schema.get("oneOf", []), *schema.get("anyOf", [])):
        _close(part)
    if schema.get("properties") and "additionalProperties" not in schema and "allOf" not in schema:
        schema["additionalProperties"] = False
    for part in (schema.get("properties") or {}).values():
        _close(part)
    _close(schema.get("items"))
    _close(schema.get("additionalProperties"))


def contracts_in(specs: Path, folder: Path) -> list[Contract]:
    """The vendors' files that are there, closed, as files of ours."""
    found = []
    for path in [*sorted(specs.glob("amazon/*.json")), *sorted(specs.glob("ebay/*_oas3.json"))]:
        document = closed(json.loads(path.read_text()))
        target = folder / f"{path.parent.name}-{path.name}"
        target.write_text(json.dumps(document))
        paths = "|".join(re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(known)) for known in document["paths"])
        found.append(Contract(path.parent.name, target, re.compile(f"(?:{paths})/?")))
    return found


@contextlib.contextmanager
def proxied(prism: str, contract: Contract, upstream: str) -> Iterator[str]:
    """Prism between us and the simulator; its address."""
    port = _free_port()
    command = [prism, "proxy", "--errors", "-h", "127.0.0.1", "-p", str(port), str(contract.path), upstream]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            said = server.stdout.read().decode(errors="replace") if server.poll() is not None and server.stdout else ""
            raise SystemExit(f"Prism does not start with {contract.path.name}: {said[-500:]}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def gateway(upstream: str, contracts: Sequence[Contract], schema: GraphQLSchema | None, report: Report) -> Starlette:
    """What adapters take for the marketplaces: sends each call through the validator that knows its path."""
    client = httpx.AsyncClient(timeout=60)

    async def pass_on(request: Request) -> Response:
        channel, _, rest = request.path_params["path"].partition("/")
        path = f"/{rest}"
        known = next((each for each in contracts if each.channel == channel and each.pattern.fullmatch(path)), None)
        base = known.url if known else f"{upstream}/{channel}"
        query = f"?{request.url.query}" if request.url.query else ""
        headers = {name: value for name, value in request.headers.items() if name not in HOP_HEADERS}
        headers["x-forwarded-host"] = request.url.netloc
        body = await request.body()
        answer = await client.request(request.method, f"{base}{path}{query}", content=body, headers=headers)
        operation = f"{request.method} /{channel}{path}"
        if known:
            report.calls[known.path.stem] += 1
            _note_prism(operation, answer, report)
        elif channel == "letzshop" and schema and path == "/graphql" and b'"query"' in body:
            report.calls["letzshop"] += 1
            _note_graphql(operation, schema, body, answer, report)
        else:
            report.unchecked[f"{request.method} /{channel}/{rest.split('/')[0]}"] += 1
        kept = {name: value for name, value in answer.headers.items() if name not in HOP_HEADERS}
        return Response(answer.content, answer.status_code, kept)

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return Starlette(routes=[Route("/{path:path}", pass_on, methods=methods)], lifespan=_closing(client))


def _closing(client: httpx.AsyncClient) -> Any:
    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    return lifespan


def _note_prism(operation: str, answer: httpx.Response, report: Report) -> None:
    for violation in json.loads(answer.headers.get("sl-violations", "[]")):
        if answer.status_code == 429 and "status code" in str(violation.get("message")):
            report.unchecked[f"429 to {operation}"] += 1  # eBay tells of it in its guide alone
            continue
        where = "/".join(str(part) for part in violation.get("location", []))
        report.violations[f"{operation}: {where}: {violation.get('message')}"] = None
    if b"stoplight.io/prism/errors" in answer.content:
        report.violations[f"{operation}: {answer.content.decode(errors='replace')[:600]}"] = None


def _note_graphql(operation: str, schema: GraphQLSchema, body: bytes, answer: httpx.Response, report: Report) -> None:
    """The query against the schema, and the answer by executing the query over it: what comes out is what went in."""
    asked = json.loads(body)
    for error in validate(schema, parse(asked["query"])):
        report.violations[f"{operation}: query: {error.message}"] = None
    data = answer.json().get("data")
    if data is None:
        return
    again = graphql_sync(schema, asked["query"], root_value=data, variable_values=asked.get("variables"))
    for error in again.errors or ():
        report.violations[f"{operation}: answer: {error.message} at {error.path}"] = None
    if not again.errors and again.data != data:
        report.violations[f"{operation}: answer: holds what was not asked for"] = None


@contextlib.asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[str]:
    """The application on a port of its own."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        task = asyncio.create_task(server.serve([listening]))
        while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await task


async def check(specs: Path, prism: str | None, only: Sequence[str]) -> Report:
    """Do everything through the validators."""
    report = Report()
    simulators = make_simulators(limited=False, seed=1)
    async with served(make_app(simulators)) as upstream:
        with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
            contracts = []
            for contract in contracts_in(specs, Path(name)) if prism else []:
                if contract.channel in simulators and (not only or contract.channel in only):
                    url = stack.enter_context(proxied(prism or "", contract, f"{upstream}/{contract.channel}"))
                    contracts.append(Contract(contract.channel, contract.path, contract.pattern, url))
            sdl = specs / "letzshop" / "schema.graphql"
            schema = extend_schema(build_schema(sdl.read_text()), parse(ASSUMED)) if sdl.is_file() else None
            async with served(gateway(upstream, contracts, schema, report)) as entrance:
                for channel, simulator in simulators.items():
                    if not only or channel in only:
                        await act_on_everything(channel, simulator, entrance)
    return report


def main() -> None:
    """Check what the command line asks for; 1 when anything is against its contract."""
    parser = argparse.ArgumentParser(prog="python -m scripts.vendor_check", description=__doc__)
    parser.add_argument("--specs", type=Path, help="the folder of the vendors' files")
    parser.add_argument("--prism", default=shutil.which("prism"), help="where Prism's command is")
    parser.add_argument("--only", action="append", default=[], help="a channel; may be said again")
    options = parser.parse_args()
    if options.specs is None or not options.specs.is_dir():
        print(f"skipped: the vendors' files are not here.\n\n{__doc__}")
        return
    if options.prism is None:
        print("skipped: amazon, ebay (Prism is not on PATH; see --help)")
    report = asyncio.run(check(options.specs, options.prism, options.only))
    for contract, calls in sorted(report.calls.items()):
        print(f"{contract:<40} {calls:>5} calls")
    for operation, calls in sorted(report.unchecked.items()):
        print(f"{operation:<40} {calls:>5} calls, in none of the files")
    print(f"assumed beyond the given schema of letzshop: {ASSUMED}")
    for violation in report.violations:
        print(f"AGAINST ITS CONTRACT: {violation}")
    print(f"{len(report.violations)} violations")
    sys.exit(bool(report.violations))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
