"""One Jinja environment for all pages, and the few ways in which a page answers."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from orion.identity import User
from orion.kernel import CHANNEL_NAMES, LANGUAGES, MARKETPLACES, Page
from orion.web import formats, labels, labels_channels, labels_orders, labels_stock
from orion.web.assets import static_url
from orion.web.i18n import LANGUAGE_NAMES, current_language, gettext, ngettext
from orion.web.visit import csrf_token, unread


@cache
def environment() -> Environment:
    """The environment with our filters and texts; a name that a page did not give is an error."""
    env = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # added by jinja2.ext.i18n
    env.policies["ext.i18n.trimmed"] = True
    env.filters |= {
        "num": formats.number,
        "percent": formats.percent,
        "money": formats.money,
        "amount": formats.amount,
        "duration": formats.duration,
        "remaining": formats.remaining,
        "ago": formats.ago,
        "moment": formats.moment,
        "day": formats.day,
        "pretty_json": lambda value: json.dumps(value, ensure_ascii=False, indent=2),
    }
    env.globals |= {
        "static_url": static_url,
        "labels": labels,
        "stock_labels": labels_stock,
        "order_labels": labels_orders,
        "channel_labels": labels_channels,
        "CHANNEL_NAMES": CHANNEL_NAMES,
        "LANGUAGES": LANGUAGES,
        "MARKETPLACES": MARKETPLACES,
        "LANGUAGE_NAMES": LANGUAGE_NAMES,
        "page_numbers": page_numbers,
        "with_query": with_query,
    }
    return env


def render(request: Request, name: str, *, user: User | None = None, status: int = 200, **context: Any) -> HTMLResponse:
    """A template as an answer. Every template gets the request, its language, the visitor and their CSRF token."""
    token = csrf_token(request) if user else ""
    html = (
        environment()
        .get_template(name)
        .render(
            request=request,
            lang=current_language(),
            user=user,
            csrf=token,
            unread=unread(request),
            csrf_input=Markup('<input type="hidden" name="csrf_token" value="{}">').format(token),
            here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            **context,
        )
    )
    return HTMLResponse(html, status_code=status)


def is_htmx(request: Request) -> bool:
    """Whether only a fragment is wanted; a page that the browser restores from its history is wanted whole."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-history-restore-request") != "true"


def redirect(url: str) -> Response:
    """Send the browser to read another page."""
    return RedirectResponse(url, status_code=303)


def go_on(request: Request, url: str) -> Response:
    """Send the visitor to another page, also when htmx has asked for a fragment of this one."""
    return Response(status_code=204, headers={"HX-Redirect": url}) if is_htmx(request) else redirect(url)


def csv_file(name: str, lines: AsyncIterator[str]) -> Response:
    """Lines of CSV as a file that browsers save as `name` (plain ASCII), and never keep."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def announce(response: Response, *, toast: str = "", kind: str = "ok", events: Sequence[str] = ()) -> Response:
    """Let an htmx answer show a message, and tell other parts of the page (by events) that something changed."""
    told: dict[str, Any] = dict.fromkeys(events, True)
    if toast:
        told["toast"] = {"text": toast, "kind": kind}
    response.headers["HX-Trigger"] = json.dumps(told)
    return response


def page_numbers(page: Page[Any]) -> list[int | None]:
    """The numbers to offer: first, last and those around the current one; None stands for a gap."""
    shown = [number for number in range(1, page.pages + 1) if number in (1, page.pages) or abs(number - page.page) <= 1]
    numbers: list[int | None] = []
    for number in shown:
        if numbers and numbers[-1] is not None and number - numbers[-1] > 1:
            numbers.append(None)
        numbers.append(number)
    return numbers


def with_query(path: str, query: Mapping[str, Any], **changes: Any) -> str:
    """The path with the parameters that say something."""
    kept = {name: value for name, value in {**query, **changes}.items() if value not in (None, "")}
    return f"{path}?{urlencode(kept)}" if kept else path
