"""Sends requests with limits for time and bytes. It repairs no requests or responses, and follows no redirects.

Checks and schemathesis send through this module, because a conformance suite must not use cookies, redirects, netrc and
decoding like complete HTTP clients.
"""

from __future__ import annotations

import math
import re
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import h11
import httpcore2

from seatunnel_conformance.errors import IncompleteResponse, Inconclusive, ResponseTooLong, TargetUnreachable
from seatunnel_conformance.target.ambiguity import RawRequest, require_one_request
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.target.exchange import EXCERPT, READING, Request, Response, cut, is_readable
from seatunnel_conformance.target.job_guard import HISTORY, JobGuard, OwnIds
from seatunnel_conformance.target.limits import LARGE, LONGEST_TEXT, Governor, RequestLimits
from seatunnel_conformance.target.network import (
    ERRORS,
    Allowance,
    KeptConnection,
    Network,
    RawConnection,
    TooManyBytes,
    connected,
)
from seatunnel_conformance.target.reads import ListReads
from seatunnel_conformance.text.redaction import Redactor, redact_text

_OWN_FIELDS: Final = (("User-Agent", "seatunnel-v2"), ("Accept", "*/*"), ("Accept-Encoding", "identity"))

WITH_LENGTH: Final = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose requests have a `Content-Length` even without a body."""

_ERRNO: Final = re.compile(r"\[Errno -?\d+\] ")
"""Matches the prefix of error messages of the operating system."""

_FRAMING: Final = 2**20
"""The maximum number of bytes of a response apart from its body: headers, informational responses, sizes of chunks."""

_IDLE: Final = 4.0
"""Seconds after which an idle connection is not used again. Servers close idle connections after 5 seconds or more."""

_JOB: Final = "/job-info/"

_KEPT: Final = 30.0
"""Seconds for which the job guard uses a list of ended jobs."""

_SOON: Final = 10.0
"""The maximum number of seconds to wait for the second response on a connection."""

_MOST_FIELDS: Final = 500
"""The maximum number of headers of a response. An engine sends a dozen, a proxy a few more."""

_INFLATED: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The content codings that are decoded, with the argument `wbits` of zlib. Requests don't accept any of them."""


@dataclass(slots=True, repr=False)
class Wire:
    """The connections to one target. All requests of the suite are sent by this class.

    `own` has the ids of the jobs that the run may change. `shared` is a governor that several wires share; by default,
    each wire has one with `limits`.
    """

    url: str
    connection: Connection = Connection()
    limits: RequestLimits = RequestLimits()
    own: OwnIds = field(default_factory=OwnIds)
    shared: Governor | None = None
    governor: Governor = field(init=False)
    guard: JobGuard = field(init=False)
    redactor: Redactor = field(init=False)
    met: set[tuple[str, str, int]] = field(default_factory=set)
    """Method, target and status of each response; the code that reads them clears the set."""
    _network: Network = field(default_factory=Network)
    _kept: dict[str, KeptConnection] = field(default_factory=dict)
    """The idle connections by origin."""
    _tls: ssl.SSLContext | None = None
    _raw: RawConnection | None = None

    def __post_init__(self) -> None:
        self.governor = self.shared or Governor(self.limits, self.url)
        self.guard = JobGuard(self.own, self._looked_up, looks=self.governor.usage.looks[self.url])
        self.redactor = self.connection.redactor()

    def __repr__(self) -> str:
        return f"<wire to {self.url}>"

    def exchange(self, request: Request, *, seconds: float | None = None) -> Response:
        """Send a request and return its response, within `seconds` if this is less than the limit.

        Raises `TargetUnreachable`, `IncompleteResponse`, `LimitReached` and, before sending, `ForeignJob`.
        """
        allowed = self._wait_to_send(request.method, request.target, request.body)
        try:
            with self.governor.usage.disturbances.lock_for(request.target):
                ends = time.monotonic() + min(allowed, seconds or allowed)
                response = self._admitted(lambda: self._undisturbed(request, ends), ends)
                response = self._worded(request.method, request.target, response)
        except (TargetUnreachable, IncompleteResponse) as error:
            hung = isinstance(error.__cause__, httpcore2.TimeoutException)
            self.governor.no_response(hung=hung, lives=self._lives)
            raise
        self.governor.answered()
        self.lists.note(request.target.removeprefix(self.context_path), request, response)
        return self._received(request.method, request.target, request.body, response)

    @property
    def context_path(self) -> str:
        """The prefix of every path of the API; empty, or beginning with a slash."""
        return urlsplit(self.url).path.rstrip("/")

    @property
    def lists(self) -> ListReads:
        """The whole lists of jobs that the run has read from this node."""
        return self.governor.usage.lists

    def _undisturbed(self, request: Request, ends: float) -> Response:
        """Return the response to a request. A read is repeated if other clients or jobs have disturbed it."""
        response, disturbances = self._exchange(request, ends), self.governor.usage.disturbances
        pauses = disturbances.pauses(request.target) if request.method in READING else ()
        for pause in pauses:
            if not disturbances.includes(request.target, response.status, response.body):
                break
            self.governor.sleep(pause)
            self.governor.wait_to_send()
            response = self._exchange(request, ends)
        if pauses:
            disturbances.ended(request.target, response.status, response.body)
        return response

    def _wait_to_send(self, method: str, target: str, body: bytes | None) -> float:
        """Wait until a request may be sent, and return its time limit in seconds.

        Raises `ForeignJob` and `LimitReached`.
        """
        if method not in READING:
            named = self.guard.require_own(target, body)
            self.own.submissions.update(named if "/submit" in target else ())
            self.governor.count_change()
        elif body or "?" in target:
            self.guard.require_read(target, body)
        return self.governor.wait_to_send()

    def exchange_bytes(self, request: RawRequest, *, keep: bool, times: int = 1, within: float = math.inf) -> Response:
        """Send exactly the bytes of a request, without a proxy, and return the first response.

        `keep` leaves the connection open. The bytes are sent `times` times; 0 only reads the next response. `within` is
        an additional time limit in seconds. During the cleanup, a request may take a quarter of the remaining time at
        most. Raises `ERRORS`, `LimitReached` and, before sending, `ForeignJob`.
        """
        method, target = request.method, request.target
        seconds = min(self._wait_to_send(method, target, request.body), self.limits.response, within)
        if self.governor.is_cleaning_up:
            seconds = min(seconds, self.governor.seconds_left / 4)
        with self.governor.usage.disturbances.lock_for(target):
            allowance = Allowance(time.monotonic() + seconds, self.limits.body)
            response = self._worded(
                method, target, self.raw.exchange(request.content * times, method, allowance, keep=keep)
            )
        return self._received(method, target, request.body, response)

    def _worded(self, method: str, target: str, response: Response) -> Response:
        """Return a response. Its JSON is read with the documented member names."""
        wording = self.connection.wording(method, target.removeprefix(self.context_path), response.status)
        return response if wording is None else replace(response, wording=wording)

    def _received(self, method: str, target: str, body: bytes | None, response: Response) -> Response:
        self.met.add((method, target, response.status))
        if method not in READING and is_readable(response.body):
            self.guard.received(target, body, response.json_as(object))
        return response

    def exchange_plain(self, request: Request, *, keep: bool, twice: bool = False) -> Response:
        """Send a request on a connection for exact bytes; `closes` of the response tells whether the target closes it.

        With `twice`, the request is sent again before its response has come, and the second response is returned,
        unless the connection ends after the first. Raises `IncompleteResponse` for a missing or incomplete response.
        """
        body = request.body or b""
        chunks = b"%x;conformance=1\r\n%b\r\n0\r\n\r\n" % (len(body), body) if request.is_chunked else None
        raw = RawRequest.of(request.method, request.target, self._fields(request), request.body, chunks=chunks)
        response: Response | None = None

        def send() -> Response:
            nonlocal response
            response = self.exchange_bytes(raw, keep=keep or twice, times=1 + twice)
            if twice and not response.closes:
                response = self.exchange_bytes(raw, keep=keep, times=0, within=_SOON)
            return response

        try:
            return self._admitted(send, time.monotonic() + self.limits.response)
        except ERRORS as error:
            late = any(isinstance(one, TimeoutError | httpcore2.TimeoutException) for one in (error, error.__cause__))
            if late and response is None:
                self.governor.no_response(hung=True, lives=self._lives)  # further ones get less time
            raise IncompleteResponse(f"{type(error).__name__}: {self._said(error)}", request) from error

    @property
    def raw(self) -> RawConnection:
        """The connection for exact bytes."""
        if self._raw is None:
            self._raw = RawConnection(self.url, self.connection.tls, self.redactor)
        return self._raw

    def _looked_up(self, path: str) -> Any:
        """Return the JSON of the response for a path of the API, for the job guard.

        Return None unless the status is 200 or, for a job, 404. A list of ended jobs may be `_KEPT` seconds old,
        because ended jobs do not run.
        """
        kept = self.lists.since(path, time.monotonic() - _KEPT) if path == HISTORY else None
        with suppress(IncompleteResponse):
            response = kept.response if kept else self.exchange(self._reading(path))
            is_unknown_job = response.status == HTTPStatus.NOT_FOUND and path.startswith(_JOB)
            return response.json_as(object) if response.status == HTTPStatus.OK or is_unknown_job else None
        return None

    def _reading(self, path: str) -> Request:
        parts = urlsplit(self.url)
        return Request("GET", f"{parts.scheme}://{parts.netloc}", self.context_path + path)

    def _lives(self) -> bool:
        """Send a probe, and return whether there was a response.

        Near the end of the run, there is no time for a probe: none is sent, and True is returned.
        """
        if self.governor.seconds_left < self.limits.probe:
            return True
        try:
            self._exchange(self._reading("/overview"), time.monotonic() + self.limits.probe)
        except Inconclusive:
            return False
        return True

    def _exchange(self, request: Request, ends: float) -> Response:
        begun = time.monotonic()
        self._network.allowance = Allowance(ends, self.limits.body + _FRAMING)
        try:
            return self._answered(request, begun)
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.ProxyError) as error:
            raise TargetUnreachable(self.url, self._said(error), *_hints(error)) from error
        except TooManyBytes as error:
            raise ResponseTooLong(f"the response is longer than {self.limits.body} bytes", request) from error
        except (httpcore2.TimeoutException, httpcore2.NetworkError, h11.ProtocolError) as error:
            raise IncompleteResponse(f"{type(error).__name__}: {self._said(error)}", request) from error

    def _admitted(self, send: Callable[[], Response], ends: float) -> Response:
        """Return the response of `send`, which is repeated after a pause if a gateway limits the rate of requests."""
        response = send()
        while response.status == HTTPStatus.TOO_MANY_REQUESTS:
            said = response.header("retry-after") or ""
            pause = max(1, int(said[:9])) if said.isdecimal() else math.inf  # Python reads no number of 5,000 digits
            if time.monotonic() + pause > ends:
                break
            self.governor.pause(pause)
            self.governor.wait_to_send()
            response = send()
        return response

    def _said(self, error: Exception) -> str:
        text = _ERRNO.sub("", str(error)) or type(error).__name__
        return cut(self.redactor.text(redact_text(text)), EXCERPT)

    def _answered(self, request: Request, begun: float) -> Response:
        fields = self._fields(request)
        require_one_request(request.method, request.target, fields, request.body, is_chunked=request.is_chunked)
        sent = [(name.encode(), value.encode()) for name, value in fields]
        connection = self._connection(request.origin)
        try:
            # The request target is sent unchanged, because checks send invalid ones.
            status, received = connection.send(request.method, request.target.encode(), sent, _content(request))
            if len(received) > _MOST_FIELDS:
                raise h11.RemoteProtocolError(f"the response has {len(received)} header fields")
            named = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in received]
            response = Response(status, named, b"", redactor=self.redactor)
            is_text = response.media_type == "text/plain"
            body = b"".join(self._bounded(_undone(response, connection.body()), is_text=is_text))
        finally:
            followed = connection.end()
            if request.method == "HEAD" or self._kept.setdefault(request.origin, connection) is not connection:
                connection.close()  # some servers send a body after the response to HEAD
        lengths = (response.header("content-length") or "").split(", ")
        left = max([0, *(int(length) - len(body) for length in lengths if length.isdecimal())]) if is_text else 0
        seconds = time.monotonic() - begun
        response = replace(response, body=body, seconds=seconds, followed=followed, missing=left)
        return response.shortened(LONGEST_TEXT) if is_text else response

    def _connection(self, origin: str) -> KeptConnection:
        if (kept := self._kept.pop(origin, None)) is not None:
            if kept.is_reusable(_IDLE):
                return kept
            kept.close()
        proxy = self.connection.proxy_for(self.url)
        return connected(self._network, origin, proxy, self._context, self.limits.connect)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = self.connection.tls.context()
        return self._tls

    def _fields(self, request: Request) -> list[tuple[str, str]]:
        own = [("Host", urlsplit(request.origin).netloc), *_OWN_FIELDS, *self.connection.headers(request.headers)]
        taken = {name.lower() for name in request.headers}
        fields = [(name, value) for name, value in own if name.lower() not in taken]
        fields += request.headers.items()
        has_length = request.body is not None or request.method in WITH_LENGTH
        if has_length and not request.is_chunked and "content-length" not in taken:
            fields.append(("Content-Length", str(len(request.body or b""))))
        return fields

    def _bounded(self, parts: Iterator[bytes], *, is_text: bool) -> Iterator[bytes]:
        size = 0
        for part in parts:
            size += len(part)
            self.governor.usage.large |= size > LARGE
            if size > self.limits.body:
                raise TooManyBytes
            yield part
            if is_text and size > LONGEST_TEXT:
                return  # the log of a node can have gigabytes

    def down(self) -> AbstractContextManager[None]:
        """Return a context manager. During its block, all requests fail, also in other threads."""
        return self._network.down()

    def close(self) -> None:
        """Close all connections."""
        while self._kept:
            self._kept.popitem()[1].close()
        if self._raw is not None:
            self._raw.close()


def _hints(error: Exception) -> list[str]:
    """Return a list with a hint about a connection that could not be opened, or an empty list."""
    if isinstance(error, httpcore2.ProxyError):
        return ["check --proxy, or the proxy of the environment"]
    if isinstance(error.__cause__ or error.__context__, socket.gaierror):
        return ["check the name of the host"]
    return ["--ca-file sets the trusted certificates"] if "CERTIFICATE_VERIFY_FAILED" in str(error) else []


def _content(request: Request) -> Iterable[bytes]:
    """Return the pieces of a body: one, or two for a chunked body, so that the target has to read two chunks."""
    body = request.body or b""
    half = len(body) // 2 if request.is_chunked else 0
    return filter(None, (body[:half], body[half:]))


def _undone(response: Response, body: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the decoded body of a response in small pieces."""
    coding = response.header("content-encoding") or ""
    kind = _INFLATED.get(coding.strip().lower())
    if kind is None:
        yield from body
        return
    inflater = zlib.decompressobj(kind)
    try:
        for part in body:
            yield inflater.decompress(part, _FRAMING)
            while inflater.unconsumed_tail:
                yield inflater.decompress(inflater.unconsumed_tail, _FRAMING)
    except zlib.error as problem:
        raise h11.RemoteProtocolError(f"the body is not valid {coding}: {problem}") from problem
