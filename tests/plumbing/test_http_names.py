"""The name a downloaded file is shown under."""

import pytest

from orion.plumbing.http_names import offered_filename


@pytest.mark.parametrize(
    ("header", "path", "name"),
    [
        (None, "/feeds/all.csv", "all.csv"),
        (None, "/feeds/caf%C3%A9.csv", "café.csv"),
        (None, "/feeds/", "feeds"),
        (None, "/", None),
        (None, "/%2e%2e%2fetc%2fpasswd", "passwd"),
        ("attachment", "/export", "export"),
        ('attachment; filename="products, all.csv"', "/export", "products, all.csv"),
        ("attachment; filename*=UTF-8''caf%C3%A9.csv", "/export", "café.csv"),
        ("attachment; filename*=nosuch''x.csv", "/export", "x.csv"),
        ('attachment; filename="..\\\\..\\\\boot.ini"', "/export", "boot.ini"),
        ('attachment; filename="a\x07/"', "/export", None),
        ('attachment; filename=""', "/export", "export"),
        ("attachment; filename=" + "x" * 300, "/export", "x" * 255),
        (";;;=", "/export", "export"),
    ],
)
def test_offered_filename(header: str | None, path: str, name: str | None) -> None:
    assert offered_filename(header, path) == name
