"""EBay's notifications: its challenge, its signature with keys from the simulator, and what follows from them."""

import base64
import hashlib
import json
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from orion import channels, orders
from orion.channels import Connection
from orion.channels.adapters.ebay import login, notices
from orion.orders import Order, OrderHistory, OrderPayload
from orion.plumbing.jobs import JOBS, JobView, list_jobs
from orion.plumbing.runtime import Runtime
from orion.simulators.ebay import USER_ID, USERNAME, Ebay
from orion.simulators.kit import Fault
from orion.sync import HookReceipt
from tests.factories.channels import make_connection
from tests.factories.stores import make_store
from tests.simulators.running import Simulators

URL = "/api/v1/hooks/ebay/simulator"
TOKEN = "0123456789-0123456789_0123456789"


@pytest.fixture
def shop(runtime: Runtime, simulators: Simulators) -> Ebay:
    settings = runtime.settings
    settings.simulator_url = simulators.url
    settings.simulator_rate_factor = 1000
    settings.channel_retry_seconds = 0
    settings.ebay_verification_token = type(settings.ebay_verification_token)(TOKEN)
    found = simulators["ebay"]
    assert isinstance(found, Ebay)
    notices._ASKED.clear()
    notices._KEYS.clear()
    login._APPS.clear()
    return found


async def _connect(runtime: Runtime, code: str = "DEMO", **settings: Any) -> int:
    async with runtime.database.transaction() as session:
        access = await make_store(session, code)
        return (await make_connection(session, runtime.settings, access, "ebay", **settings)).id


async def _jobs(runtime: Runtime, name: str) -> list[JobView]:
    return [job for job in await list_jobs(runtime.database) if job.name == name]


async def _receipts(runtime: Runtime) -> list[tuple[str, int | None, str | None]]:
    async with runtime.database.reading() as session:
        found = await session.scalars(sa.select(HookReceipt).order_by(HookReceipt.id))
        return [(each.topic, each.connection_id, each.channel_order_id) for each in found]


async def test_a_notification_from_its_challenge_to_the_order(
    client: httpx.AsyncClient, runtime: Runtime, shop: Ebay
) -> None:
    runtime.settings.public_url = "https://orion.example/"
    answer = await client.get(URL, params={"challenge_code": "c0de"})
    expected = hashlib.sha256(f"c0de{TOKEN}https://orion.example{URL}".encode()).hexdigest()
    assert (answer.status_code, answer.json()) == (200, {"challengeResponse": expected})

    connection_id = await _connect(runtime)
    other_id = await _connect(runtime, "OTHER", user_id="Somebody")
    assert await channels.check_now(runtime, connection_id) == f"EBay lets us read the orders of {USERNAME}."
    async with runtime.database.reading() as session:
        connection = await session.get_one(Connection, connection_id)
    assert connection.settings == {"user_id": USER_ID, "username": USERNAME}, "whose it is was told by the check"

    [order_id] = shop.place_orders(1)
    body, headers, _ = shop.signed({"order_id": order_id})
    shop.calls.clear()
    for _ in range(2):
        answer = await client.post(URL, content=body, headers=headers)
        assert (answer.status_code, answer.content) == (204, b"")
    assert await _receipts(runtime) == [("ORDER_CONFIRMATION", connection_id, order_id)]
    jobs = await _jobs(runtime, "read_order")
    assert [job.args for job in jobs] == [(connection_id, order_id, "push")], "the same again does nothing"
    assert shop.calls["getPublicKey"] == 1, "the key is kept"
    await JOBS["read_order"].run(runtime, *jobs[0].args)
    async with runtime.database.reading() as session:
        [order] = await session.scalars(sa.select(Order))
    truth = shop.truth()[0]
    assert (order.channel_order_id, order.raw_status, order.total_minor, order.customer_reference) == (
        order_id,
        truth["status"],
        truth["total_minor"],
        truth["buyer_reference"],
    )
    assert order.connection_id == connection_id != other_id

    async with runtime.database.transaction() as session:
        await session.execute(sa.update(Connection).values(settings={}))
    body, headers, _ = shop.signed({"order_id": order_id})
    assert (await client.post(URL, content=body, headers=headers)).status_code == 204
    assert (await _receipts(runtime))[1:] == [("ORDER_CONFIRMATION", None, None)], "nobody is meant"
    assert len(await _jobs(runtime, "read_order")) == 1


async def test_what_ebay_has_not_signed_changes_nothing(
    client: httpx.AsyncClient, runtime: Runtime, shop: Ebay
) -> None:
    await _connect(runtime, user_id=USER_ID)
    [order_id] = shop.place_orders(1)
    body, headers, _ = shop.signed({"order_id": order_id})
    told = json.loads(base64.b64decode(headers["x-ebay-signature"]))

    def sealed(**changes: Any) -> str:
        return base64.b64encode(json.dumps(told | changes).encode()).decode()

    flipped = bytearray(base64.b64decode(told["signature"]))
    flipped[-1] ^= 1
    stranger = type(shop.signer)(12345)
    forged: dict[str, tuple[bytes, str | None]] = {
        "no signature": (body, None),
        "no base64": (body, "%%%"),
        "no JSON": (body, base64.b64encode(b"{").decode()),
        "a list": (body, base64.b64encode(b"[]").decode()),
        "too long": (body, "A" * 5000),
        "another body": (body.replace(order_id.encode(), b"99-99999-99999"), headers["x-ebay-signature"]),
        "one byte more": (body + b" ", headers["x-ebay-signature"]),
        "a bit": (body, sealed(signature=base64.b64encode(bytes(flipped)).decode())),
        "another digest": (body, sealed(digest="SHA256")),
        "no digest that we know": (body, sealed(digest="MD5")),
        "no algorithm": (body, sealed(alg="none")),
        "a key id with a path": (body, sealed(kid="../user")),
        "no key id": (body, sealed(kid=None)),
        "a stranger's key under its id": (body, stranger.header(body)),
        "a stranger's key under eBay's id": (
            body,
            sealed(signature=json.loads(base64.b64decode(stranger.header(body)))["signature"]),
        ),
    }
    for name, (content, header) in forged.items():
        answer = await client.post(URL, content=content, headers={"x-ebay-signature": header} if header else {})
        assert (answer.status_code, answer.json()["code"]) == (412, "signature_invalid"), name
    assert shop.calls["getPublicKey"] == 2, "its own, and the stranger's"
    assert await _receipts(runtime) == []
    assert await _jobs(runtime, "read_order") == []

    for bad in (b"[]", b"{}", b'{"metadata": {"topic": 1}, "notification": {"notificationId": "x"}}'):
        answer = await client.post(URL, content=bad, headers={"x-ebay-signature": shop.signer.header(bad)})
        assert (answer.status_code, answer.json()["code"]) == (422, "hook_unreadable"), bad
    answer = await client.post(URL, content=b" " * 3_000_000, headers=headers)
    assert answer.status_code == 413
    for place in ("live", "sandbox"):
        answer = await client.post(URL.replace("simulator", place), content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "app_missing"), "there is no app of ours"
    assert (await client.post(URL.replace("simulator", "moon"), content=body)).status_code == 422

    notices._KEYS.clear()
    shop.faults.add(Fault("unavailable", "getPublicKey", times=3))
    answer = await client.post(URL, content=body, headers=headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    shop.faults.add(Fault("rate_limited", "getPublicKey"))
    assert (await client.post(URL, content=body, headers=headers)).status_code == 503
    asked = shop.calls["getPublicKey"]
    for number in range(notices.MOST_A_MINUTE + 5):
        answer = await client.post(URL, content=body, headers={"x-ebay-signature": sealed(kid=f"guess-{number}")})
        assert answer.status_code in (412, 503)
    assert answer.status_code == 503
    assert shop.calls["getPublicKey"] - asked < notices.MOST_A_MINUTE, "inventing key ids spends few calls"
    notices._ASKED.clear()
    assert await _receipts(runtime) == []
    assert (await client.post(URL, content=body, headers=headers)).status_code == 204

    runtime.settings.ebay_verification_token = type(runtime.settings.ebay_verification_token)("")
    for answer in (await client.post(URL, content=body, headers=headers), await client.get(f"{URL}?challenge_code=1")):
        assert (answer.status_code, answer.json()["code"]) == (404, "hook_not_found")


async def test_a_user_who_is_gone_is_forgotten(
    client: httpx.AsyncClient, runtime: Runtime, shop: Ebay, app: FastAPI
) -> None:
    connection_id = await _connect(runtime)
    ids = shop.place_orders(2)
    async with runtime.database.reading() as session:
        connection = await session.get_one(Connection, connection_id)
    async with channels.open_adapter(runtime, connection) as adapter:
        assert isinstance(adapter, channels.OrderSource)
        read = [await adapter.order(name) for name in ids]
    async with runtime.database.transaction() as session:
        await orders.take_in(session, connection, [order for order in read if order], actor="channel:ebay")
    gone = next(told["buyer_reference"] for told in shop.truth() if told["id"] == ids[0])
    body, headers, _ = shop.signed({"username": gone, "user_id": "Gone1"})
    for _ in range(2):
        assert (await client.post(URL, content=body, headers=headers)).status_code == 204
    jobs = await _jobs(runtime, "forget_buyers")
    async with runtime.database.reading() as session:
        theirs = await session.scalar(sa.select(Order.id).where(Order.channel_order_id == ids[0]))
    assert [job.args for job in jobs] == [([theirs], "eBay says that this user is gone")], "nothing of the buyer"
    assert await _receipts(runtime) == [("MARKETPLACE_ACCOUNT_DELETION", None, None)]
    for _ in range(2):
        await JOBS["forget_buyers"].run(runtime, *jobs[0].args)
    async with runtime.database.reading() as session:
        held = {order.channel_order_id: order for order in await session.scalars(sa.select(Order))}
        payloads = {each.order_id: json.dumps(each.payload) for each in await session.scalars(sa.select(OrderPayload))}
        forgotten = await session.scalars(sa.select(OrderHistory.order_id).where(OrderHistory.kind == "forgotten"))
        noted = list(forgotten)
    first, second = held[ids[0]], held[ids[1]]
    assert (first.customer_name, first.customer_email, first.customer_reference, first.shipping_address) == (None,) * 4
    assert first.forgotten_at is not None
    assert first.total_minor == shop.truth()[0]["total_minor"]
    assert gone not in payloads[first.id]
    assert noted == [first.id], "once"
    assert second.customer_name is not None
    assert second.forgotten_at is None
