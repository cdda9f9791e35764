"""Fetching into a test's own folder, and what must be true when it fails."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from orion.kernel import OrionError
from orion.plumbing.addresses import Address, Resolver
from orion.plumbing.http import Fetched, FetchFailed, FetchRefused, fetch_to_file
from orion.plumbing.settings import Settings

FEED = b"id,title\n1,Chair\n"


class Fetcher:
    """Fetches into the test's folder; loopback is allowed unless the test says otherwise."""

    def __init__(self, folder: Path) -> None:
        self.target = folder / "feed"
        self.folder = folder

    async def __call__(self, url: str, *, allowed: Sequence[str] = ("127.0.0.1",), **options: Any) -> Fetched:
        settings = Settings(_env_file=None, var_dir=self.folder, fetch_allowed_hosts=list(allowed))
        options = {"max_bytes": 1_000_000, "timeout_seconds": 20.0, **options}
        return await fetch_to_file(url, self.target, settings=settings, **options)

    async def fails(self, code: str, url: str, *, retryable: bool, **options: Any) -> OrionError:
        with pytest.raises((FetchRefused, FetchFailed)) as caught:
            await self(url, **options)
        error = caught.value
        assert (error.code, error.retryable) == (code, retryable), error.detail
        assert list(self.folder.iterdir()) == []  # neither the target nor a part of it
        return error


def resolves_to(*addresses: str) -> Resolver:
    async def resolver(host: str, port: int) -> Sequence[Address]:
        return [ipaddress.ip_address(address) for address in addresses]

    return resolver
