"""eBay: orders, fulfilment, stock and notifications of one seller, over REST."""

from orion.simulators.ebay.login import REFRESH_TOKEN, USER_ID, USERNAME
from orion.simulators.ebay.simulator import Ebay

__all__ = ["REFRESH_TOKEN", "USERNAME", "USER_ID", "Ebay"]
