"""Which column of a feed means what."""

import pytest

from orion.catalog.attributes import GOOGLE_ATTRIBUTES
from orion.feeds.columns import SPECIAL, fold, read_columns
from orion.kernel import Invalid

INTERNAL = {"sale_price_effective_from", "sale_price_effective_to"}


@pytest.mark.parametrize(
    ("header", "folded"),
    [
        ("image_link", "image_link"),
        ("g:image_link", "image_link"),
        ("G:Image Link", "image_link"),
        (" Image-Link ", "image_link"),
        ('"IMAGE  LINK"', "image_link"),
        ("Größe", "groesse"),
        ("Catégorie", "categorie"),
        ("Price (EUR)", "price_eur"),
        ("日本", ""),
        ("", ""),
    ],
)
def test_headers_are_folded(header: str, folded: str) -> None:
    assert fold(header) == folded


@pytest.mark.parametrize("form", ["{}", "g:{}", "G:{}", " {} "])
def test_every_attribute_is_known_in_every_form(form: str) -> None:
    names = sorted({*SPECIAL, *GOOGLE_ATTRIBUTES} - INTERNAL)
    assert len(names) > 60
    for written in (names, [name.upper() for name in names], [name.replace("_", " ").title() for name in names]):
        assert read_columns([form.format(name) for name in written]).meanings == tuple(names)


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        ("EAN", "gtin"),
        ("sku", None),
        ("Marke", "brand"),
        ("Preis", "price"),
        ("Beschreibung", "description"),
        ("images", None),
        ("Product URL", "link"),
        ("Farbe", "color"),
        ("devise", "currency"),
        ("Lieferzeit", None),
        ("sale_price_effective_from", None),
        ("Disponibilité", "availability"),
        ("Größe", "size"),
    ],
)
def test_aliases(header: str, meaning: str | None) -> None:
    assert read_columns(["id", "title", header]).meanings[2] == meaning


def test_exact_names_go_before_aliases_and_the_first_of_equals_wins() -> None:
    found = read_columns(["SKU", "ean", "name", "id", "title", "gtin", "barcode", "g:gtin"])
    assert found.meanings == (None, None, None, "id", "title", "gtin", None, None)
    assert found.id_index == 3
    assert read_columns(["name", "sku", "ean", "barcode"]).meanings == ("title", "id", "gtin", None)


def test_columns_know_what_they_have_and_what_they_keep() -> None:
    found = read_columns([" id ", "title", "Lieferzeit", "", "Lieferzeit", "\0note"])
    assert found.headers == ("id", "title", "Lieferzeit", "", "Lieferzeit", "note")
    assert found.has("id")
    assert not found.has("price")
    assert found.unknown() == {2: "Lieferzeit", 3: "column 4", 4: "Lieferzeit 2", 5: "note"}


def test_a_missing_id_column_names_what_is_there_and_what_is_near() -> None:
    with pytest.raises(Invalid) as raised:
        read_columns(["produkt_id", "title", "Gewicht"])
    assert raised.value.code == "missing_columns"
    assert raised.value.detail == (
        "The feed has no column 'id'. Columns found: 'produkt_id', 'title', 'Gewicht'. 'produkt_id' looks like 'id'. "
        "Rename the column, or say what it means in the store's column mapping, and import again."
    )
    assert [(error.field, error.message) for error in raised.value.errors] == [
        ("id", "no column called 'id' or one of its other names; nearest: produkt_id, title")
    ]


def test_both_required_columns_may_be_missing() -> None:
    with pytest.raises(Invalid) as raised:
        read_columns(["xxx", "produkt titel"])
    assert "no column 'id' and 'title'" in raised.value.detail
    assert "'produkt_titel' looks like 'title'" in raised.value.detail
    assert [error.field for error in raised.value.errors] == ["id", "title"]


def test_a_complaint_about_a_long_header_stays_short() -> None:
    with pytest.raises(Invalid) as raised:
        read_columns(["?" * 1000] * 1000)
    assert len(raised.value.detail) < 4000
    assert "looks like" not in raised.value.detail
