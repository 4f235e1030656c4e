"""The deployment under test: a URL that answers requests.

A target is polite: it never follows redirects, waits no longer than it says, reads no more than it says, and sends
nothing that changes the deployment unless that is allowed. It records every exchange, so that a report can show them.
Trouble with the connection is never an answer: it is raised as a subclass of `Inconclusive`.
"""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

import httpx

from seatunnel_conformance.errors import AnswerIncomplete, Inconclusive, TargetUnreachable, WriteForbidden
from seatunnel_conformance.exchange import Answer, Exchange, Request
from seatunnel_conformance.redaction import redact_url

READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

_KEPT_EXCHANGES = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """What a target may cost. Times in seconds, sizes in bytes."""

    connect: float = 5.0
    answer: float = 30.0
    body: int = 32 * 2**20
    refused: int = 5
    """Connections refused in a row after which the target counts as gone, and nothing more is tried."""


@dataclass(slots=True)
class _Health:
    refused: int = 0


def is_loopback(url: str) -> bool:
    """Tell whether an address is this machine's own: `localhost`, or a loopback number; other names are not."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@dataclass(slots=True, repr=False)
class Target:
    """A deployment, by the address of its REST API (context path included).

    Use it as a context manager, or call `close`. `watched()` collects the exchanges of one check.
    """

    url: str
    allow_writes: bool = False
    limits: Limits = Limits()
    headers: Mapping[str, str] = field(default_factory=dict)
    _client: httpx.Client | None = None
    _exchanges: list[Exchange] = field(default_factory=list)
    _health: _Health = field(default_factory=_Health)

    def __repr__(self) -> str:
        return f"<target {redact_url(self.url)}>"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def context_path(self) -> str:
        """What stands before every path of the API; empty or beginning with a slash."""
        return urlsplit(self.url).path.rstrip("/")

    def writing(self, *, allowed: bool) -> Target:
        """Return this target with the same connections, but allowing or refusing requests that change it."""
        return replace(self, allow_writes=allowed, _client=self._connected())

    def outside(self) -> Target:
        """Return this target without its context path."""
        return replace(self, url=self.origin, _client=self._connected())

    @contextmanager
    def watched(self) -> Iterator[list[Exchange]]:
        """Collect the exchanges made inside; the list is filled as they happen."""
        self._exchanges.clear()
        yield self._exchanges

    def get(
        self,
        path: str,
        /,
        *,
        query: Mapping[str, str] | str = "",
        headers: Mapping[str, str] | None = None,
        **values: str,
    ) -> Answer:
        """Send a GET; `values` fill the template `path`, percent-encoded."""
        return self.send("GET", fill(path, values), query=query, headers=headers)

    def post(
        self,
        path: str,
        /,
        *,
        body: Any = None,
        query: Mapping[str, str] | str = "",
        headers: Mapping[str, str] | None = None,
        chunked: bool = False,
    ) -> Answer:
        """Send a POST. Bytes go as they are; anything but None goes as JSON, with its content type."""
        raw = isinstance(body, bytes) or body is None
        kind = {} if raw else {"Content-Type": "application/json"}
        content = body if raw else json.dumps(body, ensure_ascii=False).encode()
        framing = {"Transfer-Encoding": "chunked"} if chunked else {}
        return self.send("POST", path, query=query, headers={**kind, **framing, **(headers or {})}, body=content)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send a request whose path is already encoded; a text as `query` is sent as it is, broken or not.

        Raises `WriteForbidden` before anything is sent, `TargetUnreachable` and `AnswerIncomplete` afterwards.
        """
        if method not in READING and not self.allow_writes:
            raise WriteForbidden(method, path)
        text = query if isinstance(query, str) else urlencode(query)
        line = self.context_path + path + (f"?{text}" if text else "")
        return self._exchange(Request(method, self.origin, line, {**self.headers, **(headers or {})}, body))

    def _exchange(self, request: Request) -> Answer:
        if self._health.refused >= self.limits.refused:
            raise TargetUnreachable(self.url, f"{self._health.refused} connections were refused in a row")
        try:
            answer = self._answer(request)
        except Inconclusive as trouble:
            self._remember(Exchange(request, trouble=str(trouble)))
            raise
        self._remember(Exchange(request, answer))
        self._health.refused = 0
        return answer

    def _remember(self, exchange: Exchange) -> None:
        self._exchanges.append(exchange)
        # Polling makes many alike; the first ones (how it began) and the last ones (how it ended) tell the story.
        if len(self._exchanges) > _KEPT_EXCHANGES:
            del self._exchanges[_KEPT_EXCHANGES // 2]

    def _answer(self, request: Request) -> Answer:
        client = self._connected()
        sent = client.build_request(
            request.method,
            self.origin + "/",
            headers=dict(request.headers),
            content=_content(request),
            # The request target goes over the wire as it is: a client that repairs it can't try broken ones.
            extensions={"target": request.target.encode(), "timeout": _timeouts(self.limits)},
        )
        begun = time.monotonic()
        try:
            response = client.send(sent, stream=True, follow_redirects=False)
            body = self._read(response, begun)
        except (httpx.ConnectError, httpx.ConnectTimeout) as trouble:
            self._health.refused += 1
            raise TargetUnreachable(self.url, str(trouble) or type(trouble).__name__) from trouble
        except httpx.HTTPError as trouble:
            raise AnswerIncomplete(f"{request}: {type(trouble).__name__}: {trouble}") from trouble
        return Answer(response.status_code, _fields(response), body, time.monotonic() - begun)

    def _read(self, response: httpx.Response, begun: float) -> bytes:
        parts, size = [], 0
        try:
            for part in response.iter_bytes():
                parts.append(part)
                size += len(part)
                if size > self.limits.body:
                    raise AnswerIncomplete(f"the body is longer than {self.limits.body} bytes")
                if time.monotonic() - begun > self.limits.answer:
                    raise AnswerIncomplete(f"the body was not complete after {self.limits.answer:g} s")
        finally:
            response.close()
        return b"".join(parts)

    def _connected(self) -> httpx.Client:
        if self._client is None:
            self._client = httpx.Client(
                headers={"User-Agent": "seatunnel-v2", "Accept": "*/*", "Accept-Encoding": "identity"},
                # A proxy of the environment has no way to this machine's own loopback address.
                trust_env=not is_loopback(self.url),
            )
        return self._client

    def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def fill(path: str, values: Mapping[str, str]) -> str:
    """Fill a path template; every value is percent-encoded, slashes too."""
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def _content(request: Request) -> bytes | Iterator[bytes] | None:
    """Return the body as the client wants it: an iterator is sent in chunks."""
    chunked = request.headers.get("Transfer-Encoding") == "chunked"
    return iter([request.body]) if chunked and request.body else request.body


def _timeouts(limits: Limits) -> dict[str, float]:
    return {"connect": limits.connect, "read": limits.answer, "write": limits.answer, "pool": limits.connect}


def _fields(response: httpx.Response) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw]
