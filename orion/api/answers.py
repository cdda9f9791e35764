"""Answers that are written as they are: long lists, which no response model validates again."""

from typing import Any

import orjson
from fastapi import Response


def json_answer(content: Any) -> Response:
    """The content (JSON values, moments in UTC) as JSON."""
    return Response(orjson.dumps(content, option=orjson.OPT_UTC_Z), media_type="application/json")
