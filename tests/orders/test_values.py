"""Amounts that add up, statuses that follow, flags that are raised once: without a database."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orion.channels import RemoteOrder
from orion.kernel import ORDER_STATUSES
from orion.orders.flags import conditions, weigh
from orion.orders.rows import line_columns, order_columns
from orion.orders.states import BY_CHANNEL, LIVE, SENT, shipped_quantities, told_status, verdict
from tests.factories.orders import START, a_line, an_order

amounts = st.integers(0, 10**9)
prices = st.lists(st.tuples(st.integers(1, 50), st.none() | st.integers(0, 10**7)), min_size=1, max_size=4)


def flags_of(order: RemoteOrder) -> tuple[dict[str, Any], dict[str, Any]]:
    lines = line_columns(order)
    columns = order_columns(order, lines, "", START)
    matched = [line | {"product_id": 1, "stock_state": "none"} for line in lines]
    return columns, conditions(columns | {"status": "confirmed"}, matched)


@given(prices, amounts, amounts, amounts, st.booleans(), st.none() | st.integers(-(10**6), 10**6), st.booleans())
def test_totals_add_up_or_say_by_how_much_they_do_not(
    priced: list[tuple[int, int | None]],
    discount: int,
    shipping: int,
    tax: int,
    included: bool,
    off: int | None,
    known: bool,
) -> None:
    lines = [a_line(number, quantity=quantity, price=price) for number, (quantity, price) in enumerate(priced)]
    items = sum(quantity * (price or 0) for quantity, price in priced)
    whole = items - discount + shipping + (0 if included else tax)
    order = an_order(
        lines=lines,
        discount_minor=discount,
        shipping_minor=shipping,
        tax_minor=tax,
        prices_include_tax=included,
        total_minor=None if off is None else whole + off,
        currency="JPY" if known else "Taler",
    )
    columns, flags = flags_of(order)
    missing = off is None or any(price is None for _, price in priced)
    if not known:
        assert flags == {"currency_unknown": True}
        assert (columns["currency"], columns["total_minor"], columns["total_difference_minor"]) == ("XXX", None, 0)
        return
    assert columns["total_difference_minor"] == (0 if missing else off)
    assert flags == ({"price_missing": True} if missing else {"total_differs": off} if off else {})
    assert columns["total_minor"] == order.total_minor


def test_every_pair_of_statuses_has_a_verdict_and_nothing_sent_comes_back() -> None:
    for (ours, theirs), what in BY_CHANNEL.items():
        assert {ours, theirs} <= set(ORDER_STATUSES)
        assert not (
            what == "take"
            and ours in SENT | {"cancelled", "refunded"}
            and theirs in LIVE - SENT - {"partially_refunded"}
        )
    assert verdict("processing", "confirmed", moved=True) == "keep"
    assert verdict("ready_for_shipment", "confirmed", moved=True) == "keep"
    assert verdict("processing", "pending", moved=True) == "conflict"
    assert verdict("shipped", "cancelled", moved=True) == "conflict"
    assert verdict("shipped", "cancelled", moved=False) == "keep"
    assert verdict("cancelled", "confirmed", moved=True) == "conflict"
    assert verdict("pending", "delivered", moved=True) == "take"


@pytest.mark.parametrize(
    ("status", "sent", "cancelled", "means", "left"),
    [
        ("shipped", (0, 0), (0, 0), "shipped", [2, 2]),
        ("shipped", (2, 0), (0, 0), "processing", [2, 0]),
        ("confirmed", (2, 2), (0, 0), "shipped", [2, 2]),
        ("confirmed", (2, 0), (0, 2), "shipped", [2, 0]),
        ("confirmed", (1, 0), (0, 0), "processing", [1, 0]),
        ("confirmed", (0, 0), (2, 2), "cancelled", [0, 0]),
        ("refunded", (0, 0), (2, 2), "refunded", [0, 0]),
        ("delivered", (0, 0), (0, 1), "delivered", [2, 1]),
        (None, (2, 2), (0, 0), None, [2, 2]),
    ],
)
def test_lines_decide(
    status: str | None, sent: tuple[int, int], cancelled: tuple[int, int], means: str | None, left: list[int]
) -> None:
    lines = [
        replace(a_line(number, quantity=2), shipped_quantity=sent[number], cancelled_quantity=cancelled[number])
        for number in (0, 1)
    ]
    order = an_order(status=status, lines=lines)
    assert told_status(order) == means
    assert list(shipped_quantities(order).values()) == left


def test_a_flag_that_was_looked_at_stays_away_until_it_is_about_something_else() -> None:
    assert weigh({"total_differs": 5}, {}, (), [], []) == (["total_differs"], [])
    assert weigh({"total_differs": 5}, {"total_differs": 5}, (), [], ["total_differs"]) == ([], ["total_differs"])
    assert weigh({"total_differs": 7}, {"total_differs": 5}, (), [], ["total_differs"]) == (["total_differs"], [])
    assert weigh({}, {"total_differs": 5}, (), [], ["total_differs"]) == ([], [])
    assert weigh({}, {"stock_short": ["L1"]}, (), ["stock_short", "status_conflict"], []) == (["status_conflict"], [])
