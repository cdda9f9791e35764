"""When eBay takes calls again whose number for the day is spent: getRateLimits of the Developer Analytics API v1_beta.

A 429 does not say for how long. The numbers are counted by day, application and API (or method of it), over all stores.
"""

from datetime import UTC, datetime
from typing import Any

from orion.channels.adapters import values
from orion.channels.adapters.answers import read_object
from orion.channels.adapters.ebay.login import ask_as_app
from orion.channels.adapters.values import Odd
from orion.channels.client import ChannelClient
from orion.channels.errors import ChannelError

_PATH = "/developer/analytics/v1_beta/rate_limit/"
_DAY = 86_400.0


async def seconds_to_reset(client: ChannelClient, operation: str, api: str) -> float | None:
    """Until calls of the operation (of a Sell API) are counted anew; None when some are left, or nobody can tell."""
    asked = {"api_context": "sell", "api_name": api}
    try:
        answer = await ask_as_app(client, "getRateLimits", _PATH, params=asked)
        resources = _resources(read_object(answer)) if answer.content else []  # 204: there is nothing of it
        own = [each for each in resources if _name(each).endswith(operation.lower())] or resources
        resets = [
            values.moment(rate, "reset")
            for each in own
            for rate in values.entries(each, "rates")
            if rate.get("remaining") is not None and values.count(rate, "remaining") == 0
        ]
    except (ChannelError, Odd):
        return None
    wait = (max(resets) - datetime.now(UTC)).total_seconds() if resets else 0.0
    return min(wait, _DAY) if wait > 0 else None


def _resources(said: dict[str, Any]) -> list[dict[str, Any]]:
    apis = values.entries(said, "rateLimits") if said.get("rateLimits") else []
    return [each for one in apis if one.get("resources") for each in values.entries(one, "resources")]


def _name(resource: dict[str, Any]) -> str:
    return (values.text(resource, "name") or "").lower()
