"""Amazon's Selling Partner API: what a seller of one account sees of it."""

from orion.simulators.amazon.simulator import REFRESH_TOKEN, SELLER_ID, Amazon

__all__ = ["REFRESH_TOKEN", "SELLER_ID", "Amazon"]
