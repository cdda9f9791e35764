"""Letzshop by its GraphQL API, in two dialects: the documented one of orders, and the one of shipments.

Its catalogue comes by feed, so there is no product source here.
"""

from orion.channels.adapters.letzshop.manifest import MANIFEST
from orion.channels.adapters.letzshop.orders import LetzshopOrders
from orion.channels.adapters.letzshop.shipments import LetzshopShipments

__all__ = ["MANIFEST", "LetzshopOrders", "LetzshopShipments"]
