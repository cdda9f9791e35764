"""Uploads, kept wherever `files_url` says (a folder, S3, SFTP: any fsspec URL) under keys that nobody can choose."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Any

import fsspec

from orion.kernel import Invalid, NotFound
from orion.plumbing.settings import Settings

_KEY = re.compile(r"[0-9a-f]{32}")
_WRITE_BYTES = 1 << 20


async def save_upload(stream: AsyncIterable[bytes], *, name: str, settings: Settings, max_bytes: int) -> str:
    """Keep what the stream brings and return its key. `name` is what the user calls the file, for messages only.

    It is there under its key only when all of it has come. Raises Invalid (`upload_too_large`) beyond `max_bytes`.
    """
    key = secrets.token_hex(16)
    filesystem, folder = await asyncio.to_thread(_open_store, settings)
    partial = f"{folder}/.{key}.part"
    try:
        await _write(filesystem, partial, stream, name, max_bytes)
        await asyncio.to_thread(filesystem.mv, partial, f"{folder}/{key}")
    except BaseException:
        await asyncio.to_thread(_remove, filesystem, partial)
        raise
    return key


async def copy_to(key: str, target: Path, settings: Settings) -> None:
    """Copy an upload to a local path, which exists afterwards only as a whole.

    Raises NotFound (`upload_not_found`) when there is no upload of that key.
    """
    filesystem, folder = await asyncio.to_thread(_open_store, settings)
    partial = target.with_name(f"{target.name}.part")
    try:
        await asyncio.to_thread(filesystem.get_file, f"{folder}/{_checked(key)}", str(partial))
        await asyncio.to_thread(partial.replace, target)
    except FileNotFoundError:
        raise NotFound("upload_not_found", "The uploaded file is not there any more. Upload it again.") from None
    finally:
        partial.unlink(missing_ok=True)


async def delete_upload(key: str, settings: Settings) -> None:
    """Delete an upload; one that is gone already is fine. Raises NotFound for what cannot be a key."""
    filesystem, folder = await asyncio.to_thread(_open_store, settings)
    await asyncio.to_thread(_remove, filesystem, f"{folder}/{_checked(key)}")


def _open_store(settings: Settings) -> tuple[Any, str]:
    filesystem, folder = fsspec.url_to_fs(settings.files_url or str(settings.var_dir.resolve() / "files"))
    filesystem.makedirs(folder, exist_ok=True)
    return filesystem, folder.rstrip("/")


async def _write(filesystem: Any, path: str, stream: AsyncIterable[bytes], name: str, max_bytes: int) -> None:
    size = 0
    buffer = bytearray()
    file = await asyncio.to_thread(filesystem.open, path, "wb")
    try:
        async for chunk in stream:
            size += len(chunk)
            if size > max_bytes:
                raise Invalid("upload_too_large", f"{name!r} is larger than the {max_bytes:,} bytes a file may have.")
            buffer += chunk
            if len(buffer) >= _WRITE_BYTES:
                await asyncio.to_thread(file.write, bytes(buffer))
                buffer.clear()
        await asyncio.to_thread(file.write, bytes(buffer))
    finally:
        await asyncio.to_thread(file.close)


def _remove(filesystem: Any, path: str) -> None:
    if filesystem.exists(path):
        filesystem.rm_file(path)


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise NotFound("upload_not_found", "There is no such upload.")
    return key
