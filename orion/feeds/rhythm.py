"""How often a feed is fetched."""

from datetime import datetime

from orion.feeds.errors import invalid
from orion.plumbing import rhythm
from orion.plumbing.rhythm import FAILING_FROM, next_run

__all__ = ["FAILING_FROM", "MIN_MINUTES", "PRESETS", "next_run", "parse_cron", "parse_interval"]

PRESETS: dict[str, int] = {"1h": 60, "3h": 180, "6h": 360, "12h": 720, "24h": 1440, "weekly": 10_080}
"""The intervals that can be chosen, in minutes."""

MIN_MINUTES = 15
"""A feed is not fetched more often."""


def parse_interval(text: str) -> int:
    """Minutes for a preset's name. Raises Invalid (`invalid_schedule`) naming those there are."""
    minutes = PRESETS.get(text.strip().lower())
    if minutes is None:
        raise invalid("interval", "invalid_schedule", f"{text[:40]!r} is not one of {', '.join(PRESETS)}")
    return minutes


def parse_cron(text: str, now: datetime) -> str:
    """A cron expression as `plumbing.rhythm` takes it, at least 15 minutes apart. Raises Invalid."""
    return rhythm.parse_cron(text, now, MIN_MINUTES)
