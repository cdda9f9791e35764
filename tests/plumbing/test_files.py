"""Uploads: kept whole or not at all, under keys nobody can choose."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orion.kernel import Invalid, NotFound
from orion.plumbing.files import copy_to, delete_upload, save_upload
from orion.plumbing.settings import Settings


@pytest.fixture(params=["folder", "url"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings with the default folder, and with one named by an URL."""
    url = f"file://{tmp_path}/elsewhere" if request.param == "url" else ""
    return Settings(_env_file=None, var_dir=tmp_path / "var", files_url=url)


def kept(settings: Settings) -> list[Path]:
    folder = Path(settings.files_url.removeprefix("file://") or settings.var_dir / "files")
    return sorted(folder.iterdir()) if folder.exists() else []


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_an_upload_comes_back_as_it_was_and_can_be_deleted(store: Settings, tmp_path: Path) -> None:
    body = [b"id,title\n", b"x" * 3_000_000, b"", b"end\n"]
    key = await save_upload(pieces(*body), name="../../etc/passwd", settings=store, max_bytes=10_000_000)
    assert [path.name for path in kept(store)] == [key]
    await copy_to(key, tmp_path / "copy", store)
    assert (tmp_path / "copy").read_bytes() == b"".join(body)
    assert not (tmp_path / "copy.part").exists()
    await delete_upload(key, store)
    assert kept(store) == []
    await delete_upload(key, store)
    with pytest.raises(NotFound, match="Upload it again"):
        await copy_to(key, tmp_path / "again", store)
    assert not (tmp_path / "again").exists()


async def test_an_upload_beyond_the_bound_leaves_nothing(store: Settings) -> None:
    with pytest.raises(Invalid, match=r"'big\.csv' is larger than the 10 bytes") as caught:
        await save_upload(pieces(b"x" * 10, b"x"), name="big.csv", settings=store, max_bytes=10)
    assert caught.value.code == "upload_too_large"
    assert kept(store) == []
    assert await save_upload(pieces(b"x" * 10), name="fits.csv", settings=store, max_bytes=10)


async def test_an_upload_that_breaks_off_or_is_cancelled_leaves_nothing(store: Settings) -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield b"x" * 2_000_000
        raise ConnectionResetError("the browser went away")

    with pytest.raises(ConnectionResetError):
        await save_upload(breaks(), name="a.csv", settings=store, max_bytes=10_000_000)
    assert kept(store) == []

    begun = asyncio.Event()

    async def hangs() -> AsyncIterator[bytes]:
        yield b"x" * 2_000_000
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(save_upload(hangs(), name="a.csv", settings=store, max_bytes=10_000_000))
    await begun.wait()
    assert len(kept(store)) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert kept(store) == []


@pytest.mark.parametrize("key", ["", "../secret_key", "a" * 31, "A" * 32, "a" * 32 + "\n"])
async def test_what_is_no_key_reaches_no_file(store: Settings, tmp_path: Path, key: str) -> None:
    (tmp_path / "var").mkdir(exist_ok=True)
    (tmp_path / "var" / "secret_key").write_text("hush")
    with pytest.raises(NotFound):
        await copy_to(key, tmp_path / "copy", store)
    with pytest.raises(NotFound):
        await delete_upload(key, store)
    assert (tmp_path / "var" / "secret_key").exists()
    assert not (tmp_path / "copy").exists()
