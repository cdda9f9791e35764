"""What eBay can do for a store."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from orion.channels.adapters.ebay import orders, products, shipping, stock
from orion.channels.adapters.ebay.asking import FULFILLMENT, ask
from orion.channels.adapters.ebay.login import whose
from orion.channels.client import ChannelClient
from orion.channels.errors import ScopeMissing
from orion.channels.ports import (
    OrderPage,
    ProductPage,
    RemoteOrder,
    RemoteProduct,
    RemoteShipment,
    StockAnswer,
    StockOffer,
    Window,
)
from orion.kernel import amount_text


class EbayAdapter:
    """An OrderSource, FulfillmentSink, InventorySink, ProductSource and ProductSink for one seller."""

    def __init__(self, client: ChannelClient) -> None:
        self._client = client
        self.learned: Mapping[str, Any] = {}

    async def check(self) -> str:
        """Whether we may read orders, and of whom; `learned` are settings that say it."""
        await ask(self._client, "getOrders", f"{FULFILLMENT}/order?limit=1")
        try:
            self.learned = await whose(self._client)
        except ScopeMissing:  # a refresh token that was made elsewhere may read orders, and not say whose it is
            return "EBay lets us read orders. It does not say whose, so its notifications are not understood."
        return f"EBay lets us read the orders of {self.learned.get('username') or 'this account'}."

    async def orders_page(self, window: Window, cursor: str | None = None) -> OrderPage:
        """See OrderSource."""
        return await orders.orders_page(self._client, window, cursor)

    async def order(self, channel_order_id: str) -> RemoteOrder | None:
        """See OrderSource."""
        return await orders.order(self._client, channel_order_id)

    async def ship(self, shipment: RemoteShipment) -> str | None:
        """See FulfillmentSink."""
        return await shipping.ship(self._client, shipment)

    async def publish_stock(self, offers: Sequence[StockOffer]) -> Sequence[StockAnswer]:
        """See InventorySink; `channel_ref` is the offer id, which is looked up by SKU where it is not known."""
        wanted = [(offer.sku, offer.channel_ref, {"quantity": offer.quantity}) for offer in offers]
        return await stock.update(self._client, wanted)

    async def products_page(self, since: datetime | None, cursor: str | None = None) -> ProductPage:
        """See ProductSource; eBay does not say what has changed, so all come."""
        return await products.products_page(self._client, cursor)

    async def offer(self, products: Sequence[RemoteProduct]) -> Sequence[StockAnswer]:
        """See ProductSink."""
        wanted: list[tuple[str, str | None, dict[str, Any]]] = []
        answers: dict[int, StockAnswer] = {}
        for place, product in enumerate(products):
            if not product.sku or product.price_minor is None or not product.currency:
                sku = product.sku or product.channel_product_id
                answers[place] = StockAnswer(sku, "A SKU, a price and its currency are needed")
                continue
            price = {"value": amount_text(product.price_minor, product.currency), "currency": product.currency}
            wanted.append((product.sku, None, {"price": price}))
        taken = iter(await stock.update(self._client, wanted))
        return [answers[place] if place in answers else next(taken) for place in range(len(products))]
