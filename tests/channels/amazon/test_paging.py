"""Pages of orders and refunds, on good days and bad ones, and within limits."""

from datetime import UTC, datetime, timedelta

import pytest

from orion.channels import (
    MANIFESTS,
    ChannelUnavailable,
    CredentialsRefused,
    OrderPage,
    Refused,
    ScopeMissing,
    SlowDown,
    Unreadable,
    Window,
)
from orion.channels.adapters.amazon import AmazonSeller
from orion.plumbing.runtime import Runtime
from orion.simulators.amazon import Amazon
from orion.simulators.kit import Fault
from tests.channels.amazon.samples import (
    LONG_AGO,
    SETTINGS,
    given,
    ids_of,
    read_all,
    recently,
)
from tests.channels.conftest import Connect

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@only_sqlite
async def test_pages_and_windows(amazon: AmazonSeller, seller: Amazon) -> None:
    ids = seller.place_orders(250)
    pages = await read_all(amazon, recently())
    assert [len(page.orders) for page in pages] == [100, 100, 50, 0], "refunds come last"
    assert ids_of(pages) == ids, "order 101 is read"
    assert len({page.watermark for page in pages[:3]}) == 1
    assert (seller.calls["searchOrders"], seller.calls["listTransactions"], seller.calls["getOrder"]) == (3, 1, 0)
    for order, told in zip([order for page in pages for order in page.orders], seller.truth(), strict=True):
        assert (order.raw_status, order.total_minor, order.currency) == (
            told["status"],
            told["total_minor"],
            told["currency"].replace("XXX", ""),
        )
        assert [(line.channel_line_id, line.sku, line.quantity, line.total_minor) for line in order.lines] == [
            (line["id"], line["sku"], line["quantity"], line["total_minor"]) for line in told["lines"]
        ]
        if order.status != "pending":  # prices come with the payment
            assert order.total_minor == (order.subtotal_minor or 0) + order.shipping_minor - order.discount_minor

    start = datetime(2026, 5, 1, tzinfo=UTC)
    for place, order_id in enumerate(ids):
        seller.change_order(order_id, {"lastUpdatedTime": (start + timedelta(minutes=place)).isoformat()})
    window = Window(start + timedelta(minutes=10), start + timedelta(minutes=30))
    [page, _] = await read_all(amazon, window)
    assert ids_of([page]) == ids[10:30], "from the first of the window, up to its end"
    assert page.watermark == window.until
    page, *_ = await read_all(amazon, Window(start + timedelta(minutes=240), datetime.now(UTC)))
    assert ids_of([page]) == ids[240:], "an end that is too near for Amazon is left to it"
    assert ids_of(await read_all(amazon, Window(until=start))) == []

    first = await amazon.orders_page(LONG_AGO)
    seller.shape({"expire_pagination": True})
    again = await amazon.orders_page(LONG_AGO, first.cursor)
    assert ids_of([again]) == ids[:100], "a token that has ended: the window from its start"
    with pytest.raises(Refused, match="none of ours"):
        await amazon.orders_page(LONG_AGO, "no cursor")

    seller.faults.add(Fault("duplicated_page", "searchOrders"))
    assert set(ids_of(await read_all(amazon, LONG_AGO))) == set(ids)
    seller.faults.add(Fault("page_drift", "searchOrders"))
    pages = await read_all(amazon, LONG_AGO)
    assert pages[0].watermark is not None
    later = await read_all(amazon, Window(since=pages[0].watermark))
    assert set(ids_of(pages)) != set(ids), "it moved behind what was asked for"
    assert set(ids_of(pages)) | set(ids_of(later)) == set(ids), "and the next window has it"
    assert seller.faults.struck == {"duplicated_page": 1, "page_drift": 1}


@only_sqlite
async def test_refunds(amazon: AmazonSeller, seller: Amazon) -> None:
    gone, part, kept = (seller.put_order(given(orderId=f"302-000000{number}-0000000")) for number in (1, 2, 3))
    for order_id in (gone, part, kept):
        seller.change_order(order_id, {"status": "SHIPPED", "lastUpdatedTime": "2026-05-02T08:00:00Z"})
    seller.change_order(gone, {"refund": "30.00"})
    seller.change_order(gone, {"refund": "8.98"})
    seller.change_order(part, {"refund": "0.10"})
    window = recently(hours=2)
    pages = await read_all(amazon, window)
    found = {order.channel_order_id: order for page in pages for order in page.orders}
    assert {order_id: (order.status, order.raw_status, order.refunded_minor) for order_id, order in found.items()} == {
        gone: ("refunded", "SHIPPED/REFUNDED", 3898),
        part: ("partially_refunded", "SHIPPED/PARTIALLY_REFUNDED", 10),
    }, "although none of them changed, without Amazon's fees"
    seller.change_order(part, {"refund": "2.00", "refund_status": "DEFERRED"})
    for expected in (210, 210):
        waiting = await amazon.order(part)
        assert waiting is not None
        assert (waiting.status, waiting.refunded_minor) == ("partially_refunded", expected), "released, it counts once"
        seller.change_order(part, {"release": True})
    untouched = await amazon.order(kept)
    assert untouched is not None
    assert (untouched.status, untouched.refunded_minor) == ("shipped", 0)
    seller.change_order(kept, {"status": "CANCELLED"})
    seller.change_order(kept, {"refund": "5.00"})
    cancelled = await amazon.order(kept)
    assert cancelled is not None
    assert (cancelled.status, cancelled.raw_status, cancelled.refunded_minor) == ("cancelled", "CANCELLED", 500)
    many = [seller.put_order(given(orderId=f"303-00000{number:02}-0000000")) for number in range(25)]
    for order_id in many:
        seller.change_order(order_id, {"status": "SHIPPED", "lastUpdatedTime": "2026-05-02T08:00:00Z"})
        seller.change_order(order_id, {"refund": "1.00"})
    pages = await read_all(amazon, window)
    assert sum(len(page.orders) for page in pages[1:]) == 28
    assert max(len(page.orders) for page in pages[1:]) == 20
    order = seller.book.entries[gone]["order"]
    seller.keep({**order, "orderItems": None}, at=datetime.fromisoformat(order["lastUpdatedTime"]))
    pages = await read_all(amazon, window)
    assert len(ids_of(pages[1:])) == 27, "one that cannot be read sinks none"
    assert [(item.channel_id, item.problem) for page in pages for item in page.malformed] == [
        (gone, "getOrder: orderItems is missing")
    ]
    since = datetime.now(UTC) - timedelta(days=700)
    assert len(await read_all(amazon, Window(since=since))) > 4, "stretches of less than 180 days"
    seller.shape({"tax_percent": 20})
    (taxed,) = seller.place_orders(1)
    seller.change_order(taxed, {"status": "SHIPPED"})
    total = seller.book.entries[taxed]["order"]["proceeds"]["grandTotal"]["amount"]
    seller.change_order(taxed, {"refund": total})
    back = await amazon.order(taxed)
    assert back is not None
    assert (back.status, back.refunded_minor) == ("refunded", back.total_minor), "with the tax that Amazon had withheld"


@only_sqlite
async def test_bad_days_of_reading(amazon: AmazonSeller, seller: Amazon) -> None:
    ids = seller.place_orders(3)
    seller.change_order(ids[0], {"status": "CANCELLED"})

    async def after(*faults: Fault) -> OrderPage:
        for fault in faults:
            seller.faults.add(fault)
        return await amazon.orders_page(recently())

    for kind in ("unavailable", "timeout", "lost_reply", "token_expired"):
        page = await after(Fault(kind, "searchOrders"))  # type: ignore[arg-type] # of KINDS
        assert sorted(ids_of([page])) == sorted(ids), f"{kind}: asked again"
    assert seller.calls["token"] == 2, "one at the start, one when it was not taken any more"
    with pytest.raises(ChannelUnavailable):
        await after(Fault("unavailable", "searchOrders", times=3))
    with pytest.raises(Unreadable):
        await after(Fault("html", "searchOrders"))
    with pytest.raises(CredentialsRefused, match="expired"):
        await after(Fault("token_expired", "searchOrders", times=2))
    page = await after(Fault("late_status", "searchOrders"))
    assert len(page.orders) == 4
    assert page.orders[-1].updated_at < max(order.updated_at for order in page.orders[:-1])
    page = await after(Fault("unknown_status", "searchOrders"))
    assert [(order.raw_status, order.status) for order in page.orders if order.status is None] == [
        ("AWAITING_CUSTOMS", None)
    ]
    problems = []
    for _ in range(3):
        page = await after(Fault("malformed_item", "searchOrders"))
        assert len(page.orders) == 2
        problems += [(item.channel_id, item.problem) for item in page.malformed]
    assert [problem for _, problem in problems] == [
        "lastUpdatedTime is 'the day before yesterday'",
        "orderItems is missing",
        "createdTime is missing",
    ]
    assert {order_id for order_id, _ in problems} <= set(ids)
    seller.shape({"roles": False})
    with pytest.raises(ScopeMissing, match="lacks the role"):
        await amazon.orders_page(recently())
    seller.shape({"roles": True, "grant": False})
    with pytest.raises(CredentialsRefused) as refused:
        await amazon.orders_page(recently())
    assert refused.value.code == "grant_ended"
    assert refused.value.retryable is False


@only_sqlite
async def test_limits(connect: Connect, simulated: Runtime, seller: Amazon) -> None:
    simulated.settings.simulator_rate_factor = 1
    amazon = await connect("amazon", **SETTINGS)
    seller.limited = True
    assert len([await amazon.orders_page(recently()) for _ in range(20)]) == 20
    with pytest.raises(SlowDown) as spent:
        await amazon.orders_page(recently())
    assert (spent.value.code, seller.calls["searchOrders"]) == ("budget_spent", 20), "Amazon is not even asked"
    assert 150 < (spent.value.retry_after or 0) < 180
    impatient = await connect("amazon", **SETTINGS)
    with pytest.raises(SlowDown) as slow:
        await impatient.orders_page(recently())
    assert (slow.value.code, seller.calls["searchOrders"]) == ("rate_limited", 21), "Amazon counts by seller"
    assert (slow.value.retry_after or 0) > 170, "it does not say for how long: as long as one call takes"
    rates = MANIFESTS["amazon"].rates
    assert {name: (rates[name].per_second, rates[name].burst) for name in rates} == dict(Amazon.rates)
