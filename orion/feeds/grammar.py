"""The grammar of one CSV record: RFC 4180 for a given delimiter, over UTF-8 bytes."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Read:
    """One record as the grammar reads it: where it ends, where the next begins, how many fields it has."""

    end: int
    next: int
    fields: int
    replacement: bytes | None


def _run(without: bytes) -> bytes:
    """The pattern of text up to any of these characters or a line end; a CR on its own is text."""
    return rb"[^" + without + rb"\r\n]*+(?:\r(?!\n)[^" + without + rb"\r\n]*+)*"


class Grammar:
    """RFC 4180 for one delimiter, lenient in one point: an unquoted field may hold quotes behind its first byte."""

    def __init__(self, delimiter: str, fields: int) -> None:
        self.delimiter = delimiter.encode()
        mark = re.escape(self.delimiter)
        # Possessive groups would say it more shortly, but Python before 3.11.5 reads them wrongly.
        quoted = rb'"[^"]*+(?:""[^"]*+)*"(?!")'
        other = rb'(?!")' + _run(mark)
        self._quoted = re.compile(quoted)
        self._field = re.compile(rb"(?:(" + quoted + rb")|(" + other + rb"))(?=(" + mark + rb")|\r?\n)")

        strict = rb"(?:" + quoted + rb"|" + _run(mark + b'"') + rb")"
        more = b"(?:" + mark + strict + b"){%d}" % (fields - 1)
        self._whole = re.compile(rb"\n" + strict + more + rb"\r?\n")

    def read(self, buffer: bytes, position: int, limit: int) -> Read | None:
        """The record at `position`, or None when it is not one that ends before `limit`."""
        fields, parts, lenient, at = 0, [], False, position
        while match := self._field.match(buffer, at, limit):
            text = match.group()
            if match.group(2) and b'"' in text:
                lenient = True
                text = b'"' + text.replace(b'"', b'""') + b'"'
            parts.append(text)
            fields += 1
            at = match.end()
            if match.group(3) is None:
                after = buffer.index(b"\n", at) + 1
                return Read(at, after, fields, self.delimiter.join(parts) if lenient else None)
            at += 1
        return None

    def next_whole(self, buffer: bytes, position: int, limit: int) -> int | None:
        """Where, on a later line before `limit`, a record with the right number of fields begins."""
        match = self._whole.search(buffer, position, limit)
        return match.start() + 1 if match else None

    def field(self, buffer: bytes, index: int, start: int = 0, end: int | None = None) -> bytes:
        """The `index`-th field of the well-formed record between `start` and `end`: unquoted, stripped, valid UTF-8."""
        end = len(buffer) if end is None else end
        at = start
        for _ in range(index):
            match = self._field.match(buffer, at, end)
            at = match.end() + 1 if match else end
        if buffer[at : at + 1] == b'"':
            match = self._quoted.match(buffer, at, end)
            text = (match.group()[1:-1] if match else b"").replace(b'""', b'"')
        else:
            stop = buffer.find(self.delimiter, at, end)
            text = buffer[at : end if stop < 0 else stop]
        if text.isascii() and b"\0" not in text:
            return text.strip()
        return text.replace(b"\0", b"").decode("utf-8", "replace").strip().encode()

    def values(self, record: bytes) -> list[str]:
        """The fields of one record as text, as far as it can be read; for showing it to people."""
        values, at = [], 0
        record += b"\n"
        while match := self._field.match(record, at):
            text = match.group()
            quoted = match.group(1) is not None
            values.append((text[1:-1].replace(b'""', b'"') if quoted else text).decode("utf-8", "replace"))
            at = match.end() + 1
            if match.group(3) is None:
                return values
        values.append(record[at:-1].decode("utf-8", "replace"))
        return values
