"""Taking in pages of orders: each version once, the newest wins, lines find their products, stock is held."""

import asyncio

import sqlalchemy as sa

from orion.orders import Order, OrderHistory, OrderLine, OrderPayload
from orion.webhooks import WebhookEvent
from tests.factories.orders import a_line, an_order
from tests.inventory.stocking import gtin
from tests.orders.inbox import Inbox


async def test_an_order_arrives_changes_and_is_read_again(inbox: Inbox) -> None:
    await inbox.product("SKU-1", stock=10)
    first = an_order(lines=[a_line(1, "SKU-1", 2), a_line(2, "nobody-knows")])
    done = await inbox.take(first)
    assert (done.created, done.updated, done.unchanged, done.stale, done.refused) == (1, 0, 0, 0, ())
    order = await inbox.order()
    assert done.order_ids == (order.id,)
    assert (order.status, order.raw_status, order.number) == ("confirmed", "confirmed", "#O-1")
    assert (order.subtotal_minor, order.total_minor, order.total_difference_minor, order.currency) == (
        3000,
        3490,
        0,
        "EUR",
    )
    assert (order.flags, order.needs_attention) == (["unmatched_lines"], True)
    assert order.confirmed_at == first.updated_at
    assert (order.requires_shipping, order.is_fully_digital) == (True, False)
    assert order.shipping_address == {
        "name": "Josée Müller", "street": ["1, rue du Pont"], "city": "Luxembourg", "country": "LU"
    }  # fmt: skip
    assert await inbox.lines() == [("sku", "reserved", 2), (None, "none", 0)]
    assert await inbox.stock() == [(10, 2)]
    assert (await inbox.rows(OrderPayload))[0].payload == first.raw
    happened = [("created", "confirmed", "channel:letzshop"), ("flagged", None, "system")]
    assert await inbox.happenings() == happened
    told = [event.type for event in await inbox.rows(WebhookEvent)]
    assert told.count("order.created") == 1

    again = await inbox.take(first, first)
    assert (again.created, again.updated, again.unchanged, again.stale) == (0, 0, 1, 0)
    assert (await inbox.order()).last_synced_at == order.last_synced_at
    assert [event.type for event in await inbox.rows(WebhookEvent)] == told

    shipped = an_order(status="shipped", minutes=9, lines=first.lines)
    old = an_order(status="processing", minutes=5, lines=first.lines)
    done = await inbox.take(old, shipped, old)
    assert (done.created, done.updated, done.stale) == (0, 1, 0)
    stale = await inbox.take(old)
    assert (stale.updated, stale.stale) == (0, 1)
    order = await inbox.order()
    assert (order.status, order.shipped_at, order.confirmed_at) == ("shipped", shipped.updated_at, first.updated_at)
    assert await inbox.lines() == [("sku", "deducted", 0), (None, "none", 0)]
    assert await inbox.stock() == [(8, 0)]
    happened += [("status", "shipped", "channel:letzshop"), ("changed", None, "channel:letzshop")]
    assert await inbox.happenings() == happened


async def test_stock_is_held_by_the_oldest_order_first_and_never_twice(inbox: Inbox) -> None:
    await inbox.product("SKU-1", stock=3)
    two = [a_line(1, "SKU-1", 2)]
    await inbox.take(an_order("O-1", lines=two), an_order("O-2", lines=two))
    assert await inbox.lines() == [("sku", "reserved", 2), ("sku", "short", 1)]
    assert (await inbox.order("O-2")).flags == ["stock_short"]
    assert await inbox.stock() == [(3, 3)]
    await inbox.take(an_order("O-1", status="cancelled", minutes=1, lines=two))
    assert await inbox.lines() == [("sku", "released", 0), ("sku", "short", 1)]
    await inbox.take(an_order("O-2", minutes=1, lines=two))
    assert await inbox.lines() == [("sku", "released", 0), ("sku", "reserved", 2)]
    assert (await inbox.order("O-2")).flags == []
    assert await inbox.stock() == [(3, 2)]
    partly = [a_line(1, "SKU-1", 2, shipped_quantity=1)]
    await inbox.take(an_order("O-2", status="shipped", minutes=2, lines=partly))
    assert ((await inbox.order("O-2")).status, await inbox.stock()) == ("processing", [(2, 1)])
    await inbox.take(an_order("O-2", status="cancelled", minutes=3, lines=partly))
    order = await inbox.order("O-2")
    assert (order.status, order.flags) == ("cancelled", ["cancelled_while_picked"])
    assert await inbox.stock() == [(2, 0)]


async def test_lines_find_their_products(inbox: Inbox) -> None:
    by_sku = await inbox.product("SKU-1", marketplace_product_id="M-1")
    by_id = await inbox.product(marketplace_product_id="M-2")
    by_feed = await inbox.product(marketplace_product_id="M-3", marketplace="Amazon")
    await inbox.product("SKU-9", marketplace_product_id="M-9", marketplace="Amazon")
    for marketplace in ("Amazon", "eBay"):
        await inbox.product(marketplace_product_id="M-10", marketplace=marketplace)
    by_gtin = await inbox.product(gtin=gtin(4))
    for number in (5, 5):
        await inbox.product(gtin=gtin(number))
    await inbox.product(gtin=gtin(6), multipack=6)
    lines = [
        a_line(1, "SKU-1", gtin=gtin(4)),
        a_line(2, "M-2"),
        a_line(3, None, channel_product_id="M-2"),
        a_line(4, "M-3"),
        a_line(5, None, gtin=gtin(4).removeprefix("0")),
        a_line(6, None, gtin=gtin(5)),
        a_line(7, None, gtin=gtin(6)),
        a_line(8, None, gtin="4006381333932"),
        a_line(9, "M-9"),
        a_line(10, "M-10"),
    ]
    await inbox.take(an_order(lines=lines))
    found = [(line.product_id, line.matched_by) for line in await inbox.rows(OrderLine)]
    assert found == [
        (by_sku, "sku"), (by_id, "marketplace_id"), (by_id, "marketplace_id"), (by_feed, "sku"), (by_gtin, "gtin"),
        (None, None), (None, None), (None, None), (None, None), (None, None),
    ]  # fmt: skip


async def test_pages_of_several_workers_are_each_taken_once(inbox: Inbox) -> None:
    await inbox.product("SKU-1", stock=1000)
    pages = [[an_order(f"O-{n}", minutes=late) for n in range(first, first + 6)] for first in (0, 3) for late in (0, 1)]
    done = await asyncio.gather(*(inbox.take(*page) for page in pages))
    assert sum(each.created for each in done) == 9
    stored = await inbox.rows(Order)
    newest = {order.channel_order_id: order for page in pages for order in page if order.raw["minutes"] == 1}
    assert {order.channel_order_id: order.remote_updated_at for order in stored} == {
        name: order.updated_at for name, order in newest.items()
    }
    assert await inbox.stock() == [(1000, 9)]


async def test_one_bad_order_does_not_sink_the_page(inbox: Inbox) -> None:
    bad = [
        an_order(" "),
        an_order("O-2", lines=[a_line(quantity=-1)]),
        an_order("O-3", total_minor=2**70),
        an_order("O-4", updated_at=an_order().updated_at.replace(tzinfo=None)),
    ]
    odd = an_order(
        "O-5" * 200,
        buyer_name="A\0B",
        raw={"id": "a\0b", "said": "\\u0000"},
        lines=[a_line(1), a_line(1)],
        currency="EURO",
    )
    done = await inbox.take(*bad, odd, an_order("O-6", raw_status="Wunderlich", status=None))
    assert (done.created, [name for name, _ in done.refused]) == (2, [" ", "O-2", "O-3", "O-4"])
    assert done.refused[1][1] == "the quantity of line 1 is -1"
    first, second = await inbox.rows(Order)
    assert (len(first.channel_order_id), first.customer_name) == (233, "AB")
    assert (first.currency, first.total_minor, first.shipping_minor) == ("XXX", None, 0)
    assert first.flags == ["currency_unknown", "unmatched_lines"]
    assert (second.status, second.raw_status, second.flags) == (
        "pending", "Wunderlich", ["unknown_status", "unmatched_lines"]
    )  # fmt: skip
    assert [line.channel_line_id for line in await inbox.rows(OrderLine)] == ["L1", "L1#2", "L1"]
    assert (await inbox.rows(OrderPayload))[0].payload == {"id": "a\ufffdb", "said": "\\u0000"}


async def test_what_one_answer_does_not_say_stays(inbox: Inbox) -> None:
    await inbox.product("SKU-1")
    pending = an_order(status="pending", currency="", total_minor=None, lines=[a_line(price=None)])
    await inbox.take(pending)
    assert ((await inbox.order()).currency, (await inbox.order()).flags) == ("XXX", [])
    await inbox.take(an_order(status="partially_refunded", minutes=1, refunded_minor=300, problems=("strange_parcel",)))
    order = await inbox.order()
    assert (order.currency, order.refunded_minor, order.flags) == ("EUR", 300, ["channel_problem"])
    flagged = [entry.details for entry in await inbox.rows(OrderHistory) if entry.kind == "flagged"]
    assert flagged == [{"flags": ["channel_problem"], "problems": ["strange_parcel"]}]
    await inbox.take(an_order(status="shipped", minutes=1, refunded_minor=None))
    order = await inbox.order()
    assert (order.status, order.refunded_minor, order.flags) == ("partially_refunded", 300, [])


async def test_a_page_takes_as_many_statements_for_two_orders_as_for_twenty(inbox: Inbox) -> None:
    for number in range(4):
        await inbox.product(f"SKU-{number}", stock=50)
    counted: list[str] = []

    def count(*args: object) -> None:
        counted.append(str(args[2]).split()[0])

    sa.event.listen(inbox.database.engine.sync_engine, "before_cursor_execute", count)
    try:
        numbers = []
        for size in (2, 20):
            names = [f"O-{size}-{number}" for number in range(size)]
            lines = [a_line(1, "SKU-1"), a_line(2, "SKU-2"), a_line(3, "?", gtin=gtin(1))]
            for change in ({}, {"minutes": 1, "status": "shipped"}, {"minutes": 1, "status": "shipped"}):
                counted.clear()
                await inbox.take(*(an_order(name, lines=lines, **change) for name in names))
                numbers.append(len(counted))
    finally:
        sa.event.remove(inbox.database.engine.sync_engine, "before_cursor_execute", count)
    new, shipped, unchanged, *larger = numbers
    assert larger == [new, shipped, unchanged]
    assert (new <= 45, shipped <= 45, unchanged <= 3) == (True, True, True), numbers
