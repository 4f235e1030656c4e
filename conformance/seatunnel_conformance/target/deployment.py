"""The deployment under test: a URL that answers requests.

A target is polite: it never follows redirects, waits no longer than it says, reads no more than it says, and sends
nothing that changes the deployment unless that is allowed. It records every exchange, so that a report can show them.
Trouble with the connection is never an answer: it is raised as a subclass of `Inconclusive`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

from seatunnel_conformance.errors import Inconclusive, WriteForbidden
from seatunnel_conformance.target.addresses import is_loopback
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.target.exchange import READING, Answer, Exchange, Request
from seatunnel_conformance.target.governor import Governor
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.target.limits import Limits
from seatunnel_conformance.target.wire import Wire
from seatunnel_conformance.text.redaction import redact_url

__all__ = ["READING", "Limits", "Target", "fill", "is_loopback"]

_KEPT_EXCHANGES = 200


@dataclass(slots=True, repr=False)
class Target:
    """A deployment, by the address of its REST API (context path included).

    Use it as a context manager, or call `close`. `watched()` collects the exchanges of one check. `own` are the ids of
    the jobs that may be named in requests that change the deployment.
    """

    url: str
    allow_writes: bool = False
    limits: Limits = Limits()
    connection: Connection = Connection()
    own: OwnIds = field(default_factory=OwnIds)
    _wire: Wire | None = None
    _exchanges: list[Exchange] = field(default_factory=list)

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

    @property
    def wire(self) -> Wire:
        """The connections, which everybody shares who asks this target anything."""
        if self._wire is None:
            self._wire = Wire(self.url, self.connection, self.limits, self.own)
        return self._wire

    @property
    def governor(self) -> Governor:
        """What says whether a further request may be sent."""
        return self.wire.governor

    @property
    def exchanges(self) -> list[Exchange]:
        """The exchanges since `watched` was called last, the latest at the end."""
        return self._exchanges

    def writing(self, *, allowed: bool) -> Target:
        """Return this target with the same connections, but allowing or refusing requests that change it."""
        return replace(self, allow_writes=allowed, _wire=self.wire)

    def for_jobs_of(self, own: OwnIds) -> Target:
        """Return the same deployment over other connections, which may change the jobs of another run."""
        return replace(self, allow_writes=True, own=own, _wire=None, _exchanges=[])

    def outside(self) -> Target:
        """Return this target without its context path."""
        return replace(self, url=self.origin, _wire=self.wire)

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

        Raises `WriteForbidden` and `ForeignJob` before anything is sent, `TargetUnreachable` and `AnswerIncomplete`
        afterwards.
        """
        if method not in READING and not self.allow_writes:
            raise WriteForbidden(method, path)
        text = query if isinstance(query, str) else urlencode(query)
        line = self.context_path + path + (f"?{text}" if text else "")
        sent = dict(headers or {})
        return self._exchange(Request(method, self.origin, line, sent, body, self.connection.curl_words(sent)))

    def _exchange(self, request: Request) -> Answer:
        try:
            answer = self.wire.exchange(request)
        except Inconclusive as trouble:
            # Nothing was sent where the governor has refused it.
            if trouble.__cause__ is not None:
                self._remember(Exchange(request, trouble=str(trouble)))
            raise
        self._remember(Exchange(request, answer))
        return answer

    def _remember(self, exchange: Exchange) -> None:
        if self._exchanges:
            # A whole body is looked at for as long as its exchange is the last; 200 of 32 MB have no room.
            self._exchanges[-1] = self._exchanges[-1].shortened()
        self._exchanges.append(exchange)
        # Polling makes many alike; the first ones (how it began) and the last ones (how it ended) tell the story.
        if len(self._exchanges) > _KEPT_EXCHANGES:
            del self._exchanges[_KEPT_EXCHANGES // 2]

    def close(self) -> None:
        """Close all connections."""
        if self._wire is not None:
            self._wire.close()

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
