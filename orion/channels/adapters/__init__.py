"""One package for each marketplace, and nothing outside knows its protocol. Importing this makes all of them known."""

from orion.channels.adapters import amazon, codeswholesale, ebay, letzshop

__all__ = ["amazon", "codeswholesale", "ebay", "letzshop"]
