"""Amazon by its Selling Partner API: orders, shipments, stock, prices and listings of one seller account."""

from orion.channels.adapters.amazon.adapter import AmazonSeller
from orion.channels.adapters.amazon.manifest import MANIFEST

__all__ = ["MANIFEST", "AmazonSeller"]
