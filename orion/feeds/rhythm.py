"""How often a feed is fetched: every so many minutes, or by a cron expression in UTC."""

import itertools
import random
from datetime import UTC, datetime, timedelta

from croniter import croniter
from croniter.croniter import CroniterError

from orion.feeds.errors import invalid

PRESETS: dict[str, int] = {"1h": 60, "3h": 180, "6h": 360, "12h": 720, "24h": 1440, "weekly": 10_080}
"""The intervals that can be chosen, in minutes."""

MIN_MINUTES = 15
"""A feed is not fetched more often."""

FAILING_FROM = 3
"""So many failures in a row, and a schedule is shown as failing and fetches less often."""

_LONGEST = timedelta(days=1)
_MOST_JITTER = 300.0
_EXPECTED = "Write five fields: minute, hour, day, month, weekday, such as 30 4 * * * (every day at 04:30 UTC)."
_LOOKED_AT = 200


def parse_interval(text: str) -> int:
    """Minutes for a preset's name. Raises Invalid (`invalid_schedule`) naming those there are."""
    minutes = PRESETS.get(text.strip().lower())
    if minutes is None:
        raise invalid("interval", "invalid_schedule", f"{text[:40]!r} is not one of {', '.join(PRESETS)}")
    return minutes


def parse_cron(text: str, now: datetime) -> str:
    """A cron expression in five fields that fires at least once and never twice within 15 minutes, tidied.

    Raises Invalid (`invalid_schedule`) saying what to write instead.
    """
    cron = " ".join(text.split())
    if len(cron) > 100 or len(cron.split(" ")) != 5 or not croniter.is_valid(cron, strict=True):
        raise invalid("cron", "invalid_schedule", f"{text[:100]!r} is no cron expression. {_EXPECTED}")
    try:
        times = croniter(cron, now, max_years_between_matches=8)
        moments = [times.get_next(datetime) for _ in range(_LOOKED_AT)]
    except CroniterError:
        raise invalid(
            "cron", "invalid_schedule", f"{cron!r} never comes: is the day in that month? {_EXPECTED}"
        ) from None
    closest = min(later - earlier for earlier, later in itertools.pairwise(moments))
    if closest < timedelta(minutes=MIN_MINUTES):
        message = f"{cron!r} fires within {closest} of the time before. Leave at least {MIN_MINUTES} minutes between."
        raise invalid("cron", "invalid_schedule", message)
    return cron


def next_run(interval_minutes: int | None, cron: str | None, now: datetime, failures: int = 0) -> datetime:
    """When to fetch again after `now`, with some jitter, so that not all feeds of a minute are fetched at once.

    From the third failure in a row on the wait doubles with each, up to a day (or the normal wait, if longer).
    """
    if cron is not None:
        planned: datetime = croniter(cron, now, max_years_between_matches=8).get_next(datetime)
    else:
        planned = now + timedelta(minutes=interval_minutes or 0)
    wait = planned - now
    if failures >= FAILING_FROM:
        normal = wait if cron is None else max(wait, timedelta(minutes=MIN_MINUTES))
        planned = now + max(wait, min(normal * 2 ** min(failures - FAILING_FROM + 1, 10), _LONGEST))
    jitter = random.uniform(0, min(_MOST_JITTER, 0.05 * wait.total_seconds()))  # noqa: S311 (no secret)
    return (planned + timedelta(seconds=jitter)).astimezone(UTC)
