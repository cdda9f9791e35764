"""URLs are shown without the secrets in them."""

import pytest

from orion.plumbing.urls import redact_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/feed.csv?lang=fr&page=2", "https://example.com/feed.csv?lang=fr&page=2"),
        ("https://jane:s3cret@example.com:8443/feed.csv", "https://***@example.com:8443/feed.csv"),
        ("https://jane@example.com/", "https://***@example.com/"),
        ("https://a:b@c:d@example.com/", "https://***@example.com/"),
        ("https://example.com/?lang=fr&Access_Token=abc&x", "https://example.com/?lang=fr&Access_Token=***&x"),
        (
            "https://s3.example.com/f?X-Amz-Signature=ab&X-Amz-Credential=cd#x",
            "https://s3.example.com/f?X-Amz-Signature=***&X-Amz-Credential=***",
        ),
        ("https://example.com/?token=", "https://example.com/?token="),
        ("http://jane:pw@[::1", "http://***@[::1"),
        ("http://jane:p/w@example.com/feed.csv", "http://***@example.com/feed.csv"),
        ("http://[::1", "http://***"),
        ("jane:pw@example.com/feed.csv", "***@example.com/feed.csv"),
        ("https://example.com/@jane/feed.csv", "https://example.com/@jane/feed.csv"),
        ("feed.csv", "feed.csv"),
        ("", ""),
    ],
)
def test_redact_url(url: str, shown: str) -> None:
    assert redact_url(url) == shown
