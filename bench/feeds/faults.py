"""Records with errors: which get one, and what it does to them."""

import random
from dataclasses import dataclass

from bench.feeds import gtins
from bench.feeds.options import DEFAULT_ERRORS, Options
from bench.feeds.pools import Pools

ERROR_KINDS = (*DEFAULT_ERRORS, "unbalanced_quote")
"""`bad_encoding` (bytes that are not UTF-8) only stands in UTF-8 feeds; `unbalanced_quote` is never closed."""

BAD_PRICES = ("call us", "-5.00 EUR", "12.34.56,78 EUR", "free", "1,2,3 EUR", "EUR")
BAD_AVAILABILITIES = ("maybe", "yes please", "???", "soon-ish")
BAD_BYTES = "\ue000"
"""Stands for invalid bytes until the text is encoded."""

_AVAILABILITY, _PRICE, _GTIN = 6, 7, 10


@dataclass(frozen=True)
class Plan:
    """The errors of one stretch of records: record -> kind, and duplicate -> the earlier record whose id it repeats."""

    kinds: dict[int, str]
    doubles: dict[int, int]


def kinds_of(options: Options) -> list[str]:
    """The kinds of errors that a feed of these options can have. Raises ValueError for unknown ones."""
    kinds = [kind for kind in options.error_kinds if kind != "bad_encoding" or options.encoding == "utf-8"]
    if unknown := set(kinds) - set(ERROR_KINDS):
        raise ValueError(f"unknown error kinds: {sorted(unknown)}")
    return kinds


def plan(options: Options, kinds: list[str], records: range, dropped: frozenset[int]) -> Plan:
    """Choose the records that get an error. A duplicate repeats the id of a good record shortly before it."""
    if not options.error_rate or not kinds:
        return Plan({}, {})
    rng = random.Random(f"errors/{options.seed}/{records.start - 1}")
    chosen = {record: rng.choice(kinds) for record in records if rng.random() < options.error_rate}
    shifts = {record: rng.randrange(1, 500) for record in chosen}
    doubles = {}
    for record, kind in list(chosen.items()):
        if kind == "duplicate_id":
            other = max(records.start, record - shifts[record])
            while other < record and (other <= options.skip or other in chosen or other in dropped):
                other += 1
            if other < record:
                doubles[record] = other
            else:
                chosen[record] = "missing_id"
    return Plan(chosen, doubles)


def spoil(row: str, kind: str, *, record: int, draw: int, key: str, pools: Pools, delimiter: str) -> str:
    """The record with the error that `kind` names; `draw`, any number, chooses among bad values, `key` is the id."""
    behind_id, title_end = row.index(delimiter), f'"{delimiter}'
    match kind:
        case "missing_id":
            return row[behind_id:]
        case "duplicate_id":
            return key + row[behind_id:]
        case "missing_title":
            return row[: behind_id + 1] + '""' + row[row.index(f'"{delimiter}"', behind_id + 1) + 1 :]
        case "bad_encoding":
            return row.replace(title_end, BAD_BYTES + title_end, 1)
        case "nul_byte":
            return row.replace(title_end, "\0" + title_end, 1)
        case "too_few_fields":
            return row.rsplit(delimiter, 3)[0]
        case "too_many_fields":
            return row + delimiter + "surplus" + delimiter
        case "unbalanced_quote":
            return row.replace(f'"{delimiter}"', f'{delimiter}"', 1)
    return _with_bad_value(row, kind, record, draw, pools, delimiter)


def _with_bad_value(row: str, kind: str, record: int, draw: int, pools: Pools, delimiter: str) -> str:
    if kind == "bad_price":
        return _with_field(row, _PRICE, pools.field(BAD_PRICES[draw % len(BAD_PRICES)]), delimiter)
    if kind == "bad_availability":
        return _with_field(row, _AVAILABILITY, BAD_AVAILABILITIES[draw % len(BAD_AVAILABILITIES)], delimiter)
    good = gtins.plain(record)
    return _with_field(row, _GTIN, str(good // 10 * 10 + (good + 1 + draw % 9) % 10), delimiter)


def _with_field(row: str, index: int, text: str, delimiter: str) -> str:
    fields, start, quoted = [], 0, False
    for place, character in enumerate(row):
        if character == '"':
            quoted = not quoted
        elif character == delimiter and not quoted:
            fields.append(row[start:place])
            start = place + 1
    fields.append(row[start:])
    fields[index] = text
    return delimiter.join(fields)
