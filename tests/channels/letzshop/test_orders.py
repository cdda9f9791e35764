"""Letzshop's orders, over HTTP with the simulator: exact values, on good days and bad ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orion.channels import (
    MANIFESTS,
    ChannelUnavailable,
    CredentialsRefused,
    MalformedItem,
    OrderPage,
    Refused,
    RemoteAddress,
    RemoteLine,
    RemoteOrder,
    ScopeMissing,
    SlowDown,
    Unreadable,
    Window,
    capabilities_of,
)
from orion.channels.adapters.letzshop import LetzshopOrders
from orion.simulators.kit import Fault
from orion.simulators.letzshop import Letzshop
from tests.channels.conftest import Connect
from tests.channels.letzshop.samples import given, item

only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EVERYTHING = Window()


async def _read(adapter: Any, window: Window = EVERYTHING) -> list[OrderPage]:
    pages = [await adapter.orders_page(window)]
    while pages[-1].cursor:
        assert len(pages) < 50
        pages.append(await adapter.orders_page(window, pages[-1].cursor))
    return pages


def _ids(pages: list[OrderPage]) -> list[str]:
    return [order.channel_order_id for page in pages for order in page.orders]


async def test_an_order_is_read_exactly(letzshop: LetzshopOrders, shop: Letzshop) -> None:
    shop.put_order(given())
    assert await letzshop.check() == "Letzshop lets us read orders."
    page = await letzshop.orders_page(EVERYTHING)
    [order] = page.orders
    assert order == RemoteOrder(
        channel_order_id="ord_1",
        number="L1",
        raw_status="PAID",
        status="confirmed",
        ordered_at=datetime(2026, 5, 1, 8, tzinfo=UTC),
        updated_at=datetime(2026, 5, 2, 8, tzinfo=UTC),
        currency="EUR",
        lines=(
            _line("prd_MUG", "MUG", 2, 1250, 2500),
            _line("prd_MUG-2", "MUG", 1, 1250, 1250, product="prd_MUG"),
            _line("prd_CAP", "CAP", 1, 999, 999),
        ),
        raw=shop.orders.entries["ord_1"],
        buyer_name="Anne Weber",
        buyer_email="anne@example.org",
        buyer_phone="+352 1",
        shipping_address=RemoteAddress(
            name="Anne Weber",
            street=("1, Grand-Rue", "2nd floor"),
            postal_code="1611",
            city="Luxembourg",
            country="LU",
            phone="+352 1",
        ),
        subtotal_minor=4749,
        shipping_minor=590,
        tax_minor=776,
        total_minor=5339,
        prices_include_tax=True,
    )
    assert (page.malformed, page.cursor, page.watermark) == ([], None, order.updated_at)
    assert await letzshop.order("ord_1") == order
    assert await letzshop.order("ord_2") is None


def _line(line_id: str, sku: str, quantity: int, price: int, total: int, product: str | None = None) -> RemoteLine:
    return RemoteLine(
        channel_line_id=line_id,
        title=sku.title(),
        quantity=quantity,
        sku=sku,
        channel_product_id=product or line_id,
        unit_price_minor=price,
        subtotal_minor=total,
        total_minor=total,
    )


@only_sqlite
async def test_statuses_amounts_and_currencies(letzshop: LetzshopOrders, shop: Letzshop) -> None:
    async def told(**changes: Any) -> RemoteOrder:
        shop.put_order(given(**changes))
        order = await letzshop.order("ord_1")
        assert order is not None
        return order

    statuses = {
        "PENDING": "pending", "PAID": "confirmed", "PROCESSING": "processing", "SHIPPED": "shipped",
        "DELIVERED": "delivered", "CANCELLED": "cancelled", "REFUNDED": "refunded", "ON_HOLD": None, "paid": None,
    }  # fmt: skip
    found = {raw: await told(status=raw) for raw in statuses}
    assert {raw: order.status for raw, order in found.items()} == statuses
    assert [order.raw_status for order in found.values()] == list(statuses)
    lines = {raw: order.lines[0] for raw, order in found.items()}
    assert [lines[raw].shipped_quantity for raw in ("PAID", "SHIPPED", "DELIVERED", "CANCELLED")] == [0, 2, 2, 0]
    assert [lines[raw].cancelled_quantity for raw in ("PAID", "SHIPPED", "CANCELLED")] == [0, 0, 2]
    assert (found["REFUNDED"].refunded_minor, lines["REFUNDED"].refunded_minor) == (5339, 2500)

    def totals(currency: Any, total: str, tax: str = "0", subtotal: str = "0") -> dict[str, str]:
        return {"subtotal": subtotal, "shipping": "0", "tax": tax, "total": total, "currency": currency}

    yen = await told(totals=totals("JPY", "1200"), items=[item("MUG", 1, "1200", "1200")])
    assert (yen.total_minor, yen.lines[0].unit_price_minor) == (1200, 1200)
    dinar = await told(totals=totals("KWD", "1.234"), items=[item("MUG", 1, "1.234", "1.234")])
    assert (dinar.total_minor, dinar.lines[0].unit_price_minor) == (1234, 1234)
    odd = await told(totals=totals("XQQ", "1.00"))
    assert (odd.currency, odd.problems) == ("XQQ", ("currency_unknown",))
    on_top = await told(totals=totals("EUR", "11.70", "1.70", "10.00"))
    assert (on_top.prices_include_tax, on_top.tax_minor) == (False, 170)
    untaxed = await told(totals=totals("EUR", "10.00", "0.00", "10.00"))
    assert untaxed.prices_include_tax is True

    shop.shape({"amounts": "number"})
    many = await told(items=[item("MUG", 3, "0.1", "0.30"), item("CAP", 1, "1.005", "1.005")])
    assert [(line.unit_price_minor, line.total_minor) for line in many.lines] == [(10, 30), (100, 100)]
    assert many.raw["items"][0]["unitPrice"] == "0.1", "as it was written, and no float"
    entry = shop.orders.entries["ord_1"]
    nothing = {"product": None, "quantity": 1, "unitPrice": "1.00", "totalPrice": None}
    shop.orders.put({**entry, "customer": None, "shippingAddress": None, "orderNumber": None, "items": [nothing]})
    bare = await letzshop.order("ord_1")
    assert bare is not None
    assert (bare.number, bare.buyer_name, bare.buyer_email, bare.shipping_address) == ("ord_1", None, None, None)
    assert [(line.channel_line_id, line.title, line.sku, line.total_minor) for line in bare.lines] == [
        ("line-1", "line-1", None, 100)
    ]
    shop.orders.put({**entry, "items": [{**entry["items"][0], "unitPrice": None}]})
    unpriced = await letzshop.order("ord_1")
    assert unpriced is not None
    assert (unpriced.problems, unpriced.lines[0].unit_price_minor) == (("price_missing",), None)


@only_sqlite
async def test_pages_and_windows(letzshop: LetzshopOrders, shop: Letzshop) -> None:
    ids = shop.place_orders(250)
    pages = await _read(letzshop)
    assert [len(page.orders) for page in pages] == [100, 100, 50]
    assert _ids(pages) == ids, "order 101 is read"
    stamps = [order.updated_at for page in pages for order in page.orders]
    assert [page.watermark for page in pages] == [stamps[99], stamps[199], stamps[249]]
    for order, told in zip([order for page in pages for order in page.orders], shop.truth(), strict=True):
        assert (order.raw_status, order.total_minor) == (told["status"], told["total_minor"])
        assert [(line.sku, line.quantity, line.total_minor) for line in order.lines] == [
            (line["sku"], line["quantity"], line["total_minor"]) for line in told["lines"]
        ]

    shop.calls.clear()
    pages = await _read(letzshop, Window(stamps[10], stamps[30]))
    assert _ids(pages) == ids[10:30], "from the first of the window, up to its end"
    assert shop.calls["orders"] == 2, "and no further than the first page behind it"
    assert pages[0].watermark == stamps[30]
    assert _ids(await _read(letzshop, Window(since=stamps[-1] + timedelta(seconds=1)))) == []
    [empty] = await _read(letzshop, Window(until=stamps[0]))
    assert (empty.orders, empty.cursor) == ([], None)

    for kind in ("duplicated_page", "page_drift"):
        shop.faults.add(Fault(kind, "orders"))  # type: ignore[arg-type] # of KINDS
        assert set(_ids(await _read(letzshop))) == set(ids), "nothing is missed"
    assert shop.faults.struck == {"duplicated_page": 1, "page_drift": 1}


@only_sqlite
async def test_one_bad_entry_never_sinks_a_page(letzshop: LetzshopOrders, shop: Letzshop) -> None:
    good = shop.put_order(given())
    entry = shop.orders.entries[good]
    broken: dict[str, tuple[dict[str, Any], str]] = {
        "b01": ({"updatedAt": "soon"}, "updatedAt is 'soon'"),
        "b02": ({"createdAt": "2026-05-01T10:00:00"}, "createdAt has no offset: '2026-05-01T10:00:00'"),
        "b03": ({"status": None}, "status is missing"),
        "b04": ({"totals": None}, "totals is missing"),
        "b05": ({"totals": entry["totals"] | {"currency": None}}, "currency is missing"),
        "b06": ({"totals": entry["totals"] | {"total": "12,50"}}, "total is '12,50'"),
        "b07": ({"totals": entry["totals"] | {"total": "1e99"}}, "total is '1e99'"),
        "b08": ({"totals": entry["totals"] | {"total": "NaN"}}, "total is 'NaN'"),
        "b09": ({"items": None}, "items is missing"),
        "b10": ({"items": [None]}, "items is a list"),
        "b11": ({"items": [item("MUG", -1, "1", "1")]}, "quantity is -1"),
        "b12": ({"items": [item("MUG", 1, "free", "1")]}, "unitPrice is 'free'"),
        "b13": ({"createdAt": "0001-01-01T00:00:00+01:00"}, "createdAt is '0001-01-01T00:00:00+01:00'"),
    }
    for place, (changes, _) in broken.items():
        shop.orders.put({**entry, "id": place} | ({"updatedAt": entry["updatedAt"]} | changes))
    page = await letzshop.orders_page(EVERYTHING)
    assert [order.channel_order_id for order in page.orders] == [good]
    assert {item.channel_id: item.problem for item in page.malformed} == {
        place: problem for place, (_, problem) in broken.items()
    }
    assert all(isinstance(item, MalformedItem) and item.raw["id"] == item.channel_id for item in page.malformed)
    with pytest.raises(Unreadable, match="order: status is missing"):
        await letzshop.order("b03")


@only_sqlite
async def test_bad_days_of_reading(letzshop: LetzshopOrders, shop: Letzshop, connect: Connect) -> None:
    ids = shop.place_orders(3)
    shop.change_order(ids[0], {"status": "CANCELLED"})

    async def after(*faults: Fault) -> OrderPage:
        for fault in faults:
            shop.faults.add(fault)
        return await letzshop.orders_page(EVERYTHING)

    for kind in ("unavailable", "timeout", "lost_reply"):
        page = await after(Fault(kind, "orders"))  # type: ignore[arg-type] # of KINDS
        assert sorted(_ids([page])) == ids, f"{kind}: asked again"
    with pytest.raises(ChannelUnavailable):
        await after(Fault("unavailable", "orders", times=3))
    with pytest.raises(Unreadable):
        await after(Fault("html", "orders"))
    with pytest.raises(CredentialsRefused):
        await after(Fault("token_expired", "orders"))
    page = await after(Fault("late_status", "orders"))
    assert [(order.channel_order_id, order.status) for order in page.orders if order.channel_order_id == ids[0]] == [
        (ids[0], "cancelled"),
        (ids[0], page.orders[-1].status),
    ]
    assert page.orders[-1].updated_at < page.orders[-2].updated_at == page.watermark
    page = await after(Fault("unknown_status", "orders"))
    assert [(order.raw_status, order.status) for order in page.orders][-1] == ("AWAITING_CUSTOMS", None)
    page = await after(Fault("malformed_item", "orders"))
    assert (len(page.orders), [item.channel_id for item in page.malformed]) == (2, [page.malformed[0].raw["id"]])
    shop.faults.add(Fault("clock_skew", times=None))
    [late] = shop.place_orders(1)
    page = await letzshop.orders_page(EVERYTHING)
    assert (page.orders[-1].channel_order_id, page.watermark) == (late, page.orders[-1].updated_at)
    assert page.orders[-1].updated_at > datetime.now(UTC) + timedelta(minutes=9)

    shop.faults.clear()
    with pytest.raises(SlowDown) as slow:
        await after(Fault("rate_limited", "orders"))
    assert slow.value.retry_after is not None
    stranger = await connect("letzshop", credentials={"api_key": "wrong"})
    with pytest.raises(CredentialsRefused):
        await stranger.check()


@only_sqlite
async def test_graphql_errors_with_http_200(shop: Letzshop, connect: Connect) -> None:
    shop.shape({"errors": "graphql"})
    stranger = await connect("letzshop", credentials={"api_key": "wrong"})
    with pytest.raises(CredentialsRefused, match="Invalid API key"):
        await stranger.orders_page(EVERYTHING)
    letzshop = await connect("letzshop")
    shop.faults.add(Fault("token_expired", "order"))
    with pytest.raises(CredentialsRefused):
        await letzshop.order("ord_1")
    with pytest.raises(Refused) as refused:
        await letzshop.orders_page(EVERYTHING, "no cursor of theirs")
    assert refused.value.field_errors == (("orders", "the cursor 'no cursor of theirs' is none of ours"),)
    assert not refused.value.retryable
    shop.faults.add(Fault("rate_limited", "orders"))
    with pytest.raises(SlowDown) as slow:
        await letzshop.orders_page(EVERYTHING)
    assert slow.value.retry_after == 1.0


def test_what_letzshop_can_do() -> None:
    manifest = MANIFESTS["letzshop"]
    assert manifest.capabilities == ("orders_in", "acknowledge", "fulfillment_out", "inventory_out")
    assert manifest.capabilities_for({}) == capabilities_of(LetzshopOrders)
    assert capabilities_of(LetzshopOrders) == ("orders_in", "fulfillment_out", "inventory_out")
    assert manifest.hosts == {"live": {"api": "https://letzshop.lu"}}
    assert ScopeMissing.retryable is False
