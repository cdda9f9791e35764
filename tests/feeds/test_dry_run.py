"""A dry run tells what the import then does."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orion import catalog, feeds
from orion.catalog import MarketplaceProduct, Product
from orion.feeds.changes import shown_fields
from orion.kernel import Conflict
from orion.merchants import StoreAccess
from orion.plumbing.runtime import Runtime
from tests.databases import empty
from tests.feeds.importing import counters, finish, import_bytes, issues, new_store, snapshot

COLUMNS = ("id", "title", "description", "price", "availability", "brand", "additional_image_link", "shelf")
