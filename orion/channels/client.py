"""How adapters speak HTTP: budgets, tokens, time-outs, what may be repeated, and what may be written to the log.

One rule decides most of it: a call whose effect is unknown is repeated only if doing it twice does no harm. `send` says
so by its error: ChannelUnavailable (nothing was done, or may be done again) or ReplyLost (look first).
"""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import orjson
import structlog

import orion
from orion.channels import buckets
from orion.channels.buckets import Rate
from orion.channels.errors import ChannelError, ChannelUnavailable, ReplyLost, SlowDown, Unreadable
from orion.channels.tokens import access_token
from orion.plumbing.fetch_errors import retry_after
from orion.plumbing.runtime import Runtime

if TYPE_CHECKING:
    from orion.channels.registry import Manifest

__all__ = ["Answer", "ChannelClient", "Rate"]

MAX_ANSWER_BYTES = 20 * 1024 * 1024
TRIES = 3
_REQUEST_IDS = ("x-amzn-requestid", "x-ebay-c-request-id", "x-request-id")
_REPEATABLE = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")
_NOT_NOW = (408, 425)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a channel said. `repeatable`: whether the call may be made again if this cannot be read."""

    status: int
    headers: httpx.Headers
    content: bytes = field(repr=False)
    operation: str = ""
    repeatable: bool = True

    def json(self) -> Any:
        """The body as JSON. Raises Unreadable; ReplyLost when the call may not be repeated and did not fail."""
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError:
            raise self.unreadable("the answer is no JSON") from None

    def unreadable(self, what: str) -> ChannelError:
        """The error for an answer that is not what its protocol says; `what` in words, without anything of the body."""
        detail = f"{self.operation}: {what} (status {self.status}, {len(self.content)} bytes)"
        if not self.repeatable and self.status < 400:
            return ReplyLost("reply_unreadable", detail)
        return Unreadable("unreadable", detail)


@dataclass(frozen=True, slots=True)
class ChannelClient:
    """One connection's way to its channel. No transaction may be open around its calls: they take their own.

    `secrets` are those of the store, and beneath them the operator's (an app's credentials). `spare` is what each of
    its calls leaves of the bursts at least (see `send`): whoever can wait opens it with some.
    """

    runtime: Runtime = field(repr=False)
    manifest: "Manifest" = field(repr=False)
    connection_id: int
    channel: str
    environment: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    spare: float = 0.0

    def host(self, name: str = "api") -> str:
        """The address called `name` in the manifest, without a slash at its end. Raises ValueError for another name."""
        if self.environment == "simulator":
            return f"{self.runtime.settings.simulator_url}/{self.channel}"
        hosts = self.manifest.hosts[self.environment]
        if name not in hosts:
            raise ValueError(f"{self.channel} has no address {name!r}: {', '.join(hosts)}")
        return hosts[name]

    async def send(
        self,
        operation: str,
        method: str,
        url: str,
        *,
        params: Any = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        token: bool = True,
        max_wait: float = 2.0,
        spare: float = 0.0,
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        """Make one call; the answer has a status below 300.

        `url` is an address of the channel, or a path below `host()`. `repeatable` is by the method unless it is said.
        A call first takes one of its operation's bucket, for which it waits at most `max_wait` seconds, and leaves the
        share `spare` of it to more important ones. Raises ChannelError: SlowDown (with `retry_after`),
        ChannelUnavailable, ReplyLost, Unreadable, CredentialsRefused, and what the manifest's `refusal` makes of a 4xx.
        """
        again = method.upper() in _REPEATABLE if repeatable is None else repeatable
        target = self._address(url, token=token)
        sending = {"params": params, "json": json, "data": form, "content": content}
        sending = {name: value for name, value in sending.items() if value is not None}
        source = self.manifest.token if token else None
        bearer = await access_token(self) if source else None
        refreshed = False
        tries = 0
        deadline = time.monotonic() + max_wait
        while True:
            await self._take(operation, deadline, max(spare, self.spare))
            sent = {**_HEADERS, **(source.headers(bearer) if source and bearer else {}), **(headers or {})}
            request = httpx.Request(method, target, headers=sent, **sending)
            tries += 1
            try:
                answer = await self._once(operation, request, again, max_bytes)
            except _Failed as failed:
                if not failed.harmless and not again:
                    detail = f"{operation}: {failed.detail}. It may have been done all the same."
                    raise ReplyLost("reply_lost", detail) from None
                if tries >= TRIES or (failed.wait or 0) > max_wait:
                    error = ChannelUnavailable(
                        "channel_unavailable", f"{operation}: {failed.detail}", retry_after=failed.wait
                    )
                    raise error from None
                pause = self.runtime.settings.channel_retry_seconds * 2.0 ** (tries - 1) * random.uniform(0.75, 1.25)  # noqa: S311 (no secret)
                await asyncio.sleep(max(pause, failed.wait or 0.0))
                deadline = max(deadline, time.monotonic() + max_wait)
                continue
            if source and bearer and not refreshed and source.ended(answer):
                bearer, refreshed = await access_token(self, refused=bearer), True
                continue
            return await self._judged(operation, answer)

    async def slowed_down(self, operation: str, seconds: float | None) -> SlowDown:
        """The error for an answer that says we are too quick, whatever its status; nobody asks again so long.

        `seconds` is what the channel says, None when it does not say.
        """
        wait = seconds
        if self.connection_id:
            async with self.runtime.database.transaction() as session:
                wait = await buckets.block(session, self.connection_id, self._bucket(operation), seconds)
        return SlowDown("rate_limited", f"{operation}: the channel asks us to slow down", retry_after=wait)

    async def _judged(self, operation: str, answer: Answer) -> Answer:
        """The answer, if it is one. Raises ChannelError."""
        if answer.status == 429:
            raise await self.slowed_down(operation, retry_after(answer.headers.get("retry-after")))
        if 300 <= answer.status < 400:
            raise answer.unreadable("the channel sends us elsewhere, where our credentials do not go")
        if answer.status >= 400:
            raise self.manifest.refusal(answer)
        if answer.content and answer.headers.get("content-type", "").startswith("text/html"):
            raise answer.unreadable("a page of HTML came instead of an answer")
        return answer

    async def _once(self, operation: str, request: httpx.Request, again: bool, max_bytes: int) -> Answer:
        """One exchange; raises _Failed when there was none, and for 5xx and what is like it."""
        settings = self.runtime.settings
        read = settings.channel_read_seconds
        timeout = httpx.Timeout(read, connect=settings.channel_connect_seconds, pool=settings.channel_connect_seconds)
        request.extensions["timeout"] = timeout.as_dict()
        began = time.monotonic()
        noted = log.bind(channel=self.channel, connection_id=self.connection_id, operation=operation)
        try:
            async with asyncio.timeout(settings.channel_connect_seconds + 4 * read):
                response = await self.runtime.http.send(request)
                try:
                    content = await _read(response, max_bytes)
                finally:
                    await response.aclose()
        except (httpx.TransportError, httpx.DecodingError, TimeoutError) as failure:
            ms = round((time.monotonic() - began) * 1000)
            noted.warning("channel call failed", error=type(failure).__name__, ms=ms)
            if isinstance(failure, httpx.DecodingError):
                empty = Answer(200, httpx.Headers(), b"", operation, again)
                raise empty.unreadable("the answer does not unpack") from None
            raise _Failed(_in_words(failure), harmless=isinstance(failure, _NOT_SENT)) from None
        ms = round((time.monotonic() - began) * 1000)
        request_id = next((response.headers[name] for name in _REQUEST_IDS if name in response.headers), None)
        noted.info("channel call", status=response.status_code, ms=ms, their_request_id=request_id)
        answer = Answer(response.status_code, response.headers, content or b"", operation, again)
        if content is None:
            raise answer.unreadable(f"the answer is longer than {max_bytes} bytes")
        if answer.status >= 500 or answer.status in _NOT_NOW:
            wait = retry_after(answer.headers.get("retry-after"))
            raise _Failed(f"the channel answered {answer.status}", wait=wait)
        await self._follow_rate(operation, answer.headers)
        return answer

    async def _take(self, operation: str, deadline: float, spare: float) -> None:
        """Wait for one of the operation's bucket. Raises SlowDown."""
        rate = self._rate(operation)
        if rate is None:
            return
        while True:
            async with self.runtime.database.transaction() as session:
                name = self._bucket(operation)
                taken = await buckets.take(session, self.connection_id, name, rate, spare=spare)
                if self.manifest.rate_header is None and taken.rate != rate.per_second:
                    await buckets.follow_rate(session, self.connection_id, name, rate.per_second)
            if not taken.wait:
                return
            if time.monotonic() + taken.wait > deadline:
                message = f"{operation}: our share of the channel's calls is spent for {taken.wait:.1f} s"
                raise SlowDown("budget_spent", message, retry_after=taken.wait)
            await asyncio.sleep(taken.wait)

    async def _follow_rate(self, operation: str, headers: httpx.Headers) -> None:
        """Take over what the channel says of its limit, where it says it."""
        said = headers.get(self.manifest.rate_header) if self.manifest.rate_header else None
        rate = self._rate(operation)
        try:
            per_second = float(said or 0) * self._factor
        except ValueError:
            return
        if rate is None or not 0 < per_second < 10_000:
            return
        async with self.runtime.database.reading() as session:
            present = await buckets.present_rate(session, self.connection_id, self._bucket(operation))
        if present != per_second:
            async with self.runtime.database.transaction() as session:
                await buckets.follow_rate(session, self.connection_id, self._bucket(operation), per_second)

    @property
    def _factor(self) -> float:
        return self.runtime.settings.simulator_rate_factor if self.environment == "simulator" else 1.0

    def _bucket(self, operation: str) -> str:
        return operation if operation in self.manifest.rates else "*"

    def _rate(self, operation: str) -> Rate | None:
        rate = self.manifest.rates.get(self._bucket(operation))
        return rate.times(self._factor) if rate else None

    def _address(self, url: str, *, token: bool) -> str:
        """The whole address. Raises Unreadable for one that is not the channel's (some come in its answers)."""
        if url.startswith("/"):
            return self.host() + url
        own = [f"{self.runtime.settings.simulator_url}/{self.channel}"]
        if self.environment != "simulator":
            own = list(self.manifest.hosts[self.environment].values())
        if any(url == host or url.startswith((f"{host}/", f"{host}?")) for host in own):
            return url
        parts = urlsplit(url)
        foreign = parts.scheme == "https" and not parts.username and self.environment != "simulator"
        if foreign and not token and (parts.hostname or "").endswith(self.manifest.document_hosts or ("\0",)):
            return url
        raise Unreadable("foreign_address", f"The channel names an address at {parts.hostname!r}, which is not its own")


class _Failed(Exception):
    """No answer, or a 5xx; `harmless`: nothing can have been done, for nothing was sent."""

    def __init__(self, detail: str, *, harmless: bool = False, wait: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.harmless = harmless
        self.wait = wait


_HEADERS = {
    "user-agent": f"Orion/{orion.__version__} (Language=Python)",  # Amazon wants the language in it
    "accept": "application/json",
    "accept-encoding": "gzip, deflate",
}


async def _read(response: httpx.Response, max_bytes: int) -> bytes | None:
    """The body, unpacked; None when it is longer than we take."""
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > max_bytes:
            return None
    return bytes(content)


def _in_words(failure: Exception) -> str:
    if isinstance(failure, TimeoutError | httpx.TimeoutException):
        return "there was no answer in time"
    if isinstance(failure, _NOT_SENT):
        return "the channel could not be reached"
    return "the connection broke off"
