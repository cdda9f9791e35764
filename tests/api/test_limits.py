"""Rate limits, hosts, and headers that close doors."""

import subprocess
import time

import httpx
import pytest

from orion.main.app import create_app
from orion.plumbing.db import Database
from orion.plumbing.runtime import Runtime
from orion.plumbing.settings import Settings
from tests.api.conftest import bearer
from tests.factories.people import a_user

DAY = 86_400


def calling(runtime: Runtime, address: str = "192.0.2.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(runtime), client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://testserver")


@pytest.fixture
def tight(runtime: Runtime) -> Runtime:
    """Three calls a day for anybody, five for users: no test is so slow that another day begins."""
    runtime.settings.rate_limit_requests, runtime.settings.rate_limit_window = 3, DAY
    runtime.settings.rate_limit_user_requests = 5
    return runtime


async def test_an_address_that_calls_too_often_is_told_when_to_come_back(tight: Runtime) -> None:
    async with calling(tight) as client:
        answers = [await client.get("/api/v1/auth/me") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
        assert [a.headers["ratelimit"].split(";")[:2] for a in answers] == [
            ['"anonymous"', f"r={left}"] for left in (2, 1, 0, 0)
        ]
        assert {answer.headers["ratelimit-policy"] for answer in answers} == {f'"anonymous";q=3;w={DAY}'}
        refused = answers[-1]
        assert (refused.json()["code"], refused.headers["content-type"]) == ("rate_limited", "application/problem+json")
        assert 1 <= int(refused.headers["retry-after"]) <= 2 * DAY
        # The same for clients that read the older names.
        assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"3"}
        reset = int(refused.headers["x-ratelimit-reset"]) - time.time()
        assert 0 < reset <= int(refused.headers["retry-after"]) + 2
        # What must answer for machines, and what is no API call, is not counted.
        for path in ("/health", "/", "/openapi.json", "/v2.1/", "/v2.1/health", "/v2.1/openapi.json"):
            free = await client.get(path)
            assert (free.status_code, "ratelimit" in free.headers) == (200, False)
        forged = await client.get("/api/v1/auth/me", headers={"Authorization": "Bearer x.y.z"})
        assert forged.status_code == 429


async def test_a_user_has_a_limit_of_their_own_wherever_they_call_from(tight: Runtime) -> None:
    async with tight.database.transaction() as session:
        ada, bob = await a_user(session), await a_user(session)
    headers = await bearer(tight, ada)
    statuses = []
    for number in range(6):
        async with calling(tight, f"192.0.2.{number}") as client:
            answer = await client.get("/api/v1/auth/me", headers=headers)
            statuses.append(answer.status_code)
            assert answer.headers["ratelimit-policy"] == f'"user";q=5;w={DAY}'
    assert statuses == [200] * 5 + [429]
    async with calling(tight) as client:
        assert (await client.get("/api/v1/auth/me", headers=await bearer(tight, bob))).status_code == 200
        assert (await client.get("/api/v1/auth/me")).status_code == 401


async def test_both_apis_draw_on_one_limit(tight: Runtime) -> None:
    async with calling(tight) as client:
        for path in ("/api/v1/auth/me", "/v2.1/me", "/v2.1/nothing"):
            assert (await client.get(path)).headers["x-ratelimit-limit"] == "3"
        refused = await client.get("/v2.1/me")
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert (await client.get("/api/v1/auth/me")).status_code == 429


async def test_processes_with_a_redis_count_together_and_each_for_itself_when_it_goes(
    tight: Runtime, redis: tuple[str, subprocess.Popen[bytes]]
) -> None:
    url, server = redis
    tight.settings.redis_url = url
    one, other = (Runtime(tight.settings, tight.database) for _ in range(2))
    async with calling(one) as here, calling(other) as there:
        statuses = [(await client.get("/v2.1/me")).status_code for client in (here, there, here, there)]
        assert statuses == [401, 401, 401, 429]
        server.kill()
        server.wait()
        for client in (here, there):
            assert [(await client.get("/v2.1/me")).status_code for _ in range(4)] == [401, 401, 401, 429]
    await one.limits.close()
    await other.limits.close()


async def test_only_the_allowed_hosts_are_answered(runtime: Runtime) -> None:
    runtime.settings.allowed_hosts = ["orion.example.com", "*.shops.example.com"]
    async with calling(runtime) as client:
        for host, status in (
            ("orion.example.com", 200),
            ("orion.example.com:8000", 200),
            ("a.shops.example.com", 200),
            ("evil.example.com", 400),
            ("orion.example.com.evil.example", 400),
            ("", 400),
        ):
            answer = await client.get("/", headers={"Host": host})
            assert answer.status_code == status, host
            if status == 400:
                assert answer.headers["content-type"] == "application/problem+json"
                assert (answer.json()["code"], answer.json()["request_id"]) == (
                    "host_not_allowed",
                    answer.headers["x-request-id"],
                )
                assert answer.headers["x-content-type-options"] == "nosniff"


async def test_pages_of_other_sites_may_call_only_when_they_are_named(runtime: Runtime) -> None:
    asked = {"Origin": "https://shop.example.com", "Access-Control-Request-Method": "POST"}
    async with calling(runtime) as client:
        for method, path in (("OPTIONS", "/api/v1/auth/login"), ("GET", "/api/v1/auth/me")):
            answer = await client.request(method, path, headers=asked)
            assert [name for name in answer.headers if name.startswith("access-control")] == []
    runtime.settings.cors_allowed_origins = ["https://shop.example.com"]
    asked["Access-Control-Request-Headers"] = "authorization,idempotency-key,x-store-code"
    async with calling(runtime) as client:
        preflight = await client.options("/api/v1/auth/login", headers=asked)
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == "https://shop.example.com"
        assert "POST" in preflight.headers["access-control-allow-methods"]
        assert "ratelimit" not in preflight.headers  # asking first costs nothing
        refused = await client.get("/api/v1/auth/me", headers={"Origin": "https://shop.example.com"})
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (
            401,
            "https://shop.example.com",
        )
        assert {"RateLimit", "X-Request-ID"} <= set(refused.headers["access-control-expose-headers"].split(", "))
        assert "access-control-allow-credentials" not in refused.headers
        other = await client.get("/api/v1/auth/me", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize("origin", ["shop.example.com", "https://shop.example.com/", "https://shop.example.com/a"])
def test_an_origin_is_a_scheme_and_a_host(origin: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        Settings(_env_file=None, cors_allowed_origins=[origin])  # type: ignore[call-arg]


async def test_answers_close_doors_in_browsers(runtime: Runtime) -> None:
    async with calling(runtime) as client:
        for path in ("/api/v1/auth/me", "/api/v1/nothing"):
            headers = (await client.get(path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert headers["cache-control"] == "no-store"
            assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
            assert "strict-transport-security" not in headers
    runtime.settings.environment = "production"
    async with calling(runtime) as client:
        assert (await client.get("/")).headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


async def test_production_without_a_good_secret_does_not_start(settings: Settings, database: Database) -> None:
    for secret in ("", "short"):
        changed = settings.model_copy(
            update={"environment": "production", "secret_key": type(settings.secret_key)(secret)}
        )
        changed._signing_key = ""
        with pytest.raises(ValueError, match="SECRET_KEY"):
            create_app(Runtime(changed, database))
