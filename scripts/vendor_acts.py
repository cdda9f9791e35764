"""Everything that adapters can do, once each, for `scripts.vendor_check`."""

import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from orion import channels, identity, merchants
from orion.main.migrate import migrate
from orion.main.process import running
from orion.plumbing.observability import configure_logging
from orion.plumbing.runtime import Runtime
from orion.plumbing.sealing import place_of, seal
from orion.plumbing.settings import Settings
from orion.simulators.amazon import Amazon
from orion.simulators.ebay import Ebay
from orion.simulators.kit import Simulator

SETTINGS: dict[str, list[dict[str, Any]]] = {
    "letzshop": [{"dialect": "orders"}, {"dialect": "shipments"}],
    "amazon": [{"region": "eu", "marketplace_ids": ["A1PA6795UKMFR9", "A13V1IB3VIYZZH"], "seller_id": "A1SIMULATED00"}],
}
"""What the connections of a channel are made with, where one is not enough or the defaults are not."""

CHANGES: dict[str, list[dict[str, Any]]] = {
    "amazon": [
        {"status": "SHIPPED", "refund": "1.00", "refund_status": "DEFERRED", "release": True},
        {"status": "CANCELLED"},
        {"cancel_requested": True},
        {"status": "PENDING"},
    ],
}
"""What happens to the first orders before they are read."""

ORDERS = 7


async def act_on_everything(channel: str, simulator: Simulator, simulator_url: str) -> None:
    """Do all that the channel's adapter implements, against the simulator behind `simulator_url`."""
    for chosen in SETTINGS.get(channel, [{}]):
        simulator.reset()
        if "dialect" in chosen:
            simulator.shape({"dialect": chosen["dialect"]})
        async with (
            _connection(channel, simulator, simulator_url, chosen) as (runtime, connection),
            channels.open_adapter(runtime, connection) as adapter,
        ):
            await adapter.check()
            orders = await _read_orders(adapter, simulator)
            await _say_of_orders(adapter, orders)
            await _read_products(adapter)
            if isinstance(adapter, channels.InventorySink):
                skus = [article.sku for article in simulator.catalogue[:3]]
                await adapter.publish_stock([channels.StockOffer(sku, 3) for sku in skus])
                await adapter.publish_stock([channels.StockOffer(f"NONE-{number}", 1) for number in range(30)])
            if isinstance(adapter, channels.ProductSink):
                sku = simulator.catalogue[0].sku
                wanted = channels.RemoteProduct(sku, "Anything", "en", currency="EUR", price_minor=1999, sku=sku)
                await adapter.offer([wanted])
            if isinstance(adapter, channels.KeySupplier):
                await _buy(adapter)
            if isinstance(simulator, Amazon):
                await _deal_with_what_lies_at_amazon(adapter, simulator)
            if isinstance(simulator, Ebay):
                await _read_odd_orders(adapter, simulator)
                await _check_push(runtime, simulator)
                await _spend_all_calls(adapter, simulator)


async def _read_orders(adapter: channels.Adapter, simulator: Simulator) -> list[channels.RemoteOrder]:
    """Place orders at the marketplace and read them all."""
    if not isinstance(adapter, channels.OrderSource):
        return []
    placed = simulator.place_orders(ORDERS)
    for order_id, change in zip(placed, CHANGES.get(simulator.channel, []), strict=False):
        simulator.change_order(order_id, change)
    window = channels.Window(since=datetime.now(UTC) - timedelta(days=30))
    page = await adapter.orders_page(window)
    orders = list(page.orders)
    while page.cursor is not None:
        page = await adapter.orders_page(window, page.cursor)
        orders.extend(page.orders)
    found = {order.channel_order_id for order in orders}
    if len(found) != ORDERS:
        raise SystemExit(f"{type(adapter).__name__} finds {len(found)} of {ORDERS} orders")
    await adapter.order(orders[0].channel_order_id)
    return orders


async def _say_of_orders(adapter: channels.Adapter, orders: Sequence[channels.RemoteOrder]) -> None:
    """Acknowledge one and ship one, where the channel wants to know."""
    waiting = next((order for order in orders if order.awaits_acknowledgement), None)
    if waiting and isinstance(adapter, channels.OrderAcknowledger):
        ids = [line.channel_line_id for line in waiting.lines]
        await adapter.acknowledge(waiting.channel_order_id, ids, accepted=True)
    if orders and isinstance(adapter, channels.FulfillmentSink):
        shipped = waiting or next(order for order in orders if order.status in ("confirmed", "processing"))
        await _ship(adapter, shipped)
        if isinstance(adapter, channels.OrderSource):
            await adapter.order(shipped.channel_order_id)


async def _read_products(adapter: channels.Adapter) -> None:
    """All products, and those of the last hour."""
    if not isinstance(adapter, channels.ProductSource):
        return
    page = await adapter.products_page(None)
    while page.cursor is not None:
        page = await adapter.products_page(None, page.cursor)
    await adapter.products_page(datetime.now(UTC) - timedelta(hours=1))


async def _ship(adapter: channels.FulfillmentSink, order: channels.RemoteOrder) -> None:
    lines = tuple(channels.ShippedLine(line.channel_line_id, line.quantity) for line in order.lines)
    await adapter.ship(
        channels.RemoteShipment(
            channel_order_id=order.channel_order_id,
            reference="17",
            lines=lines,
            carrier="DHL",
            tracking_number="JD014600006281230704",
            shipped_at=datetime.now(UTC),
            carrier_name="DHL",
        )
    )


async def _deal_with_what_lies_at_amazon(adapter: channels.Adapter, simulator: Amazon) -> None:
    """Orders that Amazon fulfils, with tax on top; one that is not there; stock that is not ours to set."""
    if not isinstance(adapter, channels.OrderSource) or not isinstance(adapter, channels.InventorySink):
        raise SystemExit("Amazon's adapter reads orders and sets stock")
    simulator.shape({"fulfilled_by": "AMAZON", "tax_percent": 20})
    (order_id,) = simulator.place_orders(1)
    simulator.change_order(order_id, {"status": "SHIPPED"})
    order = await adapter.order(order_id)
    if not order or not order.sent_by_channel or await adapter.order("302-9999999-9999999"):
        raise SystemExit("an order that Amazon fulfils is not told from others")
    skus = [article.sku for article in simulator.catalogue[:2]]
    simulator.shape({"amazon_skus": skus})
    answers = await adapter.publish_stock([channels.StockOffer(sku, 3) for sku in skus])
    if not all(answer.problem for answer in answers):
        raise SystemExit("stock is set that lies at Amazon")


async def _read_odd_orders(adapter: channels.Adapter, simulator: Ebay) -> None:
    """Orders with tax that eBay collects, with refunds, cancelled ones, sent by eBay, and to its hub."""
    simulator.shape({"collected_tax_percent": 20})
    changes: list[dict[str, Any]] = [{"cancel_request": "BUYER_ASKED"}, {"cancelState": "CANCELED"}, {"refund": "1.00"}]
    for change in changes:
        (order_id,) = simulator.place_orders(1)
        if "refund" in change:
            line = simulator.book.entries[order_id]["order"]["lineItems"][0]
            simulator.change_order(order_id, {"refund": "0.50", "refund_line": line["lineItemId"]})
        simulator.change_order(order_id, change)
        if not isinstance(adapter, channels.OrderSource) or not await adapter.order(order_id):
            raise SystemExit(f"the order that is {change} is not found")
    for sent_by in ("EBAY", "HUB"):
        simulator.shape({"sent_by": sent_by})
        simulator.place_orders(1)
    await adapter.orders_page(channels.Window())


async def _spend_all_calls(adapter: channels.Adapter, simulator: Ebay) -> None:
    """The calls of the day are spent, and eBay is asked until when."""
    simulator.limited = True
    simulator.shape({"daily": {"sell.fulfillment": 0}})
    try:
        await adapter.check()
    except channels.SlowDown:
        return
    raise SystemExit("more calls are taken than there are")


async def _check_push(runtime: Runtime, simulator: Ebay) -> None:
    """A notification, with the key that it is checked with."""
    verify = channels.manifest_of("ebay").push_is_signed
    body, headers, _ = simulator.signed({"username": "somebody"})
    if verify is None or not await verify(channels.app_client(runtime, "ebay", "simulator"), headers, body):
        raise SystemExit("a notification that is signed is not believed")


async def _buy(adapter: channels.KeySupplier) -> None:
    await adapter.balance()
    if not isinstance(adapter, channels.ProductSource):
        return
    product = (await adapter.products_page(None)).products[0]
    price = max((tier.price_minor for tier in product.tiers), default=product.price_minor or 0)
    wanted = [channels.KeyWanted(product.channel_product_id, 2, price)]
    await adapter.buy_keys("vendor-check-1", wanted)
    await adapter.find_purchase("vendor-check-1", datetime.now(UTC) - timedelta(days=1))


@asynccontextmanager
async def _connection(
    channel: str, simulator: Simulator, simulator_url: str, chosen: dict[str, Any]
) -> AsyncIterator[tuple[Runtime, channels.Connection]]:
    """A connection in a database that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg] # pydantic's own argument, unknown to its types
            var_dir=folder,
            simulator_url=simulator_url,
            log_level="ERROR",
        )
        configure_logging(settings)
        migrate(settings.effective_database_url)
        async with running(settings) as runtime:
            async with runtime.database.transaction() as session:
                user = await identity.register(
                    session,
                    username="check",
                    email="check@example.com",
                    password="correct horse battery",  # noqa: S106 - a database that is thrown away
                )
                store = await merchants.create_store(session, user, code="CHECK", name="Check")
                connection = channels.Connection(
                    store_id=store.id, channel=channel, name="Check", environment="simulator", settings=chosen
                )
                session.add(connection)
                await session.flush()
                place = place_of("connections", "credentials", connection.id)
                secrets = json.dumps(dict(simulator.credentials))
                connection.credentials = seal(settings, secrets, bound_to=place)
            yield runtime, connection
