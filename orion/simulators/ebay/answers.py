"""Errors as eBay's REST APIs tell them: `errors[]` of errorId, domain, category, message, parameters."""

from typing import Any

from starlette.responses import JSONResponse, Response


def error(
    error_id: int, message: str, *, domain: str = "API_FULFILLMENT", category: str = "REQUEST", **parameters: Any
) -> dict[str, Any]:
    """One entry of `errors`."""
    told: dict[str, Any] = {
        "errorId": error_id,
        "domain": domain,
        "category": category,
        "message": message,
        "longMessage": message,
    }
    if parameters:
        told["parameters"] = [{"name": name, "value": str(value)} for name, value in parameters.items()]
    return told


class Wrong(Exception):
    """A call that is refused."""

    def __init__(self, status: int, error_id: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.told = error(error_id, message, **more)

    def answer(self) -> Response:
        """As the API says it."""
        return JSONResponse({"errors": [self.told]}, self.status)
