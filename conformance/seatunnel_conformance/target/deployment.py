"""`Target`, the client that checks use for the deployment under test.

It follows no redirects, has limits for time and size, and changes the deployment only if that is allowed. It keeps
exchanges for reports. Connection errors are raised as subclasses of `Inconclusive`.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

from seatunnel_conformance.errors import Inconclusive, NotObservable, WriteForbidden
from seatunnel_conformance.target.connection import Connection, is_loopback
from seatunnel_conformance.target.exchange import READING, Exchange, Request, Response
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.target.limits import Governor, RequestLimits
from seatunnel_conformance.target.reads import FIRST_PAGE
from seatunnel_conformance.target.wire import Wire
from seatunnel_conformance.text.redaction import redact_url

__all__ = ["READING", "RequestLimits", "Target", "fill", "is_loopback"]

_KEPT_EXCHANGES = 200


@dataclass(slots=True, kw_only=True)
class ResponseObserver:
    """Gets the responses to requests of checks, and knows when jobs have changed. This class ignores responses."""

    _changed: dict[str, float] = field(default_factory=dict)
    _shown: defaultdict[str, list[Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, request: Request, response: Response) -> None:
        """Called with each request and its response."""

    def changed(self, job_id: str) -> float:
        """Return the time (`time.monotonic`) of the last known change of a job; now if none is known."""
        return self._changed.get(job_id) or time.monotonic()

    @property
    def latest(self) -> float:
        """The time of the last known change of any job of the run; now if none is known."""
        return max(self._changed.values(), default=time.monotonic())

    def touch(self, *job_ids: str) -> None:
        """Note that jobs change now: reads that began earlier are out of date."""
        self._changed.update(dict.fromkeys(job_ids, time.monotonic()))

    def shown(self, job_id: str) -> list[Mapping[str, Any]]:
        """Return the responses of `/job-info` for a job of the run, in order: if many, only the first and last ones.

        The caller may clear the list.
        """
        return self._shown[job_id]


@dataclass(slots=True, repr=False)
class Target:
    """A client for a deployment, identified by the URL of its REST API with the context path.

    Use it as a context manager, or call `close`. `own` has the job ids that changing requests may name. `changes` has
    all changing requests of the run, `exchanges` the exchanges since the last call of `watched`. `arranges` is true if
    its requests only prepare something for checks, such as jobs.
    """

    url: str
    allow_writes: bool = False
    limits: RequestLimits = RequestLimits()
    connection: Connection = Connection()
    own: OwnIds = field(default_factory=OwnIds)
    changes: list[Request] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    observer: ResponseObserver = field(default_factory=ResponseObserver)
    arranges: bool = False
    _wire: Wire | None = None

    def __repr__(self) -> str:
        return f"<target {redact_url(self.url)}>"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def context_path(self) -> str:
        """The prefix of every path of the API; empty, or beginning with a slash."""
        return urlsplit(self.url).path.rstrip("/")

    @property
    def wire(self) -> Wire:
        """The `Wire` that sends the requests. Copies of this target share it."""
        if self._wire is None:
            self._wire = Wire(self.url, self.connection, self.limits, self.own)
        return self._wire

    @property
    def governor(self) -> Governor:
        """The limits for the requests of this target."""
        return self.wire.governor

    def writing(self, *, allowed: bool) -> Target:
        """Return this client, with the same connections, but with or without permission to change the target."""
        return replace(self, allow_writes=allowed, _wire=self.wire)

    def for_jobs_of(self, own: OwnIds) -> Target:
        """Return a client with new connections to the same deployment, which may change the jobs of another run."""
        return replace(self, allow_writes=True, own=own, changes=[], _wire=None, exchanges=[])

    def for_worker(self) -> Target:
        """Return a client for another worker of the run: with new connections, and the same limits and jobs."""
        wire = Wire(self.url, self.connection, self.limits, self.own, self.governor.for_worker())
        return replace(self, _wire=wire, exchanges=[])

    def at(self, url: str) -> Target:
        """Return a client for another node of the cluster: with new connections, and the same jobs and exchanges."""
        wire = Wire(url, self.connection, self.limits, self.own, self.governor.for_node(url))
        return replace(self, url=url, _wire=wire)

    def follows(self, origin: str, seconds: float) -> Target:
        """Return a client for an address in a response. Only the target's own address gets credentials.

        `seconds` is the time limit for a connection and for a response.
        """
        limits = replace(self.limits, connect=seconds, response=seconds, probe=0.0)
        connection = self.connection if origin == self.origin else self.connection.without_credentials()
        wire = Wire(origin, connection, limits, self.own, self.governor.for_node(origin))
        return replace(self, url=origin, limits=limits, connection=connection, _wire=wire)

    def without_credentials(self) -> Target:
        """Return a client for this target that sends no credentials, except to look up jobs before a change."""
        connection = self.connection.without_credentials()
        wire = Wire(self.url, connection, self.limits, self.own, self.governor)
        wire.guard = self.wire.guard
        return replace(self, connection=connection, _wire=wire)

    def outside(self) -> Target:
        """Return a client for this target that does not add the context path."""
        return replace(self, url=self.origin, _wire=self.wire)

    @contextmanager
    def watched(self) -> Iterator[list[Exchange]]:
        """Clear the list of exchanges, and yield it. The block's exchanges are added to it."""
        self.exchanges.clear()
        yield self.exchanges

    def get(
        self,
        path: str,
        /,
        *,
        query: Mapping[str, str] | str = "",
        headers: Mapping[str, str] | None = None,
        **values: str,
    ) -> Response:
        """Send a GET request. `values` are percent-encoded and replace the parameters of the path template."""
        return self.send("GET", fill(path, values), query=query, headers=headers)

    def first_page(self, path: str, since: float) -> dict[str, Any]:
        """Return the JSON object with the first page of a list; see `listed`."""
        return self.listed(f"{path}?{urlencode(FIRST_PAGE)}", since).members

    def listed(self, path: str, since: float) -> Response:
        """Return a whole list of jobs as it was at some time after `since` (`time.monotonic`).

        If a check of the run has requested the list since then, that response is returned. If not, a request is sent;
        for a long list, only after a pause.
        """
        lists = self.wire.lists
        with lists.turns[path]:
            found = lists.since(path, since)
            if found is None:
                self.governor.sleep(min(lists.rest(path), max(self.governor.seconds_left, 0.0)))
                return self.get(path)
        self._remember(Exchange(found.request, found.response))
        return found.response

    def post(
        self,
        path: str,
        /,
        *,
        body: Any = None,
        query: Mapping[str, str] | str = "",
        headers: Mapping[str, str] | None = None,
        chunked: bool = False,
    ) -> Response:
        """Send a POST request. A body of bytes is sent unchanged, any other body as JSON, and None is no body."""
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
    ) -> Response:
        """Send a request whose path is already encoded; a string as `query` is sent unchanged.

        Raises `WriteForbidden` and `ForeignJob` before the request is sent, `TargetUnreachable` and
        `IncompleteResponse` afterwards.
        """
        text = query if isinstance(query, str) else urlencode(query)
        request = self.request(method, path + (f"?{text}" if text else ""), dict(headers or {}), body)
        return self._exchange(request, self.wire.exchange)

    def send_plainly(  # noqa: PLR0913 - each is a property of the request or of its connection
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        keep: bool = False,
        chunked: bool = False,
        closes: bool = False,
        twice: bool = False,
    ) -> Response:
        """Send a request on a separate connection; `closes` of the response tells whether the target closes it.

        With `keep`, the next plain request uses the same connection; with `closes`, the request asks to close it. With
        `twice`, the request is sent again before its response has come, and the second response is returned. A body is
        sent as JSON. Raises `IncompleteResponse`, and `NotObservable` for a target behind a proxy.
        """
        if self.connection.proxy_for(self.url):
            raise NotObservable("a proxy is between the suite and the target")
        sent = {} if body is None else {"Content-Type": "application/json"}
        sent |= {"Transfer-Encoding": "chunked"} if chunked else {}
        sent |= {"Connection": "close"} if closes else {}
        request = self.request(method, path, sent, body)
        return self._exchange(request, partial(self.wire.exchange_plain, keep=keep, twice=twice))

    def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None) -> Request:
        """Return a request to a path, with its query, below the context path."""
        access = self.connection.curl_words(headers)
        return Request(method, self.origin, self.context_path + target, headers, body, access)

    def _exchange(self, request: Request, send: Callable[[Request], Response]) -> Response:
        if request.method not in READING and not self.allow_writes:
            raise WriteForbidden(request.method, request.target.removeprefix(self.context_path).partition("?")[0])
        try:
            response = send(request)
        except Inconclusive as error:
            # An error without a cause was raised before the request was sent, for example by the governor.
            if error.__cause__ is not None:
                self._remember(Exchange(request, error=getattr(error, "problem", str(error))))
            raise
        response = replace(response, sent=request.sent_names)
        self._remember(Exchange(request, response))
        self.observer.add(request, response)
        return response

    def _remember(self, exchange: Exchange) -> None:
        if exchange.request.method not in READING:
            self.changes.append(exchange.request)
        if self.exchanges:
            # Only the last exchange keeps its whole body: 200 bodies of 32 MB would not fit into memory.
            self.exchanges[-1] = self.exchanges[-1].shortened()
        self.exchanges.append(replace(exchange, arranged=self.arranges))
        # Polling makes many similar exchanges: the first and the last ones are kept.
        if len(self.exchanges) > _KEPT_EXCHANGES:
            del self.exchanges[_KEPT_EXCHANGES // 2]

    def close(self) -> None:
        """Close all connections."""
        if self._wire is not None:
            self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def fill(path: str, values: Mapping[str, str]) -> str:
    """Fill a path template; values are percent-encoded, including slashes."""
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path
