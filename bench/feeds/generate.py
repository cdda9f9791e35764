"""Writing a feed, a stretch of records at a time."""

import random
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypedDict

from bench.feeds import faults, gtins
from bench.feeds.options import ENCODINGS, LANGUAGES, Options
from bench.feeds.pools import Pools

COLUMNS = (
    "id title description link image_link additional_image_link availability price sale_price brand gtin mpn condition "
    "google_product_category product_type color size material gender age_group item_group_id shipping shipping_weight "
    "custom_label_0"
).split()
_STRETCH = 4096
"""Records drawn from one random stream: the feed can be begun at any stretch."""
_ID_STEP = 2_654_435_761
"""Odd, so that n -> n * _ID_STEP modulo 2**32 is one-to-one."""
_DRAWS = struct.Struct("<16H")
_IMAGES = "https://cdn.example.lu/img/"


class Fault(TypedDict):
    """A record with an error: its 1-based number (the header not counted), the physical line it starts on, its id."""

    record: int
    line: int
    kind: str
    id: str


class _Draw(NamedTuple):
    """The random numbers of one record, 16 bits each; some choose twice, by other bits."""

    text_3: int
    title: int
    brand: int
    text_1: int
    join: int
    gtin: int
    availability: int
    text_2: int
    category: int
    type: int
    look: int
    price: int
    number: int
    image: int
    side_image: int
    mpn: int


def feed_blocks(options: Options, on_error: Callable[[Fault], None] | None = None) -> Iterator[bytes]:
    """Yield the feed's bytes, about 3 MB at a time.

    `on_error` is told of every record that carries an error, in file order. Raises ValueError for an unknown language,
    encoding or kind of error.
    """
    if options.lang not in LANGUAGES or options.encoding not in ENCODINGS:
        raise ValueError("unknown language or encoding")
    kinds = faults.kinds_of(options)
    pools = Pools(options)
    if head := _head(options):
        yield head
    record, line = 0, 1 if options.header == "none" else 2
    for start in range(options.skip // _STRETCH * _STRETCH, options.rows, _STRETCH):
        dropped = _chosen(options, "drops", options.drop_rate, start)
        plan = faults.plan(options, kinds, range(start + 1, start + _STRETCH + 1), dropped)
        rows, found = _rows(options, pools, plan, start, dropped)
        if on_error is not None:
            done = 0
            for at, kind, shown in found:
                line += _lines(rows[done:at])
                done = at
                on_error({"record": record + at + 1, "line": line, "kind": kind, "id": shown})
            line += _lines(rows[done:])
            record += len(rows)
        if rows:
            block = options.line_end.join([*rows, ""]).encode(options.encoding)
            if "bad_encoding" in plan.kinds.values():
                block = block.replace(faults.BAD_BYTES.encode(), b"\xe9\xff ")
            yield block


def _head(options: Options) -> bytes:
    """The byte order mark and the header, as far as the feed has them."""
    mark = b"\xef\xbb\xbf" if options.bom and options.encoding == "utf-8" else b""
    if options.header == "none":
        return mark
    prefix = "g:" if options.header == "g" else ""
    header = options.delimiter.join(prefix + column for column in COLUMNS)
    return mark + (header + options.line_end).encode(options.encoding)


def _chosen(options: Options, name: str, rate: float, start: int) -> frozenset[int]:
    """The records of the stretch from `start` on that are changed or dropped."""
    if not rate:
        return frozenset()
    rng = random.Random(f"{name}/{options.change_seed}/{start}")
    return frozenset(record for record in range(start + 1, start + _STRETCH + 1) if rng.random() < rate)


def _rows(
    options: Options, pools: Pools, plan: faults.Plan, start: int, dropped: frozenset[int]
) -> tuple[list[str], list[tuple[int, str, str]]]:
    """The records of one stretch; and of those with errors the place among them, the kind and the id shown."""
    rows: list[str] = []
    found: list[tuple[int, str, str]] = []
    changed = _chosen(options, "changes", options.change_rate, start)
    count = min(_STRETCH, options.rows - start)
    bits = random.Random(f"rows/{options.seed}/{start}").randbytes(_STRETCH * _DRAWS.size)[: count * _DRAWS.size]
    for record, draw in enumerate(map(_Draw._make, _DRAWS.iter_unpack(bits)), start + 1):
        if record <= options.skip or record in dropped:
            continue
        row = _row(options, pools, record, draw, changed=record in changed)
        if kind := plan.kinds.get(record):
            key = f"LS{_key(plan.doubles.get(record, record)):010d}"
            row = faults.spoil(
                row, kind, record=record, draw=draw.mpn, key=key, pools=pools, delimiter=options.delimiter
            )
            found.append((len(rows), kind, "" if kind == "missing_id" else key))
        rows.append(row)
    return rows, found


def _row(options: Options, pools: Pools, record: int, draw: _Draw, *, changed: bool) -> str:
    price, availability, version = draw.price, draw.availability, ""
    if changed:
        price, availability, version = price + 1 + price % 7, availability + 1, "&v=2"
    number = _key(record)
    key = f"{number:010d}"
    d, texts, brand = options.delimiter, pools.texts, pools.brands[draw.brand & 1023]
    return (
        f'LS{key}{d}"{pools.titles[draw.title & 2047]} {brand.strip(chr(34))} {draw.number % 900 + 100}"{d}'
        f'"{texts[draw.text_1 & 1023]}{pools.joins[draw.join & 1023]}'
        f'{texts[draw.text_2 & 1023]} {texts[draw.text_3 & 1023]}"{d}'
        f"https://shop.example.lu/{options.lang}/p/{key}-{record}?ref=letzshop{version}{d}"
        f"{_IMAGES}{key}/main-{draw.image % 9}.jpg{d}{_IMAGES}{key}/side-{draw.side_image % 9}.jpg{d}"
        f"{pools.availability[availability & 255]}{d}{pools.prices[price & 16383]}{d}{brand}{d}"
        f"{gtins.any_gtin(record, draw.gtin, draw.text_3)}{d}"
        f"MPN-{record * gtins.STEP % 1_000_000_000:09d}-{draw.mpn % 90 + 10}{d}"
        f"{pools.conditions[draw.category & 255]}{d}{pools.categories[draw.category >> 8 & 7]}{d}"
        f"{pools.types[draw.type & 255]}{d}{pools.looks[draw.look & 4095]}{d}G{number >> 3:09d}{d}"
        f"{pools.shipping[draw.type >> 4 & 1023]}"
    )


def _key(record: int) -> int:
    """The number in a record's id: scattered, and no two records have the same."""
    return record * _ID_STEP & 0xFFFFFFFF


def _lines(rows: list[str]) -> int:
    return len(rows) + sum(row.count("\n") for row in rows)
