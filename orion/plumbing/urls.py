"""Addresses on the web as people give them: how they are shown without the secrets inside them."""

import re
from urllib.parse import urlsplit, urlunsplit

HIDDEN = "***"
_SECRET_NAME = re.compile(r"pass|pwd|token|secret|key|sig|auth|credential|session", re.IGNORECASE)


def redact_url(url: str) -> str:
    """The URL to show and log: without user name and password, and without query values that look like secrets."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"{url.partition(':')[0][:8]}:{HIDDEN}"
    userinfo, at, host = parts.netloc.rpartition("@")
    netloc = f"{HIDDEN}@{host}" if at and userinfo else host
    query = "&".join(_redact_pair(pair) for pair in parts.query.split("&"))
    return urlunsplit((parts.scheme, netloc, parts.path, query, ""))


def _redact_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}={HIDDEN}" if equals and value and _SECRET_NAME.search(name) else pair
