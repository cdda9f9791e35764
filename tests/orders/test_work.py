"""What staff do with orders: matching lines, saying how far they are, looking at flags, notes; and what they read."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from orion import catalog, inventory, orders
from orion.identity import AuditEntry
from orion.inventory import ItemKey, Line
from orion.kernel import Conflict, Forbidden, Invalid, NotFound, OrionError
from orion.notifications import Notification
from orion.orders import Order, OrderFilter, OrderHistory, OrderLine, OrderPayload
from orion.orders.short import retry_short
from orion.plumbing.db import Database
from orion.plumbing.jobs import list_jobs
from orion.plumbing.runtime import Runtime
from orion.webhooks import WebhookEvent
from tests.factories.orders import START, a_line, an_order, make_connection
from tests.factories.stores import enter_as, make_admin, make_store
from tests.orders.inbox import Inbox


async def refused(inbox: Inbox, kind: type[OrionError], verb: Any, *args: Any) -> str:
    with pytest.raises(kind) as caught:
        await inbox.act(verb, *args)
    return caught.value.code


async def test_what_the_channel_sends_itself_is_no_work_and_no_stock_of_ours(inbox: Inbox) -> None:
    await inbox.product("SKU-1", stock=5)
    lines = [a_line(1, "SKU-1", 2), a_line(2, "THEIRS", 1)]
    await inbox.take(an_order(lines=lines, sent_by_channel=True), an_order("O-2", lines=lines[:1]))
    order, ours = await inbox.rows(Order)
    assert (order.sent_by_channel, order.requires_shipping, order.is_fully_digital) == (True, False, False)
    assert await inbox.lines() == [("sku", "none", 0), (None, "none", 0), ("sku", "reserved", 2)]
    assert await inbox.stock() == [(5, 2)]
    for to in ("processing", "ready_for_shipment"):
        assert await refused(inbox, Conflict, orders.advance, inbox.access, order.id, to) == "status_not_reachable"
    counts = await inbox.act(orders.count_orders, inbox.access)
    assert (counts.to_send, counts.by_status["confirmed"]) == (1, 2)
    for wanted, ids in ((False, [ours.id]), (True, [order.id]), (None, [ours.id, order.id])):
        found = await inbox.act(orders.list_orders, inbox.access, OrderFilter(sent_by_channel=wanted))
        assert [each.order.id for each in found.items] == ids

    known = await inbox.product("OTHER", stock=4)
    unknown = next(line for line in await inbox.rows(OrderLine) if line.product_id is None)
    await inbox.act(orders.match_line, inbox.access, unknown.id, known)
    assert await inbox.act(orders.reserve_short, inbox.access.store.id) is None
    sent = [a_line(1, "SKU-1", 2, shipped_quantity=2), a_line(2, "THEIRS", 1, shipped_quantity=1)]
    await inbox.take(an_order(status="shipped", minutes=1, lines=sent, sent_by_channel=True))
    assert (await inbox.order()).status == "shipped"
    assert sorted(await inbox.stock()) == [(4, 0), (5, 2)], "it left from a stock of the channel's own"


async def test_staff_progress_is_not_undone_by_a_channel_that_says_less(inbox: Inbox) -> None:
    await inbox.take(an_order(), an_order("O-2", status="pending"))
    order, pending = await inbox.rows(Order)
    await inbox.act(orders.advance, inbox.access, order.id, "processing", "Anna packs")
    await inbox.act(orders.advance, inbox.access, order.id, "ready_for_shipment")
    await inbox.act(orders.advance, inbox.access, order.id, "ready_for_shipment")
    steps = [
        (e.from_status, e.to_status, e.actor, e.reason) for e in await inbox.rows(OrderHistory) if e.kind == "status"
    ]
    assert steps == [
        ("confirmed", "processing", "user", "Anna packs"),
        ("processing", "ready_for_shipment", "user", None),
    ]
    assert await refused(inbox, Conflict, orders.advance, inbox.access, order.id, "shipped") == "status_not_reachable"
    assert (
        await refused(inbox, Conflict, orders.advance, inbox.access, pending.id, "processing") == "status_not_reachable"
    )
    assert await refused(inbox, Invalid, orders.advance, inbox.access, order.id, "lost") == "unknown_status"
    assert await refused(inbox, NotFound, orders.advance, inbox.access, 10**6, "processing") == "order_not_found"

    await inbox.take(an_order(minutes=1), an_order("O-2", status="pending", minutes=1, cancel_requested=True))
    assert [each.status for each in await inbox.rows(Order)] == ["ready_for_shipment", "pending"]
    assert (await inbox.order("O-2")).flags == ["unmatched_lines", "cancel_requested"]
    await inbox.take(an_order(status="pending", minutes=2))
    assert (await inbox.order()).flags == ["unmatched_lines", "status_conflict"]
    await inbox.act(orders.clear_flag, inbox.access, order.id, "status_conflict")
    await inbox.act(orders.clear_flag, inbox.access, order.id, "unmatched_lines")
    await inbox.act(orders.clear_flag, inbox.access, order.id, "unmatched_lines")
    assert await refused(inbox, Invalid, orders.clear_flag, inbox.access, order.id, "nonsense") == "unknown_flag"
    await inbox.take(an_order(status="pending", minutes=3))
    assert ((await inbox.order()).flags, (await inbox.order()).needs_attention) == ([], False)
    await inbox.take(an_order(status="cancelled", minutes=4))
    assert ((await inbox.order()).status, (await inbox.order()).flags) == ("cancelled", ["cancelled_while_picked"])
    actions = [entry.action for entry in await inbox.rows(AuditEntry) if entry.action.startswith("order.")]
    assert actions == ["order.status", "order.status", "order.cleared", "order.cleared"]


async def test_of_two_who_begin_at_once_the_second_is_told_who_was_quicker(inbox: Inbox) -> None:
    await inbox.take(an_order())
    order = await inbox.order()
    async with inbox.database.transaction() as session:
        anna, bob = [await enter_as(session, inbox.access, "staff") for _ in range(2)]
    done = await asyncio.gather(
        *(inbox.act(orders.advance, who, order.id, "processing", seen="confirmed") for who in (anna, bob)),
        return_exceptions=True,
    )
    (late,) = [each for each in done if each is not None]
    assert isinstance(late, Conflict)
    first = (anna, bob)[done.index(None)].user.username
    assert (late.code, late.detail.startswith(f"{first} said")) == ("order_moved_on", True)
    await inbox.take(an_order(status="cancelled", minutes=1))
    with pytest.raises(Conflict, match="Letzshop said meanwhile that the order is cancelled"):
        await inbox.act(orders.advance, bob, order.id, "ready_for_shipment", seen="processing")


async def test_what_changes_after_shipping_is_flagged_and_a_refund_is_not(inbox: Inbox) -> None:
    await inbox.product("SKU-1", stock=5)
    await inbox.take(an_order(status="shipped", lines=[a_line()]))
    await inbox.take(
        an_order(status="partially_refunded", minutes=1, lines=[a_line(refunded_minor=200)], refunded_minor=200)
    )
    assert ((await inbox.order()).status, (await inbox.order()).flags) == ("partially_refunded", [])
    await inbox.take(an_order("O-2", status="shipped"), an_order("O-3", status="shipped"))
    await inbox.take(
        an_order("O-2", status="shipped", minutes=1, lines=[a_line(quantity=2)]),
        an_order("O-3", status="shipped", minutes=1, lines=[a_line(), a_line(2, "SKU-1")]),
    )
    assert [each.flags for each in await inbox.rows(Order)][1:] == [["changed_after_shipping"]] * 2
    changes = [entry.details for entry in await inbox.rows(OrderHistory) if entry.kind == "changed"]
    assert changes[1] == {"fields": ["subtotal_minor", "total_minor"], "lines": ["L1"]}
    assert changes[2] == {"fields": ["subtotal_minor", "total_minor"], "added": ["L2"]}
    assert await inbox.stock() == [(0, 0)]


async def test_a_match_by_a_person_counts_for_all_lines_alike(inbox: Inbox) -> None:
    unknown = [a_line(1, "THEIRS-1", 2, channel_product_id="B00")]
    await inbox.take(an_order("O-1", lines=unknown), an_order("O-2", lines=unknown), an_order("O-3"))
    product = await inbox.product(stock=10)
    first, second, _ = await inbox.rows(OrderLine)
    matched = await inbox.act(orders.match_line, inbox.access, first.id, product)
    assert matched == 2
    assert await inbox.lines() == [("person", "reserved", 2), ("remembered", "reserved", 2), (None, "none", 0)]
    assert [each.flags for each in await inbox.rows(Order)] == [[], [], ["unmatched_lines"]]
    assert await inbox.stock() == [(10, 4)]
    await inbox.take(an_order("O-4", lines=[a_line(1, None, 1, channel_product_id="B00")]))
    assert (await inbox.lines())[3] == ("remembered", "reserved", 1)

    other = await inbox.product(stock=1)
    await inbox.act(orders.match_line, inbox.access, second.id, other)
    assert (await inbox.lines())[1] == ("person", "short", 1)
    assert await inbox.stock() == [(10, 3), (1, 1)]
    await inbox.act(orders.unmatch_line, inbox.access, second.id)
    assert (await inbox.lines())[1] == (None, "none", 0)
    assert await inbox.stock() == [(10, 3), (1, 0)]
    await inbox.take(an_order("O-1", status="shipped", minutes=1, lines=unknown))
    assert await refused(inbox, Conflict, orders.unmatch_line, inbox.access, first.id) == "line_shipped"
    assert await refused(inbox, NotFound, orders.match_line, inbox.access, first.id, 10**6) == "product_not_found"
    assert await refused(inbox, NotFound, orders.match_line, inbox.access, 10**6, product) == "line_not_found"
    async with inbox.database.reading() as session:
        waiting = await orders.list_unmatched(session, inbox.access, limit=1)
        assert [view.order.channel_order_id for view in waiting.items] == ["O-3"]
        rest = await orders.list_unmatched(session, inbox.access, before=waiting.after[0] if waiting.after else None)
        assert [view.line.id for view in rest.items] == [second.id]


async def test_short_lines_are_tried_again_when_stock_comes_in(inbox: Inbox, runtime: Runtime) -> None:
    product = await inbox.product("SKU-1", stock=1)
    later = await inbox.product("SKU-2")
    lines = [a_line(1, "SKU-1", 2), a_line(2, "SKU-2")]
    await inbox.take(an_order("O-1", lines=lines), an_order("O-2", lines=lines, ordered_at=START - timedelta(days=1)))
    assert [state for _, state, _ in await inbox.lines()] == ["short", "none", "short", "none"]
    room = inventory.stockroom(inbox.access)
    await inbox.act(inventory.add, room, ItemKey(product_id=product), "MAIN", 2)
    await inbox.act(inventory.set_level, room, ItemKey(product_id=later), "MAIN", 1)
    await inbox.act(inventory.remove, room, ItemKey(product_id=product), "MAIN", 1)
    jobs = [job.name for job in await list_jobs(inbox.database)]
    assert "retry_short" in jobs
    await retry_short(runtime, inbox.access.store.id)
    found = {
        line.order_id: (line.stock_state, line.reserved_quantity)
        for line in await inbox.rows(OrderLine)
        if line.sku == "SKU-1"
    }
    oldest = await inbox.order("O-2")
    assert found[oldest.id] == ("reserved", 2)
    assert (await inbox.order("O-1")).flags == ["stock_short"]
    assert sorted(await inbox.stock()) == [(1, 1), (2, 2)]
    told = len(await inbox.rows(WebhookEvent))
    await retry_short(runtime, inbox.access.store.id)
    assert len(await inbox.rows(WebhookEvent)) == told


async def test_what_an_order_holds_goes_with_the_order_alone(inbox: Inbox) -> None:
    product = await inbox.product("SKU-1", stock=10)
    await inbox.take(an_order(lines=[a_line(1, "SKU-1", 2)]))
    room, lines = inventory.stockroom(inbox.access), [Line(ItemKey(product_id=product), 1)]
    verbs: list[Callable[[AsyncSession, str], Awaitable[Any]]] = [
        lambda session, name: inventory.release(session, room, name),
        lambda session, name: inventory.commit_reservation(session, room, name),
        lambda session, name: inventory.extend(session, room, name, None),
        lambda session, name: inventory.reserve(session, room, lines, reference=name),
    ]
    for verb in verbs:
        async with inbox.database.transaction() as session:
            with pytest.raises(Conflict) as caught:
                await verb(session, "order:1")
            assert caught.value.code == "reservation_of_order"
    assert await inbox.lines() == [("sku", "reserved", 2)]
    assert await inbox.stock() == [(10, 2)]


async def test_orders_are_listed_found_and_counted_in_their_own_store_alone(inbox: Inbox) -> None:
    await inbox.product("SKU-1")
    page = [
        an_order(f"O-{n}", status="confirmed" if n % 2 else "shipped", ordered_at=START + timedelta(hours=n // 2))
        for n in range(6)
    ]
    odd = an_order(
        "ODD", lines=[a_line(1, "LAMP-9"), a_line(2, "SKU-1", 3)], buyer_name="Éva", awaits_acknowledgement=True
    )
    await inbox.take(*page, odd)
    async with inbox.database.transaction() as session:
        other = await make_store(session, "OTHER")
        connection = await make_connection(session, other, "amazon")
        await orders.take_in(session, connection, [an_order()], actor="channel:amazon")
        viewer = await enter_as(session, inbox.access, "viewer")
        admin = await make_admin(session)
    names = {order.id: order.channel_order_id for order in await inbox.rows(Order)}

    async def found(**wanted: Any) -> list[str]:
        async with inbox.database.reading() as session:
            listed = await orders.list_orders(session, viewer, OrderFilter(**wanted))
            assert listed.total == len(listed.items)
            return [summary.order.channel_order_id for summary in listed.items]

    assert await found() == ["O-5", "O-4", "O-3", "O-2", "ODD", "O-1", "O-0"]
    assert await found(statuses=["shipped"]) == ["O-4", "O-2", "O-0"]
    assert await found(search="lamp-9") == await found(search="éVA") == await found(flag="unmatched_lines") == ["ODD"]
    assert await found(awaits_acknowledgement=True) == await found(needs_attention=True) == ["ODD"]
    assert await found(search="100%") == await found(channel="amazon") == []
    assert await found(ordered_from=START + timedelta(hours=1), ordered_to=START + timedelta(hours=2)) == ["O-3", "O-2"]
    async with inbox.database.reading() as session:
        first = await orders.list_orders(session, viewer, OrderFilter(), limit=5)
        assert (first.total, first.items[4].title, first.items[4].lines, first.items[4].units) == (7, "Thing 1", 2, 4)
        rest = await orders.list_orders(session, viewer, OrderFilter(), after=first.after, limit=5)
        assert [each.order.channel_order_id for each in rest.items] == ["O-1", "O-0"]
        assert rest.after is None
        counts = await orders.count_orders(session, viewer)
        assert {status: number for status, number in counts.by_status.items() if number} == {
            "confirmed": 4,
            "shipped": 3,
        }
        assert (counts.total, counts.needs_attention, counts.awaits_acknowledgement, counts.unmatched_lines) == (
            7,
            1,
            1,
            1,
        )
        details = await orders.get_order(session, viewer, first.items[4].order.id)
        assert [(view.line.sku, view.product_title, view.open_quantity) for view in details.lines] == [
            ("LAMP-9", None, 1), ("SKU-1", "Thing", 3)
        ]  # fmt: skip
        assert (details.reachable, details.is_partly_shipped) == (("processing", "ready_for_shipment"), False)
        assert await orders.get_payload(session, viewer, details.order.id) == odd.raw
        theirs = next(id_ for id_ in names if id_ not in {each.order.id for each in [*first.items, *rest.items]})
        with pytest.raises(NotFound):
            await orders.get_order(session, viewer, theirs)
        everywhere = await orders.list_all_orders(session, admin, OrderFilter(), limit=3)
        assert (everywhere.total, [each.store_code for each in everywhere.items]) == (8, ["DEMO"] * 3)
        (one,) = (await orders.list_all_orders(session, admin, OrderFilter(), store_id=other.store.id)).items
        assert (await orders.get_order_as_admin(session, admin, one.order.id)).store_code == one.store_code == "OTHER"
        with pytest.raises(Invalid, match="unknown"):
            await orders.list_orders(session, viewer, OrderFilter(flag="unknown"))
    assert await refused(inbox, Forbidden, orders.advance, viewer, details.order.id, "processing") == "role_too_low"

    async with inbox.database.reading() as session:
        told = [
            (note.kind, note.params["count"])
            for note in await session.scalars(sa.select(Notification).order_by(Notification.id))
        ]
    assert told == [
        ("orders_arrived", 4),
        ("order_needs_attention", 1),
        ("orders_arrived", 1),
        ("order_needs_attention", 1),
    ]


async def test_notes_belong_to_who_wrote_them(inbox: Inbox) -> None:
    await inbox.take(an_order())
    order = await inbox.order()
    note = await inbox.act(orders.add_note, inbox.access, order.id, " Ring twice ")
    async with inbox.database.transaction() as session:
        staff = await enter_as(session, inbox.access, "staff")
        details = await orders.get_order(session, staff, order.id)
    assert [(view.text, view.author) for view in details.notes] == [("Ring twice", inbox.access.user.username)]
    assert await refused(inbox, Forbidden, orders.delete_note, staff, note) == "note_of_somebody_else"
    assert await refused(inbox, Invalid, orders.add_note, staff, order.id, "  ") == "note_invalid"
    await inbox.act(orders.delete_note, inbox.access, note)
    assert await refused(inbox, NotFound, orders.delete_note, inbox.access, note) == "note_not_found"


async def test_a_forgotten_buyer_stays_forgotten(inbox: Inbox) -> None:
    await inbox.take(an_order(), an_order("O-2", buyer_reference="somebody-else"))
    assert await inbox.act(orders.forget_buyer, "letzshop", "buyer-7") == 1
    assert await inbox.act(orders.forget_buyer, "letzshop", "buyer-7") == 0
    await inbox.take(an_order(status="shipped", minutes=1))
    order = await inbox.order()
    personal = (order.customer_name, order.customer_email, order.customer_reference, order.shipping_address)
    assert personal == (None, None, None, None)
    assert (order.status, order.total_minor, order.number) == ("shipped", 1490, "#O-1")
    assert order.search_text == "o 1 sku"
    assert (await inbox.rows(OrderPayload))[0].payload == {"forgotten": True}
    assert (await inbox.order("O-2")).customer_name == "Josée Müller"
    assert [entry.kind for entry in await inbox.rows(OrderHistory)].count("forgotten") == 1


async def test_a_product_that_was_ordered_is_unpublished_and_not_deleted(inbox: Inbox) -> None:
    product = await inbox.product("SKU-1")
    await inbox.take(an_order())
    done = await inbox.act(catalog.delete_product, inbox.access, product)
    assert (done.deleted, done.unpublished) == (False, True)
    assert "orders" in done.reason
    assert [line.product_id for line in await inbox.rows(OrderLine)] == [product]
    async with inbox.database.reading() as session:
        listed = await session.get_one(catalog.Product, product)
        assert not listed.is_active


async def test_orders_from_before_the_connection_do_not_take_stock_twice(inbox: Inbox) -> None:
    await inbox.product("SKU-1", stock=5)
    long_ago = inbox.connection.created_at - timedelta(days=3)
    await inbox.take(
        an_order("OLD", status="shipped", ordered_at=long_ago),
        an_order("OPEN", status="confirmed", ordered_at=long_ago),
    )
    assert await inbox.stock() == [(5, 1)]
    await inbox.take(an_order("OLD", status="delivered", minutes=1, ordered_at=long_ago))
    assert await inbox.stock() == [(5, 1)]
    await inbox.take(an_order("OPEN", status="shipped", minutes=1, ordered_at=long_ago))
    assert await inbox.stock() == [(4, 0)]


async def test_two_who_take_and_sell_at_once_never_oversell(inbox: Inbox, database: Database) -> None:
    product = await inbox.product("SKU-1", stock=7)
    async with database.transaction() as session:
        connection = await make_connection(session, inbox.access, "ebay")
    second = Inbox(database, inbox.access, connection)
    room = inventory.stockroom(inbox.access)
    lines = [a_line(1, "SKU-1", 2)]

    async def sell() -> None:
        await inbox.act(inventory.remove, room, ItemKey(product_id=product), "MAIN", 1)

    await asyncio.gather(
        inbox.take(*(an_order(f"A-{n}", lines=lines) for n in range(3))),
        second.take(*(an_order(f"B-{n}", lines=lines) for n in range(3))),
        sell(),
        return_exceptions=True,
    )
    ((on_hand, reserved),) = await inbox.stock()
    held = sum(line.reserved_quantity for line in await inbox.rows(OrderLine))
    assert (on_hand, reserved) in ((6, 6), (7, 7))
    assert held == reserved
