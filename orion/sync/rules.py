"""What each channel asks of whoever reads from it: how often, how far back, and how much twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from orion.channels import Connection, manifest_of
from orion.kernel import CHANNEL_NAMES, Channel

ORDER_IMPORT = "order_import"
ORDER_BACKFILL = "order_backfill"
PRODUCT_PULL = "product_pull"

OVERLAP = timedelta(minutes=15)
"""Each read begins so long before what was read: entries that appear late, and clocks that are off by ten minutes."""

MOST_WAIT = timedelta(hours=1)
"""What fails, or has to wait for its channel, is tried about so often at least."""


@dataclass(frozen=True, slots=True)
class Rules:
    """One channel's. Minutes are defaults, `least_minutes` what its limits allow; days are how far back it can be read.

    `first_days`: what a new connection reads. `steady`: the channel's page tokens are of one snapshot, so that no entry
    can slip from page to page while they are read; others are read again until nothing new is found.
    """

    poll_minutes: int = 5
    least_minutes: int = 1
    pull_minutes: int = 24 * 60
    first_days: int = 30
    keeps_days: int = 730
    overlap: timedelta = OVERLAP
    steady: bool = False

    def first_since(self, now: datetime) -> datetime:
        """Where the first read of a new connection begins."""
        return now - timedelta(days=self.first_days)

    def earliest(self, now: datetime) -> datetime:
        """Before this the channel keeps nothing."""
        return now - timedelta(days=self.keeps_days)


RULES: dict[Channel, Rules] = {
    # One page of searchOrders per 178 s after a burst of 20; its page tokens hold for 24 h.
    "amazon": Rules(least_minutes=3, steady=True),
    # getOrders pages by offset, which drifts; it reaches back two years.
    "ebay": Rules(),
    "letzshop": Rules(),
    "codeswholesale": Rules(pull_minutes=6 * 60),
}


def rules_of(channel: str) -> Rules:
    """The channel's rules; careful ones for a channel that has none."""
    for known, rules in RULES.items():
        if known == channel:
            return rules
    return Rules()


def job_types_of(channel: str) -> tuple[str, ...]:
    """What is done on schedule for a connection to the channel, by what its adapter can do."""
    capabilities = manifest_of(channel).capabilities
    wanted = {ORDER_IMPORT: "orders_in", PRODUCT_PULL: "products_in"}
    return tuple(job_type for job_type, port in wanted.items() if port in capabilities)


def default_minutes(channel: str, job_type: str) -> int:
    """How often it is done unless somebody says otherwise."""
    rules = rules_of(channel)
    return rules.poll_minutes if job_type == ORDER_IMPORT else rules.pull_minutes


def least_minutes(channel: str, job_type: str) -> int:
    """How often it can be done: never more than the channel's limit allows; products every quarter of an hour."""
    return rules_of(channel).least_minutes if job_type == ORDER_IMPORT else 15


def name_of(connection: Connection) -> str:
    """The connection in words for people."""
    return f"{CHANNEL_NAMES.get(connection.channel, connection.channel)} ({connection.name})"
