"""Buying keys over HTTP with the simulator: every key, what is refused, what comes later, and what must never leak."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from orion.channels import (
    Balance,
    ChannelUnavailable,
    CredentialsRefused,
    KeyPurchase,
    KeyWanted,
    Refused,
    RemoteKey,
    ReplyLost,
    SlowDown,
    Unreadable,
)
from orion.channels.adapters.codeswholesale import CodesWholesaleSupplier
from orion.channels.adapters.codeswholesale.asking import refusal
from orion.channels.client import Answer
from orion.simulators.codeswholesale import CodesWholesale
from orion.simulators.codeswholesale.content import product_id_of
from orion.simulators.kit import Fault
from tests.channels.conftest import Connect

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GAME, SUITE = product_id_of("GAME"), product_id_of("SUITE")


def _texts(house: CodesWholesale) -> list[str]:
    """Every code that was sold, in the order of sale."""
    return [code.text for purchase in house.purchases.values() for line in purchase.lines for code in line.codes]


async def test_every_key_of_every_product(
    supplier: CodesWholesaleSupplier, house: CodesWholesale, capsys: pytest.CaptureFixture[str]
) -> None:
    house.shape({"balance": "200", "products": [{"identifier": "SUITE", "kind": "image"}]})
    start = house.now()
    bought = await supplier.buy_keys("intent-1", [KeyWanted(GAME, 12, 950), KeyWanted(SUITE, 1, 2500)])
    [purchase] = house.purchases.values()
    texts = _texts(house)
    assert (bought.supplier_order_id, bought.client_order_id, bought.status) == (purchase.id, "intent-1", "Completed")
    assert (bought.complete, bought.failed, bought.total_minor, bought.currency) == (
        True,
        False,
        12 * 950 + 2500,
        "EUR",
    )
    assert [(key.channel_product_id, key.kind, key.code) for key in bought.keys] == [
        *((GAME, "text", text) for text in texts[:12]),
        (SUITE, "image", texts[12]),
    ]
    assert len({key.key_id for key in bought.keys}) == 13
    assert [key.filename for key in bought.keys] == [None] * 12 + ["code-0013.png"]
    assert base64.b64decode(texts[12]).startswith(b"\x89PNG")
    assert await supplier.balance() == Balance(20000 - 13900, "EUR")
    assert await supplier.find_purchase("intent-1", start) == bought
    assert await supplier.find_purchase("intent-2", start) is None
    assert house.calls["createOrder"] == 1
    assert house.truth()[0]["total_minor"] == 13900
    assert house.shape({})["spent_minor"] == 13900

    shown = repr(bought) + str(bought.keys) + "".join(map(repr, bought.keys)) + "".join(capsys.readouterr())
    assert "createOrder" in shown, "the calls are logged"
    assert not [text for text in texts if text in shown], "and the keys are not"


@only_sqlite
async def test_what_is_refused_spends_nothing(
    supplier: CodesWholesaleSupplier, house: CodesWholesale, connect: Connect
) -> None:
    house.shape({"balance": "100", "products": [{"identifier": "GAME", "quantity": 20}]})
    house.shape({"products": [{"identifier": "GONE", "hidden": True}, {"identifier": "LATER", "kind": "preorder"}]})

    async def refused(*wanted: KeyWanted) -> str:
        with pytest.raises(Refused) as caught:
            await supplier.buy_keys("intent-1", wanted)
        assert not caught.value.retryable
        return f"{caught.value.code}: {caught.value.detail}"

    def game(quantity: int, price: int = 1000) -> KeyWanted:
        return KeyWanted(GAME, quantity, price)

    assert await refused(game(11)) == (
        "balance_too_low: createOrder: "
        "The balance at CodesWholesale does not cover it: top it up there, then try again."
    )
    stock = "supplier_out_of_stock: createOrder: CodesWholesale has fewer of it in stock than wanted."
    assert await refused(game(21)) == stock
    assert await refused(game(10), game(11)) == stock, "the same product twice is one stock"
    assert await refused(KeyWanted(product_id_of("LATER"), 1, 1000)) == stock, "pre-orders are refused here"
    assert (await refused(game(0))).startswith("quantity_invalid: ")
    for unknown in ("nobody", product_id_of("GONE")):
        assert (await refused(game(1), KeyWanted(unknown, 1, 1))).startswith("product_unknown: ")
    assert await refused(game(1, 999)) == (
        "request_refused: createOrder: The price has changed: it is higher than the one you accept "
        "(status 400, code 40000)"
    )
    assert (await refused(game(10, 949))).startswith("request_refused: "), "a tier's price is the tier's"
    assert (await refused()).startswith("request_refused: ")
    assert (house.purchases, str(house.balance), house.calls["createOrder"]) == ({}, "100", 10)
    assert house.shelf.entries[GAME]["product"]["quantity"] == 20

    house.shape({"credit": "0.05", "balance": "94.95"})
    assert await supplier.balance() == Balance(9500, "EUR"), "credit can be spent too"
    assert (await supplier.buy_keys("intent-1", [game(10, 950)])).total_minor == 9500
    assert await supplier.balance() == Balance(0, "EUR")
    stranger = await connect("codeswholesale", credentials={"client_id": "me", "client_secret": "guess"})
    with pytest.raises(CredentialsRefused):
        await stranger.buy_keys("intent-9", [game(1)])
    assert len(house.purchases) == 1


@only_sqlite
async def test_keys_that_come_later(house: CodesWholesale, connect: Connect) -> None:
    supplier = await connect("codeswholesale", preorders="accept")
    house.shape({"completes_after": None, "products": [{"identifier": "LATER", "kind": "preorder"}]})
    start = house.now()
    later = product_id_of("LATER")

    async def found(client_order_id: str) -> KeyPurchase:
        purchase = await supplier.find_purchase(client_order_id, start)
        assert purchase is not None
        return purchase

    waiting = await supplier.buy_keys("intent-1", [KeyWanted(GAME, 2, 1000)])
    assert (waiting.status, waiting.complete, waiting.failed, waiting.keys) == ("Fulfilling", False, False, ())
    assert waiting.total_minor == 2000, "it is paid"
    assert await found("intent-1") == waiting
    house.change_order(waiting.supplier_order_id, {"status": "Completed"})
    done = await found("intent-1")
    assert (done.complete, [key.code for key in done.keys]) == (True, _texts(house))
    house.faults.add(Fault("late_status", "order"))
    assert (await found("intent-1")).complete is False, "an older version of it"
    house.faults.add(Fault("unknown_status", "order"))
    odd = await found("intent-1")
    assert (odd.status, odd.complete, odd.failed, len(odd.keys)) == ("AwaitingReview", False, False, 2)

    house.shape({"completes_after": 0})
    wanted = [KeyWanted(GAME, 1, 1000), KeyWanted(later, 2, 1000)]
    ordered = await supplier.buy_keys("intent-2", wanted)
    assert (ordered.status, ordered.complete, ordered.total_minor) == ("Completed", False, 3000)
    assert [(key.kind, key.code is None) for key in ordered.keys] == [("text", False), *[("preorder", True)] * 2]
    assert await found("intent-2") == ordered
    house.shape({"release": ordered.supplier_order_id})
    house.faults.add(Fault("unavailable", "code", times=2))
    come = await found("intent-2")
    assert (come.complete, [key.code for key in come.keys]) == (True, _texts(house)[2:])
    assert [(key.kind, key.key_id, key.channel_product_id) for key in come.keys] == [
        ("text", key.key_id, key.channel_product_id) for key in ordered.keys
    ]

    for status in ("Cancelled", "Failed"):
        house.shape({"completes_after": None, "balance": "10"})
        lost = await supplier.buy_keys(f"intent-{status}", [KeyWanted(GAME, 1, 1000)])
        assert house.balance == 0
        house.change_order(lost.supplier_order_id, {"status": status})
        ended = await found(f"intent-{status}")
        assert (ended.status, ended.failed, ended.complete, ended.keys) == (status, True, False, ())
        assert house.balance == 10, "the money is back"


@only_sqlite
async def test_looking_for_a_purchase(supplier: CodesWholesaleSupplier, house: CodesWholesale) -> None:
    start = house.now()
    house.shape({"page_size": 2})
    mine = [await supplier.buy_keys(f"intent-{number}", [KeyWanted(GAME, 1, 1000)]) for number in range(5)]
    house.put_order({"products": [{"productId": SUITE, "quantity": 1}]})  # by hand, under no id of ours
    for number, purchase in enumerate(mine):
        assert await supplier.find_purchase(f"intent-{number}", start) == purchase
    for whose in ("client", "supplier", "both"):
        house.shape({"order_ids": whose})
        assert await supplier.find_purchase("intent-1", start) == mine[1]
    house.calls.clear()
    assert await supplier.find_purchase("intent-7", start) is None
    assert (house.calls["orders"], house.calls["order"]) == (3, 1), "every page, and the question itself"
    house.faults.add(Fault("clock_skew", times=None))
    ahead = await supplier.buy_keys("ahead", [KeyWanted(GAME, 1, 1000)])
    assert await supplier.find_purchase("ahead", start) == ahead, "their clock is their own"
    assert await supplier.find_purchase("intent-0", start + timedelta(days=30)) == mine[0], "asked for by our id"

    house.faults.clear()
    for kind in ("unavailable", "timeout", "lost_reply", "token_expired"):
        house.faults.add(Fault(kind, "order*"))  # type: ignore[arg-type] # of KINDS
        assert await supplier.find_purchase("intent-3", start) == mine[3], f"{kind}: asked again"
    house.faults.add(Fault("unavailable", "orders", times=3))
    with pytest.raises(ChannelUnavailable):
        await supplier.find_purchase("intent-3", start)
    for kind, operation in (("html", "orders"), ("html", "order"), ("malformed_item", "order")):
        house.faults.add(Fault(kind, operation))  # type: ignore[arg-type] # of KINDS
        with pytest.raises(Unreadable):
            await supplier.find_purchase("intent-3", start)
    house.faults.add(Fault("malformed_item", "orders", times=None))
    with pytest.raises(Unreadable, match="ours may be one of them"):
        await supplier.find_purchase("intent-7", start)
    assert await supplier.find_purchase("intent-3", start) == mine[3], "the others can be told"
    house.faults.clear()
    twice = house.put_order({"orderId": "intent-3", "products": [{"productId": GAME, "quantity": 1}]})
    found = await supplier.find_purchase("intent-3", start)
    assert found == mine[3], "the first of two"
    assert found.supplier_order_id != twice
    house.faults.add(Fault("rate_limited", "orders"))
    with pytest.raises(SlowDown):
        await supplier.find_purchase("intent-3", start)


@only_sqlite
async def test_a_lost_answer_is_never_asked_for_by_buying_again(
    supplier: CodesWholesaleSupplier, house: CodesWholesale
) -> None:
    start = house.now()
    made = 0
    for kind, operation, spends in (
        ("lost_reply", "createOrder", True),
        ("timeout", "createOrder", False),
        ("unavailable", "createOrder", False),
        ("html", "createOrder", False),
        ("timeout", "createOrder.done", True),
        ("unavailable", "createOrder.done", True),
        ("html", "createOrder.done", True),
        ("malformed_item", "createOrder", True),
    ):
        name = f"{kind}-{operation}"
        house.calls.clear()
        house.faults.add(Fault(kind, operation))  # type: ignore[arg-type] # of KINDS
        with pytest.raises(ReplyLost) as lost:
            await supplier.buy_keys(name, [KeyWanted(GAME, 1, 1000)])
        assert not lost.value.retryable
        made += spends
        assert (house.calls["createOrder"], len(house.purchases)) == (1, made), name
        found = await supplier.find_purchase(name, start)
        assert (found is not None) == spends
        assert found is None or (found.complete and found.keys[0].code == _texts(house)[-1])
    house.faults.add(Fault("token_expired", "createOrder"))
    assert (await supplier.buy_keys("token", [KeyWanted(GAME, 1, 1000)])).complete
    assert len(house.purchases) == made + 1
    house.faults.add(Fault("unknown_status", "createOrder"))
    odd = await supplier.buy_keys("odd", [KeyWanted(GAME, 1, 1000)])
    assert (odd.status, odd.complete, len(odd.keys)) == ("AwaitingReview", False, 1)
    house.faults.add(Fault("rate_limited", "createOrder"))
    with pytest.raises(SlowDown):
        await supplier.buy_keys("slow", [KeyWanted(GAME, 1, 1000)])
    assert len(house.purchases) == made + 2


def test_refusals_that_say_little() -> None:
    def made(status: int, content: bytes = b"", *, repeatable: bool = False) -> Any:
        return refusal(Answer(status, {}, content, "createOrder", repeatable))  # type: ignore[arg-type] # no headers are read

    assert [type(made(status)) for status in (408, 409)] == [ReplyLost, ReplyLost], "they may come after the deed"
    assert [type(made(status, repeatable=True)) for status in (408, 409)] == [Refused, Refused]
    assert (made(400, b"<html>").code, made(404, b"{}").code) == ("http_400", "http_404")
    assert made(404, b'{"status":404,"code":"77","message":"Nothing here"}').code == "not_found"
    assert made(400, b'{"status":400,"code":"10002","message":"m"}').code == "balance_too_low"
    assert isinstance(made(401, b'{"error":"invalid_token"}'), CredentialsRefused)
    assert "SECRET" not in repr(RemoteKey("1", GAME, "text", "SECRET"))
