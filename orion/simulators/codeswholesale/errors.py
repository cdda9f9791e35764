"""How the supplier says no: {status, code, message}; tokens in OAuth's own words."""

from starlette.responses import JSONResponse, Response

BALANCE_TOO_LOW = (10002, "Not enough balance to place the order")
STOCK_TOO_LOW = (310003, "The quantity is higher than the stock")
QUANTITY_TOO_LOW = (40002, "The quantity must be at least 1")
PRODUCT_UNKNOWN = (20001, "Product not found")
CODE_UNKNOWN = (50002, "Code not found")
ORDER_UNKNOWN = (404, "Order not found")
"""Nobody has published this one's number, nor those of requests that cannot be read (40000)."""


def failure(status: int, code: int, message: str) -> Response:
    """A refusal, or a fault of theirs."""
    return JSONResponse({"status": status, "code": code, "message": message, "developerMessage": message}, status)


def oauth_failure(status: int, error: str, description: str) -> Response:
    """RFC 6749 section 5.2, and RFC 6750 section 3.1 for tokens."""
    return JSONResponse({"error": error, "error_description": description}, status)
