"""Every flag: what raises it, and what takes it away by itself when there is nothing left to look at."""

from dataclasses import replace
from typing import Any

from orion.channels import RemoteOrder
from orion.orders import FLAGS, Order
from tests.factories.orders import a_line, an_order
from tests.orders.inbox import Inbox

HAVE, LACK = a_line(1, "HAVE"), a_line(1, "LACK", 2)
NO_PRICE = {"lines": [replace(HAVE, unit_price_minor=None, subtotal_minor=None)]}
Version = dict[str, Any]

LIVES: dict[str, tuple[Version, Version, str | None, Version]] = {
    # name: the version before, the one that raises the flag, which flag that is, and the one that takes it away
    "word": ({}, {"status": None, "raw_status": "Odd"}, "unknown_status", {}),
    "total": ({}, {"total_minor": 7}, "total_differs", {}),
    "total of nothing": ({}, {"total_minor": 7}, "total_differs", {"total_minor": 7, "status": "cancelled"}),
    "price": ({}, NO_PRICE, "price_missing", {}),
    "price of nothing": ({}, NO_PRICE, "price_missing", NO_PRICE | {"status": "cancelled"}),
    "currency": ({}, {"currency": "EURO"}, "currency_unknown", {}),
    "currency of nothing": (
        {"currency": "", "status": "pending", "total_minor": None},
        {"currency": "", "status": "cancelled", "total_minor": None, "problems": ("currency_unknown",)},
        None,
        {"currency": "", "status": "cancelled", "total_minor": None},
    ),
    "line": ({}, {"lines": [a_line(1, "?")]}, "unmatched_lines", {}),
    "line of nothing": (
        {},
        {"lines": [HAVE, a_line(2, "?")]},
        "unmatched_lines",
        {"lines": [HAVE, a_line(2, "?", cancelled_quantity=1)]},
    ),
    "line called off": ({}, {"lines": [a_line(1, "?")]}, "unmatched_lines", {"lines": [HAVE], "status": "refunded"}),
    "stock": ({}, {"lines": [LACK]}, "stock_short", {"lines": [replace(LACK, quantity=0)]}),
    "stock of what left": ({}, {"lines": [LACK]}, "stock_short", {"lines": [LACK], "status": "shipped"}),
    "stock of what left by line": (
        {},
        {"lines": [LACK, a_line(2, "HAVE")]},
        "stock_short",
        {"lines": [replace(LACK, shipped_quantity=2), a_line(2, "HAVE")]},
    ),
    "stock called off": ({}, {"lines": [LACK]}, "stock_short", {"lines": [LACK], "status": "cancelled"}),
    "asked": ({}, {"cancel_requested": True}, "cancel_requested", {}),
    "asked and done": ({}, {"cancel_requested": True}, "cancel_requested", {"status": "cancelled"}),
    "unable": ({}, {"problems": ("unfulfillable",)}, "unfulfillable", {}),
    "able after all": (
        {},
        {"problems": ("unfulfillable",)},
        "unfulfillable",
        {"status": "shipped", "problems": ("unfulfillable",)},
    ),
    "odd": ({}, {"problems": ("strange_parcel",)}, "channel_problem", {}),
    "back": ({"status": "shipped"}, {"status": "pending"}, "status_conflict", {"status": "shipped"}),
    "back and on": ({"status": "shipped"}, {"status": "pending"}, "status_conflict", {"status": "delivered"}),
}
STAY: dict[str, tuple[Version, Version, str, Version]] = {
    "changed": (
        {"status": "shipped"},
        {"status": "shipped", "lines": [a_line(1, "HAVE", 2)]},
        "changed_after_shipping",
        {"status": "shipped", "lines": [a_line(1, "HAVE", 2)]},
    ),
    "picked": ({"status": "processing"}, {"status": "cancelled"}, "cancelled_while_picked", {"status": "refunded"}),
    "back again": ({"status": "shipped"}, {"status": "pending"}, "status_conflict", {"status": "pending"}),
}


def version(name: str, minute: int, said: Version) -> RemoteOrder:
    return an_order(name, minutes=minute, **{"lines": [HAVE]} | said)


async def test_flags_come_and_go(inbox: Inbox) -> None:
    await inbox.product("HAVE", stock=100)
    await inbox.product("LACK", stock=1)
    lives: dict[str, Any] = LIVES | STAY
    for minute in (0, 1, 3):
        await inbox.take(*(version(name, minute, life[minute]) for name, life in lives.items()))
        raised = {order.channel_order_id: order.flags for order in await inbox.rows(Order)}
        wanted = {name: [life[2]] if minute == 1 and life[2] else [] for name, life in lives.items()}
        if minute == 3:
            wanted |= {name: [life[2]] for name, life in STAY.items()}
        assert raised == wanted
    assert {life[2] for life in lives.values() if life[2]} == set(FLAGS)


async def test_a_line_that_the_channel_takes_away_gives_its_stock_back(inbox: Inbox) -> None:
    await inbox.product("HAVE", stock=3)
    await inbox.take(version("O-1", 0, {}), version("O-2", 0, {}))
    assert await inbox.stock() == [(3, 2)]
    await inbox.take(version("O-1", 1, {"lines": [a_line(2, "?")]}), version("O-2", 1, {"lines": [a_line(2, "HAVE")]}))
    assert await inbox.stock() == [(3, 1)]
