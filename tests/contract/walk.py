"""Calling documented operations one after the other, and noting which were called."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx


class Walk:
    """A walk over the operations of one document: each row must be called, and nothing that is no row can be."""

    def __init__(self, rows: Sequence[str], client: httpx.AsyncClient) -> None:
        assert len(set(rows)) == len(rows)
        self.client = client
        self.uncalled = list(rows)
        self.rows = set(rows)

    async def call(
        self,
        row: str,
        at: Mapping[str, Any] | None = None,
        *,
        by: Mapping[str, str] | None = None,
        gives: Any = None,
        status: int = 200,
        **options: Any,
    ) -> Any:
        """Call a row ("GET /shops/{shop_code}"; `at` fills the path, `by` are headers); its JSON, or else its text.

        The answer must have the `status`, and be like what the row `gives`.
        """
        assert row in self.rows, f"{row} is not documented"
        if row in self.uncalled:
            self.uncalled.remove(row)
        method, path = row.split(" ", 1)
        answer = await self.client.request(method, path.format(**at or {}), headers=dict(by or {}), **options)
        assert answer.status_code == status, f"{row}: {answer.status_code} {answer.text[:1000]}"
        found = answer.json() if answer.headers["content-type"].startswith("application/json") else answer.text
        if gives is not None:
            like(found, gives, row)
        return found

    def finish(self) -> None:
        """Fail for rows that were not called."""
        assert self.uncalled == []


def like(found: Any, expected: Any, where: str) -> None:
    """Fail unless `found` has at least what is expected: values, or types that values must have."""
    if isinstance(expected, type):
        assert isinstance(found, expected), f"{where}: {found!r} is no {expected.__name__}"
    elif isinstance(expected, Mapping):
        assert isinstance(found, Mapping), f"{where}: {found!r}"
        for name, value in expected.items():
            assert name in found, f"{where}: no {name} in {sorted(found)}"
            like(found[name], value, f"{where}.{name}")
    elif isinstance(expected, list):
        assert isinstance(found, list), f"{where}: {found!r}"
        assert len(found) == len(expected), f"{where}: {found!r}"
        for number, value in enumerate(expected):
            like(found[number], value, f"{where}[{number}]")
    else:
        assert found == expected, f"{where}: {found!r}, not {expected!r}"
