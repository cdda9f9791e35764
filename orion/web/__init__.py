"""The portals, by audience: a store's people and the platform's administrators."""

from orion.web.app import Portals, build_web
from orion.web.assets import AssetsMissing, require_assets

__all__ = ["AssetsMissing", "Portals", "build_web", "require_assets"]
