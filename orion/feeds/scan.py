"""Telling UTF-8 from the single-byte encodings by every byte of a file, while it passes by."""

import codecs
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

_ASCII = bytes(range(128))
_REPLACEMENT = "\ufffd"
SAMPLE_BYTES = 256 << 10
_ODD_LINES_BYTES = 16 << 10
_SETTLED_AT = 1_000_000


@dataclass(slots=True)
class TextScan:
    """What all the bytes of a file say about its encoding. Feed it pieces in order, then `finish`.

    `sample` is the start of the file, `odd` some of the text around bytes that are no UTF-8. `valid` counts the
    multi-byte sequences that are UTF-8, `invalid` those that are not (both only until it is `settled`); `high` counts
    each byte from 0x80 on, in the pieces that have invalid ones.
    """

    sample: bytearray = field(default_factory=bytearray)
    odd: bytearray = field(default_factory=bytearray)
    valid: int = 0
    invalid: int = 0
    high: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(256, np.int64))
    _tail: bytes = b""

    @property
    def settled(self) -> bool:
        """Whether so much of the file is no UTF-8 that the rest cannot change it; counting on would only take time."""
        return self.invalid > _SETTLED_AT and self.valid * 20 < self.invalid

    def update(self, piece: bytes) -> None:
        """Look at the next piece of the file, best a megabyte or so."""
        if len(self.sample) < SAMPLE_BYTES:
            self.sample += piece[: SAMPLE_BYTES - len(self.sample)]
        if self._tail:
            piece = self._tail + piece
            self._tail = b""
        if self.settled:
            self._count_high(piece)
        elif not piece.isascii():
            self._look(piece, final=False)

    def finish(self) -> None:
        """Count a sequence that the end of the file cut off."""
        if self._tail:
            self._look(self._tail, final=True)

    def _look(self, piece: bytes, *, final: bool) -> None:
        try:
            text, used = codecs.utf_8_decode(piece, "strict", final)
        except UnicodeDecodeError as error:
            text, used = codecs.utf_8_decode(piece, "replace", final)
            self._count_invalid(piece[:used], text)
            self._keep_odd(piece, error.start)
        else:
            # Characters less ASCII bytes (a view as signed bytes makes this count the fastest).
            above = int(np.count_nonzero(np.frombuffer(piece, np.int8, used) < 0))
            self.valid += len(text) - (used - above)
        self._tail = piece[used:]

    def _count_invalid(self, piece: bytes, text: str) -> None:
        invalid = text.count(_REPLACEMENT) - piece.count(_REPLACEMENT.encode())
        self.invalid += invalid
        self.valid += len(text) - (len(piece) - self._count_high(piece)) - invalid

    def _count_high(self, piece: bytes) -> int:
        high = np.frombuffer(piece.translate(None, _ASCII), np.uint8)
        self.high += np.bincount(high, minlength=256)
        return len(high)

    def _keep_odd(self, piece: bytes, at: int) -> None:
        if len(self.odd) < _ODD_LINES_BYTES:
            self.odd += piece[max(0, at - 2048) : at + _ODD_LINES_BYTES // 4]
