"""The portals, by audience: a store's people and the platform's administrators."""

from orion.web import numbers as _numbers  # noqa: F401 (before the first page says where it is)
from orion.web.app import Portals, build_web
from orion.web.assets import AssetsMissing, require_assets

__all__ = ["AssetsMissing", "Portals", "build_web", "require_assets"]
