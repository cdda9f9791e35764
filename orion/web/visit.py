"""Who is visiting: the session cookie, the proof that a form is ours, and the transaction a page works in."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import URL, FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from orion import identity, notifications
from orion.identity import User
from orion.kernel import LANGUAGES, Forbidden
from orion.plumbing.runtime import Runtime
from orion.web.i18n import LANGUAGE_COOKIE, use_language

SECURE_COOKIE = "__Host-orion_staff"
PLAIN_COOKIE = "orion_staff"


class LoginNeeded(Exception):
    """Nobody is logged in, or the session has ended."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A logged-in visitor and the database session that the page works in."""

    session: AsyncSession
    user: User


def runtime_of(request: Request) -> Runtime:
    """The process's runtime, as given to `build_web`."""
    runtime: Runtime = request.app.state.runtime
    return runtime


@asynccontextmanager
async def reading(request: Request) -> AsyncIterator[Visit]:
    """A visit that only reads. Raises LoginNeeded."""
    async with runtime_of(request).database.reading() as session:
        yield Visit(session, await _visitor(request, session))


@asynccontextmanager
async def acting(request: Request) -> AsyncIterator[Visit]:
    """A visit that writes: committed on leaving, before the answer is sent. Raises LoginNeeded.

    Call `posted` first: it is what proves that the visitor meant to.
    """
    async with runtime_of(request).database.transaction() as session:
        yield Visit(session, await _visitor(request, session))


async def posted(request: Request) -> FormData:
    """The form that the visitor sent from one of our own pages. Raises LoginNeeded, Forbidden (`csrf_failed`).

    A form that says that it is larger than a feed may be is not read: HTTPException with status 413.
    """
    async with reading(request):
        pass
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > runtime_of(request).settings.feed_max_bytes:
        raise HTTPException(413)
    sent = request.headers.get("x-csrf-token")
    form = await request.form()
    if sent is None:
        sent = str(form.get("csrf_token", ""))
    if not hmac.compare_digest(sent.encode(), csrf_token(request).encode()):
        raise Forbidden("csrf_failed", "This form is out of date. Load the page again and repeat what you did.")
    return form


def csrf_token(request: Request) -> str:
    """The token that a form of this session must send back; empty when there is no session."""
    cookie = session_cookie(request)
    if not cookie:
        return ""
    key = hashlib.sha256(b"orion-csrf:" + runtime_of(request).settings.signing_key().encode()).digest()
    return hmac.new(key, cookie.encode(), "sha256").hexdigest()


def unread(request: Request) -> int:
    """How many notifications the visitor has not read (100 stands for more); none for who is not logged in."""
    return int(getattr(request.state, "unread", 0))


async def ours_only(request: Request) -> AsyncIterator[None]:
    """A dependency of every page: refuse other sites, and let go of uploads when the page is done."""
    refuse_other_sites(request)
    try:
        yield
    finally:
        await request.close()


def refuse_other_sites(request: Request) -> None:
    """Raises Forbidden (`cross_site`) for a write that a browser sent from anywhere but our own pages."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    ours = origin is not None and urlsplit(origin).netloc == request.headers.get("host")
    if site not in (None, "same-origin", "none") or (origin is not None and not ours) or (site is None and not ours):
        raise Forbidden("cross_site", "This request came from another site, so it was refused.")


def session_cookie(request: Request) -> str | None:
    """The value of the session cookie, if the browser sent one."""
    return request.cookies.get(_cookie_name(request))


def remember(request: Request, response: Response, value: str) -> None:
    """Give the browser its session."""
    settings = runtime_of(request).settings
    response.set_cookie(
        _cookie_name(request),
        value,
        max_age=settings.session_expire_hours * 3600,
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def forget(request: Request, response: Response) -> None:
    """Take the session from the browser."""
    response.delete_cookie(_cookie_name(request), path="/", secure=_is_secure(request), httponly=True, samesite="lax")


def remember_language(request: Request, response: Response, code: str) -> None:
    """Keep the chosen language in this browser for a year."""
    response.set_cookie(
        LANGUAGE_COOKIE, code, max_age=31536000, path="/", secure=_is_secure(request), httponly=True, samesite="lax"
    )


def login_url(request: Request) -> str:
    """Where to log in and then come back to the page that the visitor is on."""
    shown = URL(request.headers.get("hx-current-url") or (str(request.url) if request.method == "GET" else "/"))
    path = safe_path(shown.path + (f"?{shown.query}" if shown.query else ""))
    return "/login" if path == "/" else f"/login?next={quote(path, safe='/')}"


def safe_path(text: str | None) -> str:
    """A path of this site to go to next; "/" for anything that could lead elsewhere."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")) or any(ord(c) < 32 for c in text):
        return "/"
    return text


async def _visitor(request: Request, session: AsyncSession) -> User:
    cookie = session_cookie(request)
    user = await identity.user_for_web_session(session, cookie) if cookie else None
    if user is None:
        raise LoginNeeded
    if user.language in LANGUAGES and LANGUAGE_COOKIE not in request.cookies:
        use_language(user.language)
    request.state.unread = await notifications.unread_count(session, user)
    return user


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https"


def _cookie_name(request: Request) -> str:
    return SECURE_COOKIE if _is_secure(request) else PLAIN_COOKIE
