"""How often something is done again: every so many minutes, or by a cron expression in UTC."""

import itertools
import random
from datetime import UTC, datetime, timedelta

from croniter import croniter
from croniter.croniter import CroniterError

from orion.kernel import FieldError, Invalid

FAILING_FROM = 3
"""So many failures in a row, and what is done again is shown as failing and done less often."""

LONGEST = timedelta(days=1)
"""What fails is tried about so often at least, unless its rhythm is slower anyway."""

MOST_MINUTES = 60 * 24 * 31

_MOST_JITTER = 300.0
_EXPECTED = "Write five fields: minute, hour, day, month, weekday, such as 30 4 * * * (every day at 04:30 UTC)."
_LOOKED_AT = 200


def parse_minutes(minutes: int, least: int, field: str = "interval_minutes") -> int:
    """The interval itself, of `least` minutes to a month. Raises Invalid (`invalid_schedule`) saying the least."""
    if not least <= minutes <= MOST_MINUTES:
        message = f"Every {minutes} minutes cannot be: enter a whole number of minutes from {least} to {MOST_MINUTES}."
        raise _invalid(field, message)
    return minutes


def parse_cron(text: str, now: datetime, least: int, field: str = "cron") -> str:
    """A cron expression in five fields that fires at least once and never twice within `least` minutes, tidied.

    Raises Invalid (`invalid_schedule`) saying what to write instead.
    """
    cron = " ".join(text.split())
    if len(cron) > 100 or len(cron.split(" ")) != 5 or not croniter.is_valid(cron, strict=True):
        raise _invalid(field, f"{text[:100]!r} is no cron expression. {_EXPECTED}")
    try:
        times = croniter(cron, now, max_years_between_matches=8)
        moments = [times.get_next(datetime) for _ in range(_LOOKED_AT)]
    except CroniterError:
        raise _invalid(field, f"{cron!r} never comes: is the day in that month? {_EXPECTED}") from None
    closest = min(later - earlier for earlier, later in itertools.pairwise(moments))
    if closest < timedelta(minutes=least):
        raise _invalid(
            field, f"{cron!r} fires within {closest} of the time before. Leave at least {least} minutes between."
        )
    return cron


def next_run(
    interval_minutes: int | None,
    cron: str | None,
    now: datetime,
    failures: int = 0,
    *,
    least: int = 15,
    longest: timedelta = LONGEST,
) -> datetime:
    """When to do it again after `now`, with some jitter, so that not everything of a minute is done at once.

    From the third failure in a row on the wait doubles with each, from `least` minutes at least, up to `longest` (or
    the normal wait, if that is longer).
    """
    if cron is not None:
        planned: datetime = croniter(cron, now, max_years_between_matches=8).get_next(datetime)
    else:
        planned = now + timedelta(minutes=interval_minutes or 0)
    wait = planned - now
    if failures >= FAILING_FROM:
        normal = wait if cron is None else max(wait, timedelta(minutes=least))
        planned = now + max(wait, min(normal * 2 ** min(failures - FAILING_FROM + 1, 10), longest))
    jitter = random.uniform(0, min(_MOST_JITTER, 0.05 * wait.total_seconds()))  # noqa: S311 (no secret)
    return (planned + timedelta(seconds=jitter)).astimezone(UTC)


def _invalid(field: str, message: str) -> Invalid:
    return Invalid("invalid_schedule", message, errors=[FieldError(field, message)])
