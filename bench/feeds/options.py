"""What decides the bytes of a feed."""

from dataclasses import dataclass
from typing import Literal

from bench.feeds.words import WORDS

LANGUAGES = tuple(WORDS)
ENCODINGS = ("utf-8", "latin-1", "cp1252")
DELIMITERS = (",", ";", "\t")
DEFAULT_ERRORS = (
    "missing_id",
    "missing_title",
    "bad_price",
    "bad_gtin",
    "bad_availability",
    "too_few_fields",
    "too_many_fields",
    "nul_byte",
    "duplicate_id",
    "bad_encoding",
)
"""The kinds of errors put into a feed unless others are asked for (`faults.py` says what each is)."""


@dataclass(frozen=True)
class Options:
    """Everything that decides the bytes of a feed.

    `error_rate` is the share of records that get one of the `error_kinds`. Versions of one feed: with the same `rows`
    and `seed`, `change_rate` gives so many records another price and availability, `drop_rate` leaves records out,
    more `rows` adds records at the end, and `skip` leaves out the first ones; the other records stay as they are, byte
    for byte, which is what a test of importing again needs.
    """

    rows: int = 1000
    seed: int = 1
    lang: str = "en"
    encoding: str = "utf-8"
    delimiter: str = ","
    header: Literal["standard", "g", "none"] = "standard"
    eol: Literal["lf", "crlf"] = "lf"
    bom: bool = False
    error_rate: float = 0.0
    error_kinds: tuple[str, ...] = DEFAULT_ERRORS
    multiline_rate: float = 0.15
    change_rate: float = 0.0
    change_seed: int = 1
    drop_rate: float = 0.0
    skip: int = 0
    currency: str = "EUR"

    @property
    def line_end(self) -> str:
        """What ends a line."""
        return "\r\n" if self.eol == "crlf" else "\n"
