"""What a store enters to connect to Letzshop, where that is, and how often we ask."""

from collections.abc import Mapping
from typing import Any

from orion.channels.adapters.letzshop.asking import refusal
from orion.channels.adapters.letzshop.orders import LetzshopOrders
from orion.channels.adapters.letzshop.shipments import LetzshopShipments
from orion.channels.client import Rate
from orion.channels.ports import Adapter
from orion.channels.registry import Field, Manifest, register


def _choose(settings: Mapping[str, Any]) -> type[Adapter]:
    return LetzshopShipments if settings.get("dialect") == "shipments" else LetzshopOrders


MANIFEST = register(
    Manifest(
        channel="letzshop",
        adapter=LetzshopOrders,
        choose=_choose,
        secrets=(
            Field(
                "api_key",
                "API key",
                "secret",
                help="Ask your account manager at Letzshop, or support@letzshop.lu, for an API key of a user with the "
                "rights of a shop manager.",
            ),
        ),
        settings=(
            Field(
                "dialect",
                "Dialect",
                "choice",
                choices=(("orders", "Orders"), ("shipments", "Shipments")),
                default="orders",
                help="Which of its two models your access speaks: orders, or shipments whose units you confirm first.",
            ),
        ),
        hosts={"live": {"api": "https://letzshop.lu"}},
        # Letzshop publishes no limit; these are what a few busy people with browsers ask for.
        rates={"orders": Rate(5, 20), "shipments": Rate(5, 20), "*": Rate(5, 20)},
        refusal=refusal,
        notes="Products come by feed (import), and leave by feed (export); orders, stock and tracking go by the API.",
    )
)
