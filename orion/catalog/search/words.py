"""What somebody typed, cut into words in the form in which the index keeps them."""

import re
from dataclasses import dataclass, replace

from orion.kernel import FieldError, Invalid, plain_letters

MAX_SEARCH_LENGTH = 200
MAX_WORDS = 16

RARE = 5000
"""So many products are soon looked up by their words; of more, those are met by walking through the list."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Search:
    """The text as typed, its words, and the language that the reader speaks.

    What `look_up` found, or None: `named` are the marketplace products whose ids the text means, if they are few. On
    PostgreSQL `sought` is what its index is asked for, `checked` what is looked at in what that finds, `share` about
    how much of the catalogue has the words, 0 to 1, and `hits` how many products that are.
    """

    text: str
    words: tuple[str, ...]
    language: str
    named: tuple[int, ...] | None = None
    sought: str | None = None
    checked: str | None = None
    share: float | None = None
    hits: float | None = None

    def fills(self, products: int, wanted: int) -> bool:
        """Whether so many of the products will do to find as many as are wanted, estimates being rough."""
        return self.share is None or self.share * products >= 3 * wanted

    @property
    def is_rare(self) -> bool:
        """Whether what has the words is soon looked up and sorted, all of it."""
        return self.hits is not None and self.hits <= RARE

    def with_words(self, words: str) -> "Search":
        """The search for other words, which have been cut already."""
        return replace(self, words=tuple(words.split()), sought=None, checked=None, share=None, hits=None)


def read_search(text: str | None, language: str, dialect: str) -> Search | None:
    """The search that a text means; None when there is nothing in it.

    Words after the sixteenth do not count. Raises Invalid (`invalid_search`) for more than 200 characters, or a NUL.
    """
    wanted = (text or "").strip()
    if not wanted:
        return None
    if "\0" in wanted or len(wanted) > MAX_SEARCH_LENGTH:
        message = f"search takes up to {MAX_SEARCH_LENGTH} printable characters"
        raise Invalid("invalid_search", message, errors=[FieldError("search", message)])
    return Search(wanted, tuple(_WORD.findall(plain(wanted, dialect))[:MAX_WORDS]), language)


def plain(text: str, dialect: str) -> str:
    """Lower case without accents, as the index has it; SQLite's keeps letters that are no others with an accent."""
    return plain_letters(text, ligatures=dialect != "sqlite")
