"""Remembering what texts mean: feeds say the same few things many times."""

from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")
_REMEMBERED = 50_000


class Memory(Generic[Result]):
    """A parser that reads each distinct text once; it forgets everything when it holds too much."""

    def __init__(self, parse: Callable[..., Result]) -> None:
        self._parse = parse
        self._known: dict[tuple[str, ...], Result] = {}

    def __call__(self, *texts: str) -> Result:
        """What `parse` gives for these texts."""
        known = self._known.get(texts)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[texts] = self._parse(*texts)
        return known
