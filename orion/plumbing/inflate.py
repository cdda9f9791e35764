"""Unpacking gzip and deflate streams piece by piece, so that nobody can make us hold more than a few megabytes."""

import zlib
from collections.abc import Iterator

PIECE_BYTES = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"


class Inflate:
    """One compressed stream: give it bytes as they come, take pieces of at most 1 MiB, then ask `complete`.

    A gzip stream may have several members. What follows the last one (padding, garbage) is ignored, as gzip does.
    """

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._member: zlib._Decompress | None = None
        self._ended = False
        self._held = b""

    @property
    def complete(self) -> bool:
        """Whether the stream ended where it should (or never began): False means that its end is missing."""
        return self._member is None and not self._held

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """The unpacked bytes that `data` brings. Raises zlib.error when it is not a stream of this kind."""
        data = self._held + data
        self._held = b""
        more = False
        while data or more:
            if self._member is None:
                if self._ended and not (self._gzip and GZIP_MAGIC.startswith(data[:2])):
                    return
                if len(data) < 2:
                    self._held = data
                    return
                self._member = zlib.decompressobj(self._window(data))
            piece = self._member.decompress(data, PIECE_BYTES)
            if piece:
                yield piece
            # A full piece may leave output inside zlib although all input is taken.
            more = len(piece) == PIECE_BYTES and not self._member.eof
            data = self._member.unconsumed_tail
            if self._member.eof:
                data, self._member, self._ended = self._member.unused_data, None, True

    def _window(self, data: bytes) -> int:
        """How zlib is told the kind of stream. "deflate" should be a zlib stream; some servers send the bare one."""
        if self._gzip:
            return 16 + zlib.MAX_WBITS
        has_header = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
        return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS
