"""XML feeds: the same products as the same data in CSV, bounded and safe."""

import csv
import gzip
import io
import zipfile
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orion.feeds.errors import FeedUnreadable
from orion.feeds.prepare import prepare
from orion.feeds.structures import join_parts, split_parts
from orion.feeds.values import join_list, parse_list
from orion.feeds.xml import flatten
from orion.plumbing.runtime import Runtime
from tests.feeds.importing import counters, import_bytes, issues, new_store, snapshot

HEAD = '<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>'
TAIL = "</channel></rss>"


def rss(*items: str, head: str = HEAD) -> bytes:
    return (head + "\n".join(f"<item>{item}</item>" for item in items) + TAIL).encode()


def read(tmp_path: Path, data: bytes, max_bytes: int = 1 << 20) -> list[list[str]]:
    """The records that the feed becomes, by Python's own reader."""
    source, target = tmp_path / "raw", tmp_path / "flat"
    source.write_bytes(data)
    done = flatten(source, target, max_bytes=max_bytes)
    text = target.read_bytes()
    assert done.size == len(text)
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".rough")] == []
    return list(csv.reader(io.StringIO(text.decode(), newline="")))


def test_items_become_records_under_a_header_of_all_elements_met(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        rss(
            "<g:id>A1</g:id><title>Lamp &amp; shade</title><link>https://x.example/1</link>",
            '<g:id>A2</g:id><title><![CDATA[A "big", <b>new</b>\nchair]]></title><g:price>12 EUR</g:price>',
            "<g:id>A3</g:id>",
        ),
    )
    assert rows == [
        ["id", "title", "link", "price"],
        ["A1", "Lamp & shade", "https://x.example/1", ""],
        ["A2", 'A "big", <b>new</b>\nchair', "", "12 EUR"],
        ["A3", "", "", ""],
    ]


def test_repeated_and_structured_elements_become_the_lists_of_delimited_feeds(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        rss(
            "<g:id>A1</g:id><title>T</title><title>Second</title>"
            "<g:additional_image_link>https://x.example/1</g:additional_image_link>"
            "<g:additional_image_link>https://x.example/2,3</g:additional_image_link>"
            "<g:product_highlight>Light, bright</g:product_highlight><g:product_highlight>Quiet</g:product_highlight>"
            "<g:shipping><g:price>4.90 EUR</g:price><g:country>LU</g:country>"
            "<g:service>Post: fast</g:service></g:shipping>"
            "<g:shipping><g:country>FR</g:country><g:price>9 EUR</g:price></g:shipping>"
        ),
    )
    assert dict(zip(rows[0], rows[1], strict=True)) == {
        "id": "A1",
        "title": "T",
        "additional_image_link": "https://x.example/1,https://x.example/2,3",
        "product_highlight": '"Light, bright","Quiet"',
        "shipping": r"LU::Post\: fast:4.90 EUR,FR:::9 EUR",
    }


def test_googles_element_goes_before_the_plain_one_and_prefixes_are_what_they_are_declared_to_be(
    tmp_path: Path,
) -> None:
    head = '<rss xmlns:goo="http://base.google.com/ns/1.0" xmlns:c="http://base.google.com/cns/1.0"><channel>'
    data = rss(
        "<title>RSS</title><goo:title>Google</goo:title><goo:id>1</goo:id><c:season>spring</c:season>", head=head
    )
    assert read(tmp_path, data) == [["title", "id", "c:season"], ["Google", "1", "spring"]]


def test_atom_entries_with_links_in_attributes(tmp_path: Path) -> None:
    data = (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><title>Shop</title>'
        b"<entry><id>tag:x,1</id><g:id>A1</g:id><title>Lamp</title><updated>2026-11-01T00:00:00Z</updated>"
        b'<link rel="self" href="https://x.example/self"/><link href="https://x.example/1"/>'
        b"<summary>Bright</summary></entry></feed>"
    )
    assert read(tmp_path, data) == [
        ["id", "title", "link", "description"],
        ["A1", "Lamp", "https://x.example/1", "Bright"],
    ]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", "utf-8"), ("iso-8859-1", "ISO-8859-1"), ("cp1252", "windows-1252"), ("utf-16", "utf-16")],
)
def test_encodings_by_declaration_or_mark(tmp_path: Path, encoding: str, declared: str) -> None:
    item = "<item><id>A1</id><title>Été</title></item>"
    text = f'<?xml version="1.0" encoding="{declared}"?><rss><channel>{item}</channel></rss>'
    assert read(tmp_path, text.encode(encoding)) == [["id", "title"], ["A1", "Été"]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (HEAD + "<item><g:id>1</g:id></item>\n<item><g:id>2</item>" + TAIL, "line 2, column 16, in or behind item 2"),
        (HEAD + "<item><g:id>1</g:id></item><item><title>a & b</title></item>" + TAIL, "&amp;"),
        (HEAD + "<item><title>a&nbsp;b</title></item>" + TAIL, "&#160;"),
        (HEAD + "<item><g:id>1</g:id></item><item><g:id>2", "breaks off"),
        (HEAD + TAIL, "no <item>"),
        ("<a>" * 200 + "</a>" * 200, "nested"),
        (
            HEAD.replace("<rss", '<!DOCTYPE rss [<!ENTITY a "b">]><rss') + "<item><title>&a;</title></item>" + TAIL,
            "entities",
        ),
        (
            HEAD.replace("<rss", '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss')
            + "<item><title>&a;</title></item>"
            + TAIL,
            "entities",
        ),
        (
            HEAD.replace("<rss", '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><rss')
            + "<item><title>&b;</title></item>"
            + TAIL,
            "entities",
        ),
        ('<?xml version="1.0" encoding="klingon"?><rss><channel/></rss>', "encoding"),
        ("".join([HEAD, "<item>", *(f"<e{n}>x</e{n}>" for n in range(1001)), "</item>", TAIL]), "different elements"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path: Path, data: str, said: str) -> None:
    with pytest.raises(FeedUnreadable) as raised:
        read(tmp_path, data.encode())
    assert raised.value.code == "feed_bad_xml"
    assert said in raised.value.detail


def test_a_document_type_without_entities_is_no_attack(tmp_path: Path) -> None:
    data = rss("<id>1</id>").replace(b"<rss", b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/rss.dtd"><rss')
    assert read(tmp_path, data) == [["id"], ["1"]]


def test_growth_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(FeedUnreadable) as raised:
        read(tmp_path, rss(*(f"<g:id>{n}</g:id>" for n in range(1000))), max_bytes=1000)
    assert raised.value.code == "feed_too_large"


@pytest.mark.parametrize("pack", ["plain", "gzip", "zip"])
def test_packed_xml_is_prepared_as_delimited_text(tmp_path: Path, pack: str) -> None:
    data = rss("<g:id>A1</g:id><title>Lamp</title>")
    if pack == "gzip":
        data = gzip.compress(data)
    if pack == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("feed.xml", data)
        data = buffer.getvalue()
    raw, target = tmp_path / "raw", tmp_path / "feed.csv"
    raw.write_bytes(data)
    done = prepare(raw, target, max_bytes=1 << 20)
    assert (done.path, done.encoding, done.delimiter, done.first_row) == (target, "utf-8", ",", 1)
    assert target.read_bytes() == b"id,title\nA1,Lamp\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feed.csv", "raw"]


WORD = st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text.strip() == text
)


@given(st.lists(WORD | st.sampled_from(["https://x.example/a", "https://x.example/a,https://y.example"]), min_size=1))
def test_every_list_is_read_as_it_was_joined(values: list[str]) -> None:
    assert orjson.loads(parse_list(join_list(values))) == values


@given(st.sampled_from(["shipping", "tax", "product_detail"]), st.text("ab:\\ ,", max_size=30))
def test_parts_are_only_split_where_they_join_again(name: str, text: str) -> None:
    parts = split_parts(name, text)
    assert parts is None or join_parts(name, parts) == text
    assert split_parts("shipping", "LU::Post:4.90 EUR") == [
        ("country", "LU"),
        ("service", "Post"),
        ("price", "4.90 EUR"),
    ]


CSV_FEED = (
    "id,title,description,price,gtin,availability,additional_image_link,shipping,note\n"
    'A1,Lamp,"Bright, and ""warm""",29.90 EUR,4006381333931,in stock,"https://x.example/1,https://x.example/2",'
    "LU::Post:4.90 EUR,mine\n"
    "A2,Chair,,12 EUR,124,in stock,,,\n"
    "A3,,No title,1 EUR,,,,,\n"
    "A4,Table,,free,,,,,\n"
)
XML_FEED = rss(
    '<g:id>A1</g:id><title>Lamp</title><description>Bright, and "warm"</description><g:price>29.90 EUR</g:price>'
    "<g:gtin>4006381333931</g:gtin><g:availability>in stock</g:availability>"
    "<g:additional_image_link>https://x.example/1</g:additional_image_link>"
    "<g:additional_image_link>https://x.example/2</g:additional_image_link>"
    "<g:shipping><g:country>LU</g:country><g:service>Post</g:service><g:price>4.90 EUR</g:price></g:shipping>"
    "<note>mine</note>",
    "<g:id>A2</g:id><title>Chair</title><g:price>12 EUR</g:price><g:gtin>124</g:gtin>"
    "<g:availability>in stock</g:availability>",
    "<g:id>A3</g:id><description>No title</description><g:price>1 EUR</g:price>",
    "<g:id>A4</g:id><title>Table</title><g:price>free</g:price>",
)


async def test_the_same_products_come_from_csv_and_from_xml(runtime: Runtime) -> None:
    access = await new_store(runtime)
    by_csv = await import_bytes(runtime, access, CSV_FEED.encode(), marketplace="Letzshop")
    by_xml = await import_bytes(runtime, access, XML_FEED, marketplace="Amazon")
    assert counters(by_xml) == counters(by_csv) == {"imported": 2, "error": 2, "warning": 1, "processed": 4}
    assert by_xml.details["format"] == "xml"
    assert [(row + 1, *rest) for row, *rest in await issues(runtime, by_xml)] == await issues(runtime, by_csv)
    assert [row for row, *_ in await issues(runtime, by_xml)] == [2, 3, 4]
    found = await snapshot(runtime)
    rows = [[value for value in row if value not in ("Letzshop", "Amazon")] for row in found["products"]]
    assert len(rows) == 4
    assert rows[0] == rows[1]
    assert rows[2] == rows[3]
    assert found["texts"][0] == found["texts"][1]
    again = await import_bytes(runtime, access, XML_FEED, marketplace="Amazon")
    assert counters(again) == {"unchanged": 2, "error": 2, "warning": 1, "processed": 4}


async def test_broken_xml_imports_nothing(runtime: Runtime) -> None:
    access = await new_store(runtime)
    job = await import_bytes(runtime, access, XML_FEED[:-40])
    assert (job.status, job.failure_code, counters(job)) == ("failed", "feed_bad_xml", {})
    assert (await snapshot(runtime))["products"] == []
