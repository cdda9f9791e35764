"""What the simulators are made of."""

from orion.simulators.kit.book import Book, Entry, cursor_of, stamp
from orion.simulators.kit.content import CATALOGUE, Article, Buyer, make_basket, make_buyer
from orion.simulators.kit.faults import KINDS, Fault, Faults
from orion.simulators.kit.limits import Bucket
from orion.simulators.kit.serving import Dropped, Simulator

__all__ = [
    "CATALOGUE",
    "KINDS",
    "Article",
    "Book",
    "Bucket",
    "Buyer",
    "Dropped",
    "Entry",
    "Fault",
    "Faults",
    "Simulator",
    "cursor_of",
    "make_basket",
    "make_buyer",
    "stamp",
]
