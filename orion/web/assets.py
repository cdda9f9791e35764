"""The browser files: ours under static/app, other people's under static/vendor, each served under a name or a
version that changes with its content.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
_MANIFEST = STATIC / "vendor" / "manifest.json"


class AssetsMissing(RuntimeError):
    """The vendor folder was not built, so no page can look or work as it should."""

    def __init__(self) -> None:
        super().__init__(
            "The portal's browser files have not been built. Run `python scripts/assets.py` (or `make setup`) once."
        )


def require_assets() -> None:
    """Raises AssetsMissing unless the browser files are there."""
    if not _MANIFEST.is_file():
        raise AssetsMissing


@cache
def static_url(name: str) -> str:
    """The address of a browser file by its plain name ("orion.css", "htmx.js"). Raises AssetsMissing, KeyError."""
    own = STATIC / "app" / name
    if own.is_file():
        return f"/static/app/{name}?v={hashlib.sha256(own.read_bytes()).hexdigest()[:10]}"
    require_assets()
    return f"/static/vendor/{json.loads(_MANIFEST.read_text())[name]}"
