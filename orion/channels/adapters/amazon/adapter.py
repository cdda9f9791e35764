"""What Amazon can do for us, by port."""

from collections.abc import Sequence
from datetime import datetime

from orion.channels.adapters.amazon import listing, selling
from orion.channels.adapters.amazon.asking import ask
from orion.channels.adapters.amazon.paging import read_one, read_page
from orion.channels.adapters.amazon.places import MARKETPLACES
from orion.channels.adapters.amazon.shipping import confirm_shipment
from orion.channels.adapters.values import Odd, entries, part, text
from orion.channels.client import ChannelClient
from orion.channels.errors import ScopeMissing, Unreadable
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


class AmazonSeller:
    """An OrderSource, FulfillmentSink, InventorySink, ProductSource and ProductSink."""

    def __init__(self, client: ChannelClient) -> None:
        self._client = client
        self._report = listing.Kept()

    async def check(self) -> str:
        """Where the seller sells. Raises ScopeMissing for a marketplace of the settings where they do not."""
        said = await ask(self._client, "getMarketplaceParticipations", "GET", "/sellers/v1/marketplaceParticipations")
        try:
            there = {
                text(marketplace, "id"): text(marketplace, "name")
                for entry in entries(said, "payload")
                if (marketplace := part(entry, "marketplace"))
                and (part(entry, "participation") or {}).get("isParticipating")
            }
        except Odd as odd:
            raise Unreadable("unreadable", f"getMarketplaceParticipations: {odd}") from None
        wanted = self._client.settings.get("marketplace_ids") or list(there)
        if missing := [MARKETPLACES[one].name for one in wanted if one in MARKETPLACES and one not in there]:
            raise ScopeMissing("marketplace_missing", f"This seller account does not sell in {', '.join(missing)}")
        names = [there[one] or one for one in wanted if one in there]
        return f"Amazon lets us act for a seller in {', '.join(names) or 'no marketplace'}."

    async def orders_page(self, window: Window, cursor: str | None = None) -> OrderPage:
        """See OrderSource."""
        return await read_page(self._client, window, cursor)

    async def order(self, channel_order_id: str) -> RemoteOrder | None:
        """See OrderSource."""
        return await read_one(self._client, channel_order_id)

    async def ship(self, shipment: RemoteShipment) -> str | None:
        """See FulfillmentSink. Amazon knows a parcel by our reference and gives it no id of its own."""
        await confirm_shipment(self._client, shipment)
        return None

    async def publish_stock(self, offers: Sequence[StockOffer]) -> Sequence[StockAnswer]:
        """See InventorySink. Amazon may take what it accepted some minutes to show."""
        return await selling.set_stock(self._client, offers)

    async def offer(self, products: Sequence[RemoteProduct]) -> Sequence[StockAnswer]:
        """See ProductSink."""
        return await selling.set_prices(self._client, products)

    async def products_page(self, since: datetime | None, cursor: str | None = None) -> ProductPage:
        """See ProductSource. Everything, whatever `since`.

        Raises SlowDown while Amazon is at work on the report: come back with the same cursor.
        """
        return await listing.read_page(self._client, self._report, cursor)
