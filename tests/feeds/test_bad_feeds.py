"""Feeds that cannot be imported at all: the import fails with words that help, and nothing is left half-done."""

import gzip
import io
import zipfile

import pytest

from orion import catalog
from orion.catalog import MarketplaceProduct
from orion.plumbing.runtime import Runtime
from tests.conftest import count
from tests.feeds.importing import GOOD, HEADER, counters, import_bytes, new_store


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_", "."), data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "feed_empty", "empty"),
        (HEADER, "feed_no_rows", "no rows"),
        (HEADER + b"\n\r\n\n", "feed_no_rows", "no rows"),
        (b"sku_nr,name_de,price\n1,Lamp,2\n", "missing_columns", "'sku_nr', 'name_de', 'price'"),
        (b"id,price\n1,2\n", "missing_columns", "no column 'title'"),
        (b"<!DOCTYPE html><html><head><title>Log in</title></head><body>x</body></html>", "feed_not_csv", "Log in"),
        (gzip.compress(HEADER + GOOD * 2000)[:-200], "feed_truncated", "end"),
        (zipped(a_csv=HEADER + GOOD, b_csv=HEADER + GOOD), "feed_corrupt", "a.csv"),
    ],
    ids=["empty", "header_only", "blank_rows", "no_columns", "no_title", "html", "truncated_gzip", "two_in_a_zip"],
)
async def test_it_fails_with_a_reason(runtime: Runtime, data: bytes, code: str, words: str) -> None:
    access = await new_store(runtime)
    job = await import_bytes(runtime, access, data)
    assert (job.status, job.failure_code) == ("failed", code), job.failure_message
    assert words in (job.failure_message or "")
    assert counters(job) == {}
    assert await count(runtime.database, MarketplaceProduct) == 0
    assert list((runtime.settings.var_dir / "spool").iterdir()) == []


async def test_a_zip_bomb_stops_at_the_bound(runtime: Runtime) -> None:
    access = await new_store(runtime)
    bomb = zipped(feed_csv=HEADER + b" " * 300_000_000)
    job = await import_bytes(runtime, access, bomb)
    assert (job.status, job.failure_code) == ("failed", "feed_too_large")


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("\ufeff".encode() + HEADER + "A1,Café,,1,,\n".encode(), "utf-8"),
        ((HEADER.decode() + "A1,Café,,1,,\n").encode("utf-16"), "utf-16"),
        ((HEADER.decode() + "A1,Café,,1,,\n").encode("cp1252"), "latin-1"),
        ((HEADER.decode() + "A1,Café,“€”,1,,\n").encode("cp1252"), "cp1252"),
        (gzip.compress(HEADER + "A1,Café,,1,,\n".encode()), "utf-8"),
        (zipped(feed_csv=HEADER + "A1,Café,,1,,\n".encode()), "utf-8"),
        (HEADER.replace(b",", b";") + "A1;Café;;1;;\n".encode(), "utf-8"),
        (HEADER.replace(b",", b"\t") + "A1\tCafé\t\t1\t\t\n".encode(), "utf-8"),
        (b"g:id,g:title, G:Price \n" + "A1,Café,1\n".encode(), "utf-8"),
    ],
    ids=["bom", "utf16", "latin1", "cp1252", "gzip", "zip", "semicolon", "tab", "google"],
)
async def test_it_is_read_whatever_it_is_written_in(runtime: Runtime, data: bytes, encoding: str) -> None:
    access = await new_store(runtime)
    job = await import_bytes(runtime, access, data)
    assert (job.status, counters(job)) == ("completed", {"imported": 1, "processed": 1}), job.failure_message
    assert job.details["encoding"].replace("_", "-").startswith(encoding)
    async with runtime.database.reading() as session:
        assert [(i.title, str(i.price)) for i in (await catalog.list_products(session, access)).items] == [
            ("Café", "1.00")
        ]
