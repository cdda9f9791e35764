"""eBay by its REST APIs: Sell Fulfillment v1, Sell Inventory v1, Commerce Identity v1 and Commerce Notification v1."""

from orion.channels.adapters.ebay.adapter import EbayAdapter
from orion.channels.adapters.ebay.manifest import MANIFEST

__all__ = ["MANIFEST", "EbayAdapter"]
