"""Posting a small message to an address that people gave us: checked and pinned like a fetch, bounded in time."""

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import httpx

import orion
from orion.kernel import FieldError, Invalid
from orion.plumbing import addresses
from orion.plumbing.fetch_errors import retry_after
from orion.plumbing.http_pinned import AddressRefused, NoSuchHost, certificate_error, send_pinned
from orion.plumbing.settings import Settings
from orion.plumbing.urls import redact_url

EXCERPT_BYTES = 1024
MAX_URL_LENGTH = 2048


@dataclass(frozen=True, slots=True)
class Posted:
    """How a post ended: the `status` of the answer, or `error` in words when none came.

    `excerpt` is the beginning of the answer's body, `retry_after` and `seconds` are in seconds.
    """

    status: int | None
    excerpt: str
    retry_after: float | None
    seconds: float
    error: str | None = None


async def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    settings: Settings,
    timeout_seconds: float,
    resolver: addresses.Resolver = addresses.resolve,
) -> Posted:
    """POST the body once. Redirects are not followed, at most a kilobyte of the answer is read. Raises nothing.

    Private, loopback and link-local addresses are refused, as for a fetch, unless FETCH_ALLOWED_HOSTS names them.
    """
    began = time.monotonic()
    try:
        async with asyncio.timeout(timeout_seconds):
            return await _post(url, body, headers, settings, resolver, began)
    except TimeoutError:
        error = f"There was no answer within {timeout_seconds:g} seconds."
    except NoSuchHost as missing:
        error = f"There is no host {missing.host!r}."
    except AddressRefused as refused:
        error = f"The address leads to {refused.address}, which is not a public one: nothing was sent."
    except (httpx.TransportError, httpx.InvalidURL) as failure:
        tls = certificate_error(failure)
        if isinstance(tls, ssl.SSLCertVerificationError):
            error = f"The certificate is not valid: {tls.verify_message}."
        else:
            error = f"The connection failed: {failure or type(failure).__name__}."
    return Posted(None, "", None, time.monotonic() - began, error)


async def _post(
    url: str, body: bytes, headers: Mapping[str, str], settings: Settings, resolver: addresses.Resolver, began: float
) -> Posted:
    target = httpx.URL(url)
    sent = {"Host": target.netloc.decode("ascii"), "User-Agent": f"Orion/{orion.__version__}"} | dict(headers)
    request = httpx.Request("POST", target, headers=sent, content=body)
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncHTTPTransport(verify=_tls(), trust_env=False, limits=limits) as transport:
        response = await send_pinned(transport, request, settings.fetch_allowed_hosts, resolver)
        excerpt = bytearray()
        try:
            async for chunk in response.aiter_raw():
                excerpt += chunk
                if len(excerpt) >= EXCERPT_BYTES:
                    break
        except httpx.TransportError:
            pass  # the status has come, and it is what counts
        finally:
            await response.aclose()
    text = bytes(excerpt[:EXCERPT_BYTES]).decode("utf-8", "replace").replace("\x00", "\ufffd")
    wait = retry_after(response.headers.get("retry-after"))
    return Posted(response.status_code, text, wait, time.monotonic() - began)


@cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the certificates of all authorities takes longer than a post."""
    return httpx.create_ssl_context()


def parse_post_url(text: str, settings: Settings, field: str = "url") -> str:
    """The address as it is stored. Raises Invalid (`invalid_url`) for one that nothing can or may be posted to.

    Outside development it must be https. A literal address must be public; names are looked up when it is used.
    """
    url = text.strip()
    if problem := _problem(url, settings):
        raise Invalid("invalid_url", problem, errors=[FieldError(field, problem)])
    return url


def _problem(url: str, settings: Settings) -> str | None:
    if len(url) > MAX_URL_LENGTH:
        return f"Use an address of at most {MAX_URL_LENGTH} characters; this one has {len(url)}."
    if any(character.isspace() or not character.isprintable() for character in url):
        return "Take the blanks out of the address (a blank within it is written %20)."
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return f"{redact_url(url)!r} is no web address: write it like https://example.com/orion."
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.port == 0:
        return f"{redact_url(url)!r} is no web address: write it like https://example.com/orion."
    if parsed.userinfo:
        return "Take the user name and password out of the address: it is shown in clear, and signatures prove us."
    if parsed.scheme == "http" and settings.environment != "development":
        return "Use https://: what we send must not be read on the way."
    try:
        literal = addresses.parse_literal(parsed.host)
    except ValueError:
        return None
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    if addresses.refused(parsed.host, [literal], port, settings.fetch_allowed_hosts):
        return f"{literal} is not a public address: use one that is reachable from the Internet."
    return None
