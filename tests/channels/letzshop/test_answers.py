"""What Letzshop's answers mean, right or wrong, at all three places where a GraphQL API can say no."""

import json
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.responses import JSONResponse, Response

from orion.channels import (
    ChannelBucket,
    ChannelError,
    ChannelUnavailable,
    CredentialsRefused,
    Refused,
    ScopeMissing,
    SlowDown,
    StockOffer,
    Unreadable,
    Window,
)
from orion.plumbing.runtime import Runtime
from orion.simulators.letzshop import API_KEY
from tests.channels.conftest import Connect
from tests.channels.core.side import Side, serving

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _coded(code: str, **more: Any) -> dict[str, Any]:
    return {"message": "No.", "path": ["orders"], "extensions": {"code": code, **more}}


ERRORS: list[tuple[dict[str, Any], type[ChannelError]]] = [
    (_coded("UNAUTHENTICATED"), CredentialsRefused),
    ({"message": "Invalid API key"}, CredentialsRefused),
    (_coded("FORBIDDEN"), ScopeMissing),
    ({"message": "You are not authorized to read orders"}, ScopeMissing),
    (_coded("THROTTLED", retryAfter=7), SlowDown),
    ({"message": "Rate limit exceeded"}, SlowDown),
    (_coded("INTERNAL_SERVER_ERROR"), ChannelUnavailable),
    (_coded("BAD_USER_INPUT"), Refused),
    ({"message": "Cannot query field 'x'."}, Refused),
    ({"message": "Something went wrong", "path": ["orders"]}, Unreadable),
]


@only_sqlite
async def test_errors_are_told_apart(connect: Connect, simulated: Runtime) -> None:
    letzshop = await connect("letzshop")
    async with serving(Side()) as side:
        simulated.settings.simulator_url = side.url

        async def fails(answer: Response) -> ChannelError:
            side.say(answer)
            async with simulated.database.transaction() as session:
                await session.execute(sa.delete(ChannelBucket))
            with pytest.raises(ChannelError) as failed:
                await letzshop.orders_page(Window())
            return failed.value

        slow = await fails(JSONResponse({"errors": [_coded("THROTTLED", retryAfter=7)]}))
        assert (slow.retry_after, slow.code) == (7.0, "rate_limited")
        with pytest.raises(SlowDown):
            await letzshop.orders_page(Window())
        assert len(side.calls) == 1, "nobody asks again before that"

        for error, kind in ERRORS:
            for body in (
                {"errors": [error]},
                {"errors": [error], "data": None},
                {"errors": [error], "data": {"orders": None}},
            ):
                assert type(await fails(JSONResponse(body))) is kind, error
            assert type(await fails(JSONResponse({"errors": [error]}, 400))) is kind, error
        assert side.calls[0].headers["authorization"] == f"Bearer {API_KEY}"
        mixed = {"errors": [{"message": "Bad input"}, _coded("UNAUTHENTICATED")]}
        assert type(await fails(JSONResponse(mixed))) is CredentialsRefused
        for status, kind in ((401, CredentialsRefused), (403, ScopeMissing), (404, Refused)):
            assert type(await fails(Response("no", status))) is kind
        long = await fails(JSONResponse({"errors": [{"message": "x" * 5000}]}))
        assert len(long.detail) == 300

        unreadable = (
            b"{half", b"[]", b"null", b'"text"', b"{}", b'{"data": []}', b'{"data": {}}', b'{"data": {"orders": NaN}}',
            b'{"data": {"orders": null}}', b'{"data": {"orders": {"edges": null}}}',
            b'{"data": {"orders": {"edges": []}}}',
            b'{"data": {"orders": {"edges": [], "pageInfo": {"hasNextPage": true, "endCursor": null}}}}',
        )  # fmt: skip
        for content in unreadable:
            assert type(await fails(Response(content, media_type="application/json"))) is Unreadable, content


@only_sqlite
async def test_what_is_there_is_taken(connect: Connect, simulated: Runtime) -> None:
    letzshop = await connect("letzshop")
    node = {
        "id": 17,
        "status": "PAID",
        "createdAt": "2026-05-01T10:00:00Z",
        "updatedAt": "2026-05-01T10:00:00.123456+00:00",
        "items": [],
        "totals": {"total": "@", "currency": "EUR"},
    }
    body = json.dumps(
        {
            "errors": [{"message": "customer cannot be told", "path": ["orders", "edges", 0, "node", "customer"]}],
            "data": {
                "orders": {
                    "edges": [{"node": node}, None, {"node": None}, {"node": "x"}, {"node": {"id": True}}],
                    "pageInfo": {"hasNextPage": False},
                }
            },
        }
    ).replace('"@"', "12.30")
    async with serving(Side()) as side:
        simulated.settings.simulator_url = side.url
        side.say(Response(body, media_type="application/json"))
        page = await letzshop.orders_page(Window())
        [order] = page.orders
        assert (order.channel_order_id, order.total_minor, order.raw["totals"]["total"]) == ("17", 1230, "12.30")
        assert [(item.channel_id, item.problem) for item in page.malformed] == [
            (None, "the entry is missing"),
            (None, "the entry is missing"),
            (None, "the entry is missing"),
            (None, "status is missing"),
        ]
        asked = json.loads(side.calls[0].body)
        assert asked["variables"] == {"since": None, "first": 100, "after": None}

        def stock(**payload: Any) -> Response:
            return JSONResponse({"data": {"updateInventory": payload}})

        offers = [StockOffer("A", 1), StockOffer("B", 2)]
        side.say(stock(success=True, errors=[]))
        assert [answer.problem for answer in await letzshop.publish_stock(offers)] == [None, None]
        assert json.loads(side.calls[0].body)["variables"] == {
            "input": {"items": [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 2}]}
        }
        side.say(stock(success=False, errors=[]))
        with pytest.raises(Refused, match="and not why"):
            await letzshop.publish_stock(offers)
        side.say(stock(success=False, errors=[{"sku": "OTHER", "message": "Unknown SKU"}]))
        with pytest.raises(Refused) as refused:
            await letzshop.publish_stock(offers)
        assert refused.value.field_errors == (("OTHER", "Unknown SKU"),)
        side.say(JSONResponse({"data": {"updateInventory": None}}))
        with pytest.raises(Unreadable):
            await letzshop.publish_stock(offers)
