"""Stock from CSV files: quantities by GTIN, SKU or product, each row taken whole or reported."""

import orion.feeds.stock.jobs  # noqa: F401 (declares the job)
from orion.feeds.stock.changes import list_stock_changes
from orion.feeds.stock.follow import apply_stock_dry_run, cancel_stock_import, cancel_stock_imports_of
from orion.feeds.stock.models import STOCK_MODES, StockImport, StockImportError
from orion.feeds.stock.purge import purge_stock_import_changes
from orion.feeds.stock.queries import (
    StockImportView,
    failed_stock_header,
    failed_stock_rows,
    get_stock_import,
    list_stock_errors,
    list_stock_imports,
)
from orion.feeds.stock.start import start_stock_import

__all__ = [
    "STOCK_MODES",
    "StockImport",
    "StockImportError",
    "StockImportView",
    "apply_stock_dry_run",
    "cancel_stock_import",
    "cancel_stock_imports_of",
    "failed_stock_header",
    "failed_stock_rows",
    "get_stock_import",
    "list_stock_changes",
    "list_stock_errors",
    "list_stock_imports",
    "purge_stock_import_changes",
    "start_stock_import",
]
