"""What a store says of its columns, and the look at a feed before."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from orion import catalog, feeds
from orion.feeds.columns import judge_columns
from orion.feeds.preview import look_at
from orion.feeds.schedule_models import FeedMapping
from orion.kernel import Forbidden, Invalid
from orion.plumbing.runtime import Runtime
from tests.conftest import count
from tests.factories.stores import enter_as
from tests.feeds.importing import counters, import_bytes, new_store

FEED = b"Nr,Bezeichnung,Kategorie,Intern\nA1,Lampe,Licht,x\n"


def test_a_mapping_goes_before_names_and_aliases() -> None:
    mapping = {"nr": "id", "title": "keep", "bezeichnung": "title", "intern": "ignore", "sku": "mpn"}
    found = judge_columns(["Nr", "title", "Bezeichnung", "Intern", "SKU", "brand", "ean"], mapping)
    assert found.meanings == ("id", None, "title", None, "mpn", "brand", "gtin")
    assert found.reasons == ("saved", "saved", "saved", "saved", "saved", "exact", "alias")
    assert found.unknown() == {1: "title"}


async def test_a_feed_with_unknown_columns_imports_once_they_are_explained(runtime: Runtime) -> None:
    access = await new_store(runtime)
    failed = await import_bytes(runtime, access, FEED)
    assert failed.failure_code == "missing_columns"
    head = feeds.Head.from_json(failed.details["columns"])
    assert head.headers == ["Nr", "Bezeichnung", "Kategorie", "Intern"]
    assert head.samples == [["A1"], ["Lampe"], ["Licht"], ["x"]]
    assert feeds.judge_head(head, {}).missing == ["id", "title"]
    async with runtime.database.transaction() as session:
        saved = await feeds.save_mapping(
            session, access, columns={"Nr": "id", "BEZEICHNUNG": "Title", "Kategorie": "keep", "Intern": "ignore"}
        )
    assert saved.columns == {"Nr": "id", "BEZEICHNUNG": "title", "Kategorie": "keep", "Intern": "ignore"}
    assert counters(await import_bytes(runtime, access, FEED)) == {"imported": 1, "processed": 1}
    async with runtime.database.reading() as session:
        product = await catalog.get_marketplace_product(session, "A1", "Letzshop", "en")
    assert (product.title, product.attributes) == ("Lampe", {"Kategorie": "Licht"})
    assert counters(await import_bytes(runtime, access, FEED)) == {"unchanged": 1, "processed": 1}


async def test_a_changed_mapping_has_the_feed_read_anew(runtime: Runtime) -> None:
    access = await new_store(runtime)
    data = b"id,title,Farbton\nA1,Lamp,red\n"
    await import_bytes(runtime, access, data)
    async with runtime.database.transaction() as session:
        await feeds.save_mapping(session, access, columns={"farbton": "color"})
    again = await import_bytes(runtime, access, data)
    assert counters(again).get("unchanged") is None
    async with runtime.database.reading() as session:
        assert (await catalog.get_marketplace_product(session, "A1", "Letzshop", "en")).google["color"] == "red"
        assert await feeds.list_mappings(session, access) == [feeds.SavedMapping("Letzshop", {"farbton": "color"})]
    async with runtime.database.transaction() as session:
        await feeds.forget_mapping(session, access)
        assert await feeds.list_mappings(session, access) == []


async def test_what_cannot_be_a_mapping_is_refused_by_column(runtime: Runtime) -> None:
    access = await new_store(runtime)
    async with runtime.database.transaction() as session:
        with pytest.raises(Invalid) as raised:
            await feeds.save_mapping(session, access, columns={"": "id", "A": "colour!", "b c": "mpn", "B-C": "gtin"})
        assert raised.value.code == "invalid_mapping"
        assert [error.field for error in raised.value.errors] == ["columns.", "columns.A", "columns.B-C"]
        viewer = await enter_as(session, access, "viewer")
        with pytest.raises(Forbidden):
            await feeds.save_mapping(session, viewer, columns={})
    assert await count(runtime.database, FeedMapping) == 0


def packed(data: bytes, how: str) -> bytes:
    if how == "gzip":
        return gzip.compress(data)[:-9]  # a beginning only
    if how == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("feed.csv", data)
        return buffer.getvalue()
    return data


@pytest.mark.parametrize("how", ["plain", "gzip", "zip"])
def test_the_beginning_of_a_feed_is_enough_for_a_look(tmp_path: Path, how: str) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(packed(b"id;title;Gewicht\nA1;Lamp;3\nA2;Chair;3\nA3;Ta", how))
    head = look_at(raw)
    assert head.headers == ["id", "title", "Gewicht"]
    assert head.samples[2] == ["3"]
    found = feeds.judge_head(head, {"gewicht": "shipping_weight"})
    assert [(column.target, column.why) for column in found.columns] == [
        ("id", "exact"), ("title", "exact"), ("shipping_weight", "saved"),
    ]  # fmt: skip
    assert found.missing == []


def test_a_look_at_the_beginning_of_xml(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.write_bytes(b"<rss><channel><item><sku>A1</sku><titel_de>Lampe</titel_de></item><item><sku>A2</s")
    found = feeds.judge_head(look_at(raw), {})
    assert [(column.header, column.samples, column.why) for column in found.columns] == [
        ("sku", ["A1"], "alias"),
        ("titel_de", ["Lampe"], "unknown"),
    ]
    assert found.columns[1].suggestions[0] == "title"
    assert found.missing == ["title"]
