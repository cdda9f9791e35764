"""How large the list of files at the end of a zip archive is, told without reading the list."""

import struct
from pathlib import Path

_END = b"PK\x05\x06"
_END_BYTES = 22
_LONGEST_COMMENT = 65535
_LOCATOR = b"PK\x06\x07"
_END64 = b"PK\x06\x06"
_END64_BYTES = 56 + 20
"""The zip64 end record and its locator, which stand directly before the end record."""


def directory_bytes(archive: Path) -> int:
    """Tell the size in bytes of the archive's directory; 0 when it has none (which `zipfile` then says better)."""
    with archive.open("rb") as file:
        length = file.seek(0, 2)
        file.seek(max(0, length - _END_BYTES - _LONGEST_COMMENT - _END64_BYTES))
        tail = file.read()
    # The same search as in `zipfile`: an end without a comment first, then the last one there is.
    at = len(tail) - _END_BYTES
    if at < 0 or tail[at : at + 4] != _END or tail[-2:] != b"\0\0":
        at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        return 0
    end64 = tail[max(0, at - _END64_BYTES) : at]
    if len(end64) == _END64_BYTES and end64.startswith(_END64) and end64[56:60] == _LOCATOR:
        return int(struct.unpack_from("<Q", end64, 40)[0])
    return int(struct.unpack_from("<L", tail, at + 12)[0])
