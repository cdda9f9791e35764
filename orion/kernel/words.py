"""Text cut into words in plain letters, as search keeps them and looks for them."""

import re
import unicodedata

_LIGATURES = str.maketrans(
    {"ß": "ss", "œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ð": "d", "þ": "t", "\u0131": "i"}
)
_WORD = re.compile(r"[^\W_]+")


def plain_letters(text: str, *, ligatures: bool = True) -> str:
    """Lower case without accents; with `ligatures` also letters that are no others with an accent: "Łóß" -> "loss"."""
    if text.isascii():
        return text.lower()
    lower = text.lower()
    letters = unicodedata.normalize("NFD", lower.translate(_LIGATURES) if ligatures else lower)
    return unicodedata.normalize("NFC", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def words_in(text: str) -> list[str]:
    """The words of a text in plain letters, in its order."""
    return _WORD.findall(plain_letters(text))
