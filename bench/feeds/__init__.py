"""Deterministic, realistic product feeds: the same options give the same bytes, on any machine.

What a feed looks like: 24 columns, 600 to 900 bytes a row; quoted titles and descriptions with line breaks, doubled
quotes, delimiters and accents; prices in five styles; GTINs of every length, some damaged by a spreadsheet; ids
scattered over the key space, so that index insertions are not sequential (the unkind and usual case).

On the command line: `python -m bench.feeds --help`.
"""

from bench.feeds.faults import ERROR_KINDS
from bench.feeds.generate import Fault, feed_blocks
from bench.feeds.options import DEFAULT_ERRORS, ENCODINGS, LANGUAGES, Options

__all__ = ["DEFAULT_ERRORS", "ENCODINGS", "ERROR_KINDS", "LANGUAGES", "Fault", "Options", "feed_blocks"]
