"""The page on which a seller lets an app act for them: alike at each marketplace, but for what it sends back."""

import html
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response


def answer_consent(
    query: Mapping[str, str],
    usual: str,
    question: str,
    *,
    granted: Callable[[], Mapping[str, str]],
    denied: Mapping[str, str],
) -> Response:
    """Ask the `question`, or answer for the seller: by `auto` in the query, else as `usual` ("ask", "allow", "deny").

    The browser is sent back to the query's `redirect_uri` with its `state`, and what was `granted` or `denied`.
    """
    asked = dict(query)
    decision = asked.pop("auto", None) or usual
    if decision == "ask":
        links = [
            f'<p><a href="?{html.escape(urlencode({**asked, "auto": word}))}">{word}</a></p>'
            for word in ("allow", "deny")
        ]
        return HTMLResponse(f"<h1>{html.escape(question)}</h1>{''.join(links)}")
    answer = {"state": asked["state"], **(granted() if decision == "allow" else denied)}
    target = asked["redirect_uri"]
    return RedirectResponse(f"{target}{'&' if '?' in target else '?'}{urlencode(answer)}", 302)
