"""Numbers, money, times and sizes as people read them, in the language of the page."""

from datetime import UTC, date, datetime, timedelta

from babel import dates, numbers
from markupsafe import Markup

from orion.kernel import CURRENCIES, Money
from orion.web.i18n import current_language, gettext, ngettext

NOTHING = "\N{EN DASH}"


def _locale(language: str | None = None) -> str:
    # British English: the day before the month, as everywhere in the shops' countries
    code = language or current_language()
    return {"en": "en_GB"}.get(code, code)


def number(value: float) -> str:
    """1234 -> "1,234"."""
    return numbers.format_decimal(value, locale=_locale(), format="#,##0.##")


def percent(fraction: float) -> str:
    """0.416 -> "41 %": rounded down, so that only what is finished shows 100 %."""
    return numbers.format_percent(int(fraction * 100) / 100, locale=_locale())


def money(amount: Money | None) -> str:
    """An amount with its currency ("€29.90"), or a dash."""
    if amount is None:
        return NOTHING
    return numbers.format_currency(amount.decimal, amount.currency, locale=_locale())


def amount(minor: int | None, currency: str) -> str:
    """So many minor units of a currency as `money` writes them; a dash where the amount or the currency is unknown."""
    return money(Money(minor, currency) if minor is not None and currency in CURRENCIES else None)


def duration(seconds: float | None) -> str:
    """75 -> "1 min 15 s"; nothing known -> a dash."""
    if seconds is None:
        return NOTHING
    whole = max(0, round(seconds))
    if whole < 1 and seconds >= 0:
        return gettext("under 1 s")
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return gettext("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return gettext("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": rest}
    return gettext("%(seconds)s s") % {"seconds": rest}


def remaining(seconds: float) -> str:
    """240 -> "about 4 min left"."""
    if seconds < 60:
        return gettext("less than a minute left")
    minutes = round(seconds / 60)
    if minutes < 90:
        return ngettext("about %(minutes)s minute left", "about %(minutes)s minutes left", minutes) % {
            "minutes": minutes
        }
    hours = round(minutes / 60)
    return ngettext("about %(hours)s hour left", "about %(hours)s hours left", hours) % {"hours": hours}


def ago(when: datetime) -> Markup:
    """A <time> that reads "5 minutes ago" and holds the exact moment."""
    passed = min(timedelta(0), when - datetime.now(UTC))
    if passed > -timedelta(seconds=10):
        text = gettext("just now")
    else:
        text = dates.format_timedelta(passed, add_direction=True, locale=_locale())
    return Markup('<time datetime="{}" title="{}" data-title-local>{}</time>').format(
        when.isoformat(), _moment(when), text
    )


def moment(when: datetime | None) -> Markup:
    """A <time> with date and time; UTC, which the browser turns into the reader's own zone."""
    if when is None:
        return Markup("&ndash;")
    return Markup('<time datetime="{}" data-local>{}</time>').format(when.isoformat(), _moment(when))


def day(when: date | None, language: str | None = None) -> str:
    """A day with its weekday ("Sunday, 22 November 2026"), in `language` or that of the page; of a moment, in UTC."""
    return NOTHING if when is None else dates.format_date(when, "full", locale=_locale(language))


def _moment(when: datetime) -> str:
    return f"{dates.format_datetime(when, 'medium', tzinfo=UTC, locale=_locale())} UTC"
