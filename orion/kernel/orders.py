"""What every floor calls the channels that orders come from, and the states that an order can be in."""

from typing import Literal, get_args

from orion.kernel.errors import FieldError, Invalid

Channel = Literal["storefront", "letzshop", "amazon", "ebay", "codeswholesale"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
"""Places that orders come from or goods come from."""

CHANNEL_NAMES: dict[str, str] = {
    "storefront": "Storefront",
    "letzshop": "Letzshop",
    "amazon": "Amazon",
    "ebay": "eBay",
    "codeswholesale": "CodesWholesale",
}
"""How a channel is shown; for a marketplace, the name its products are stored under (`kernel.MARKETPLACES`)."""

OrderStatus = Literal[
    "pending",
    "confirmed",
    "processing",
    "ready_for_shipment",
    "shipped",
    "delivered",
    "fulfilled",
    "cancelled",
    "refunded",
    "partially_refunded",
]
ORDER_STATUSES: tuple[OrderStatus, ...] = get_args(OrderStatus)
"""pending: awaits payment; confirmed: paid; processing: being prepared; ready_for_shipment: packed; shipped;
delivered; fulfilled: keys were sent; cancelled; refunded; partially_refunded."""


def parse_channel(text: str, field: str = "channel") -> Channel:
    """The channel for what a person typed ("Letzshop" -> "letzshop"). Raises Invalid (`unknown_channel`)."""
    for channel in CHANNELS:
        if channel == text.strip().casefold():
            return channel
    message = f"{text[:40]!r} is not one of the channels {', '.join(CHANNELS)}"
    raise Invalid("unknown_channel", message, errors=[FieldError(field, message)])
