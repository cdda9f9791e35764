"""Write a deterministic product feed.

python -m bench.feeds --rows 200000 --out feed.csv --manifest feed.errors.jsonl
python -m bench.feeds --rows 200000 --out changed.csv --change-rate 0.05
python -m bench.feeds --lang de --encoding cp1252 --delimiter ';' --header g --eol crlf --error-rate 0.02 --out de.csv
"""

import argparse
import contextlib
import json
import sys
import time
from dataclasses import fields
from pathlib import Path
from typing import TextIO

from bench.feeds import DEFAULT_ERRORS, ENCODINGS, ERROR_KINDS, LANGUAGES, Fault, Options, feed_blocks
from bench.feeds.options import DELIMITERS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.feeds", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", type=int, default=1000)
    add("--seed", type=int, default=1)
    add("--lang", choices=LANGUAGES, default="en")
    add("--encoding", choices=ENCODINGS, default="utf-8")
    add("--delimiter", default=",", help="one of , ; or tab")
    add("--header", choices=("standard", "g", "none"), default="standard")
    add("--eol", choices=("lf", "crlf"), default="lf")
    add("--bom", action="store_true", help="a byte order mark (utf-8 only)")
    add("--error-rate", type=float, default=0.0, help="the share of records with an error")
    add("--error-kinds", default=",".join(DEFAULT_ERRORS), help=f"of {', '.join(ERROR_KINDS)}")
    add("--multiline-rate", type=float, default=0.15, help="the share of descriptions with line breaks")
    add("--change-rate", type=float, default=0.0, help="the share of records with another price and availability")
    add("--change-seed", type=int, default=1, help="which records are changed or dropped")
    add("--drop-rate", type=float, default=0.0, help="the share of records left out")
    add("--skip", type=int, default=0, help="leave out the first SKIP of the ROWS records")
    add("--currency", default="EUR")
    add("--out", default="-", help="the file to write, - for standard output")
    add("--manifest", type=Path, help="a JSON lines file that names every record with an error")
    return parser


def main() -> None:
    """Write the feed that the command line describes, and say on standard error how long it took."""
    parser = _parser()
    given = parser.parse_args()
    given.delimiter = {"\\t": "\t", "tab": "\t"}.get(given.delimiter, given.delimiter)
    if given.delimiter not in DELIMITERS:
        parser.error("the delimiter is one of , ; or tab")
    given.error_kinds = tuple(kind for kind in given.error_kinds.split(",") if kind)
    options = Options(**{field.name: getattr(given, field.name) for field in fields(Options)})
    begun, size = time.perf_counter(), 0
    with contextlib.ExitStack() as stack:
        out = sys.stdout.buffer if given.out == "-" else stack.enter_context(Path(given.out).open("wb"))
        manifest: TextIO | None = given.manifest and stack.enter_context(given.manifest.open("w", encoding="utf-8"))

        def note(fault: Fault) -> None:
            if manifest:
                manifest.write(json.dumps(fault) + "\n")

        for block in feed_blocks(options, note if manifest else None):
            size += out.write(block)
    took = time.perf_counter() - begun
    print(f"{options.rows:,} rows, {size:,} bytes, {took:.2f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
