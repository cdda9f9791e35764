"""The one way out to addresses that people give us: checked, pinned, bounded in size and time.

A host is resolved here, every address it has is checked, and the connection goes to exactly the checked address
(the name stays in the Host header and in TLS), so a second, different DNS answer changes nothing. Redirects are
followed here too, each checked like the first address. No proxy from the environment is used.
"""

import asyncio
import base64
import re
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx

import orion
from orion.plumbing import addresses
from orion.plumbing.fetch_errors import FetchFailed, FetchRefused, for_status, retry_after
from orion.plumbing.http_names import offered_filename
from orion.plumbing.http_pinned import AddressRefused, NoSuchHost, certificate_error, send_pinned
from orion.plumbing.inflate import GZIP_MAGIC, Inflate
from orion.plumbing.settings import Settings
from orion.plumbing.urls import redact_url

__all__ = ["FetchFailed", "FetchRefused", "Fetched", "Patience", "fetch_to_file", "redact_url"]

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WRITE_BYTES = 1 << 20
_HOST = re.compile(r"[A-Za-z0-9._:-]+")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the other side answered. `bytes` were written to the target; none when it said "not_modified".

    `etag` and `last_modified` are for the next conditional fetch. `final_url` is where redirects led (redacted).
    """

    status: Literal["fetched", "not_modified"]
    etag: str | None
    last_modified: str | None
    content_type: str | None
    filename: str | None
    final_url: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Patience:
    """How long we wait, in seconds: for a connection, for the first answer, and for the next `progress_bytes`."""

    connect: float = 10.0
    answer: float = 300.0
    stall: float = 60.0
    progress_bytes: int = 4096


@dataclass(frozen=True, slots=True)
class _Fetch:
    """The rules of one fetch, handed from hop to hop."""

    allowed_hosts: list[str]
    headers: dict[str, str]
    max_bytes: int
    ends_at: float
    total_seconds: float
    patience: Patience
    resolver: addresses.Resolver
    only_beginning: bool = False


async def fetch_to_file(
    url: str,
    target: Path,
    *,
    settings: Settings,
    etag: str | None = None,
    last_modified: str | None = None,
    max_bytes: int,
    timeout_seconds: float,
    patience: Patience | None = None,
    resolver: addresses.Resolver = addresses.resolve,
    only_beginning: bool = False,
) -> Fetched:
    """Download `url` (http or https) to `target`, which exists afterwards only when all of it has come.

    `max_bytes` bounds what is written, `timeout_seconds` everything together. With `etag` or `last_modified` of an
    earlier fetch the other side may answer that nothing has changed; `target` is not written then. `only_beginning`:
    what is longer than `max_bytes` is cut there instead of being refused.

    Raises FetchRefused (asking again will not help: `feed_bad_url`, `feed_address_refused`, `feed_not_found`,
    `feed_forbidden`, `feed_too_large`, `feed_redirect_loop`, `feed_http_error`, `feed_unreachable` for a
    certificate that is not valid) or FetchFailed (it may: `feed_unreachable`, `feed_timeout`, `feed_truncated`,
    `feed_http_error`), both with `retryable` and `retry_after`.
    """
    headers = {"User-Agent": f"Orion/{orion.__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}
    if etag:
        headers["If-None-Match"] = etag
    if last_modified:
        headers["If-Modified-Since"] = last_modified
    loop = asyncio.get_running_loop()
    fetch = _Fetch(
        allowed_hosts=settings.fetch_allowed_hosts,
        headers=headers,
        max_bytes=max_bytes,
        ends_at=loop.time() + timeout_seconds,
        total_seconds=timeout_seconds,
        patience=patience or Patience(),
        resolver=resolver,
        only_beginning=only_beginning,
    )
    # Its own context: a certificate bundle may be named by SSL_CERT_FILE, a proxy may not.
    tls = await asyncio.to_thread(httpx.create_ssl_context)
    # No connection is used twice: two names may share an address, and TLS was checked for one of them.
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncHTTPTransport(verify=tls, trust_env=False, limits=limits) as transport:
        current, credentials = _parse(url)
        for _ in range(MAX_REDIRECTS + 1):
            async with _answer(transport, current, credentials, fetch) as response:
                if response.status_code not in _REDIRECTS:
                    return await _take(response, current, target, fetch)
                current, credentials = _redirected(response, current, credentials)
    raise FetchRefused(
        "feed_redirect_loop",
        f"{redact_url(url)} redirects more than {MAX_REDIRECTS} times. Use the address it should end at.",
    )


def _parse(url: str) -> tuple[httpx.URL, str | None]:
    """The URL without its user name and password, and these as the value of an Authorization header."""
    bad = FetchRefused(
        "feed_bad_url", f"{redact_url(url)!r} is not a web address: it must look like https://example.com/feed.csv."
    )
    try:
        parsed = httpx.URL(url.strip())
    except httpx.InvalidURL:
        raise bad from None  # its message may show a part of the password
    port = parsed.port
    named = _HOST.fullmatch(parsed.raw_host.decode("ascii")) is not None and (port is None or 0 < port < 65536)
    if parsed.scheme not in ("http", "https") or not named:
        raise bad
    credentials = None
    if parsed.userinfo:
        pair = f"{parsed.username}:{parsed.password}".encode()
        credentials = "Basic " + base64.b64encode(pair).decode()
    return parsed.copy_with(userinfo=b"", fragment=None), credentials


def _redirected(response: httpx.Response, current: httpx.URL, credentials: str | None) -> tuple[httpx.URL, str | None]:
    """Where the answer sends us. Credentials stay on their host, and never leave https for http."""
    location = response.headers.get("location", "")
    if not location:
        raise FetchRefused(
            "feed_http_error",
            f"{redact_url(str(current))} answered {response.status_code} (a redirect) without saying where to.",
        )
    try:
        joined = str(current.join(location))
    except httpx.InvalidURL:
        joined = location
    target, own = _parse(joined)
    upgraded = (current.scheme, target.scheme, current.port, target.port) == ("http", "https", None, None)
    same_place = (target.scheme, target.port) == (current.scheme, current.port) or upgraded
    if own is None and target.host == current.host and same_place:
        own = credentials
    return target, own


@asynccontextmanager
async def _answer(
    transport: httpx.AsyncHTTPTransport, url: httpx.URL, credentials: str | None, fetch: _Fetch
) -> AsyncIterator[httpx.Response]:
    """The head of one answer, its body still to come. Tries each checked address of the host in turn."""
    shown = redact_url(str(url))
    headers = {"Host": url.netloc.decode("ascii"), **fetch.headers}
    if credentials:
        headers["Authorization"] = credentials
    now = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(min(now + fetch.patience.answer, fetch.ends_at)):
            response = await _first_answer(transport, url, headers, fetch)
    except (TimeoutError, httpx.TimeoutException):
        raise FetchFailed(
            "feed_timeout", f"{shown} did not answer in time. Check that it works in a browser, then try again."
        ) from None
    except httpx.TransportError as error:
        raise _unreachable(shown, error) from error
    try:
        yield response
    finally:
        await response.aclose()


async def _first_answer(
    transport: httpx.AsyncHTTPTransport, url: httpx.URL, headers: dict[str, str], fetch: _Fetch
) -> httpx.Response:
    shown = redact_url(str(url))
    patience = fetch.patience
    timeout = httpx.Timeout(patience.answer, connect=patience.connect, write=patience.stall)
    request = httpx.Request("GET", url, headers=headers, extensions={"timeout": timeout.as_dict()})
    try:
        return await send_pinned(transport, request, fetch.allowed_hosts, fetch.resolver)
    except NoSuchHost as error:
        raise FetchFailed(
            "feed_unreachable", f"There is no host {error.host!r}. Check the address {shown} for typing errors."
        ) from None
    except AddressRefused as error:
        raise FetchRefused(
            "feed_address_refused",
            f"{shown} leads to {error.address}, which is not a public address. Use a feed address that is reachable "
            "from the Internet, or ask the operator to add it to FETCH_ALLOWED_HOSTS.",
        ) from None


def _unreachable(shown: str, error: httpx.TransportError) -> FetchFailed | FetchRefused:
    if isinstance(tls := certificate_error(error), ssl.SSLCertVerificationError):
        return FetchRefused(
            "feed_unreachable",
            f"The certificate of {shown} is not valid ({tls.verify_message}). Its owner has to renew or correct it.",
        )
    return FetchFailed(
        "feed_unreachable", f"{shown} could not be reached ({error or type(error).__name__}). Check that it works."
    )


async def _take(response: httpx.Response, url: httpx.URL, target: Path, fetch: _Fetch) -> Fetched:
    """Judge the status, then write the body."""
    shown = redact_url(str(url))
    conditional = not fetch.headers.keys().isdisjoint({"If-None-Match", "If-Modified-Since"})
    fresh = response.status_code in (200, 203, 204)
    if not fresh and not (response.status_code == 304 and conditional):
        raise for_status(response.status_code, shown, retry_after(response.headers.get("retry-after")))
    if fresh:
        size = await _write_body(response, target, fetch, shown)
    content_disposition = response.headers.get("content-disposition")
    return Fetched(
        status="fetched" if fresh else "not_modified",
        etag=_kept(response, "etag", None if fresh else fetch.headers.get("If-None-Match")),
        last_modified=_kept(response, "last-modified", None if fresh else fetch.headers.get("If-Modified-Since")),
        content_type=response.headers.get("content-type"),
        filename=offered_filename(content_disposition, url.path),
        final_url=shown,
        bytes=size if fresh else 0,
    )


def _kept(response: httpx.Response, name: str, default: str | None) -> str | None:
    """A validator we can send back later: other than ASCII cannot be sent."""
    value = response.headers.get(name)
    return value if value and value.isascii() else default


async def _write_body(response: httpx.Response, target: Path, fetch: _Fetch, shown: str) -> int:
    """Write the decoded body to a temporary name, then move it. Returns its size in bytes."""
    declared = response.headers.get("content-length", "")
    encoding = response.headers.get("content-encoding", "").strip().lower().removeprefix("x-").replace("identity", "")
    if encoding not in ("", "gzip", "deflate"):
        raise FetchRefused(
            "feed_http_error",
            f"{shown} answers in the content encoding {encoding!r}, although we ask for none. "
            "Have its server send the feed plain or as gzip.",
        )
    if declared.isdigit() and int(declared) > fetch.max_bytes and not fetch.only_beginning:
        raise _too_large(shown, fetch.max_bytes)
    partial = target.with_name(f"{target.name}.part")
    written = 0
    try:
        with await asyncio.to_thread(partial.open, "wb") as file:
            buffer = bytearray()
            async for piece in _decoded(_body(response, fetch, shown), encoding, shown):
                written += len(piece)
                if written > fetch.max_bytes and not fetch.only_beginning:
                    raise _too_large(shown, fetch.max_bytes)
                buffer += piece
                if written > fetch.max_bytes:
                    break
                if len(buffer) >= _WRITE_BYTES:
                    await asyncio.to_thread(file.write, buffer)
                    buffer = bytearray()
            await asyncio.to_thread(file.write, buffer)
        await asyncio.to_thread(partial.replace, target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return written


async def _body(response: httpx.Response, fetch: _Fetch, shown: str) -> AsyncIterator[bytes]:
    """The body as it comes over the wire, as long as it keeps coming."""
    loop = asyncio.get_running_loop()
    patience = fetch.patience
    came = seen = 0
    chunks = response.aiter_raw()
    watch = loop.time()
    try:
        while True:
            async with asyncio.timeout_at(min(watch + patience.stall, fetch.ends_at)):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            came += len(chunk)
            if came - seen >= patience.progress_bytes:
                watch, seen = loop.time(), came
            yield chunk
    except (TimeoutError, httpx.TimeoutException):
        if loop.time() >= fetch.ends_at:
            why = f"did not finish within {fetch.total_seconds:g} seconds"
        else:
            why = f"stopped sending: less than {patience.progress_bytes} bytes in {patience.stall:g} seconds"
        raise FetchFailed("feed_timeout", f"{shown} {why}. Try again, or use a faster server.") from None
    except httpx.TransportError as error:
        raise _truncated(shown, came) from error


async def _decoded(chunks: AsyncIterator[bytes], encoding: str, shown: str) -> AsyncIterator[bytes]:
    """The body without its transport encoding, in pieces of at most a megabyte or so."""
    inflate: Inflate | None = None
    came = 0
    async for chunk in chunks:
        # Some servers say gzip and send plain text: then it is taken as it comes.
        if not came and (encoding == "deflate" or (encoding and GZIP_MAGIC.startswith(chunk[:2]))):
            inflate = Inflate(gzip=encoding != "deflate")
        came += len(chunk)
        for piece in _inflated(inflate, chunk, shown):
            yield piece
    if inflate is not None and not inflate.complete:
        raise _truncated(shown, came)


def _inflated(inflate: Inflate | None, chunk: bytes, shown: str) -> Iterator[bytes]:
    if inflate is None:
        yield chunk
        return
    try:
        yield from inflate.pieces(chunk)
    except zlib.error as error:
        raise FetchFailed("feed_truncated", f"{shown} sent damaged compressed data ({error}). Try again.") from error


def _too_large(shown: str, max_bytes: int) -> FetchRefused:
    return FetchRefused(
        "feed_too_large",
        f"{shown} is larger than the {max_bytes:,} bytes a feed may have. Split it, or ask the operator to raise "
        "FEED_MAX_BYTES.",
    )


def _truncated(shown: str, came: int) -> FetchFailed:
    return FetchFailed("feed_truncated", f"{shown} broke off after {came:,} bytes, before its end. Try again.")
