"""Addresses on the web as people give them: how they are shown without the secrets inside them."""

import re
from urllib.parse import urlsplit, urlunsplit

HIDDEN = "***"
_SECRET_NAME = re.compile(r"pass|pwd|token|secret|key|sig|auth|credential|session", re.IGNORECASE)


def redact_url(url: str) -> str:
    """Show a URL without user name and password, and without query values that look like secrets."""
    scheme, slashes, rest = url.partition("//")
    if not slashes:
        scheme, rest = "", url
    try:
        parts = urlsplit(f"//{rest}")
        _ = parts.port
    except ValueError:
        # Not an URL, perhaps because of a slash in the password: nothing before the last "@" is shown.
        return f"{scheme}{slashes}{HIDDEN}{rest[rest.rfind('@') :] if '@' in rest else ''}"
    userinfo, at, host = parts.netloc.rpartition("@")
    netloc = f"{HIDDEN}@{host}" if at and userinfo else host
    query = "&".join(_redact_pair(pair) for pair in parts.query.split("&"))
    return f"{scheme}{slashes}{urlunsplit(('', netloc, parts.path, query, '')).removeprefix('//')}"


def _redact_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}={HIDDEN}" if equals and value and _SECRET_NAME.search(name) else pair
