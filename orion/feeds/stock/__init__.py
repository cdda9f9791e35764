"""Stock from CSV files: quantities by GTIN, SKU or product, each row taken whole or reported."""

import orion.feeds.stock.jobs  # noqa: F401 (declares the job)
from orion.feeds.stock.models import STOCK_MODES, STOCK_STATUSES, StockImport, StockImportError
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
    "STOCK_STATUSES",
    "StockImport",
    "StockImportError",
    "StockImportView",
    "failed_stock_header",
    "failed_stock_rows",
    "get_stock_import",
    "list_stock_errors",
    "list_stock_imports",
    "start_stock_import",
]
