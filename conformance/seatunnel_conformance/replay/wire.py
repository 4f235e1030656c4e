"""Sends exactly the bytes that a scenario asks for. `http.client` reads the responses."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpcore

from seatunnel_conformance.errors import IncompleteResponse, ResponseTooLong
from seatunnel_conformance.replay.reading import Incoming
from seatunnel_conformance.target.bodies import is_readable, require_readable
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.target.exchange import READING
from seatunnel_conformance.target.governor import Governor
from seatunnel_conformance.target.identification import identify
from seatunnel_conformance.target.job_guard import JobGuard, OwnIds
from seatunnel_conformance.target.limits import RequestLimits
from seatunnel_conformance.target.network import Allowance
from seatunnel_conformance.text.redaction import redact_url

_BOUNDARY: Final = "replay-boundary-7d1f"
_SECONDS: Final = 60
_CHUNK: Final = 1000
_MOST_REPEATS: Final = 2_000_000
_MOST_BYTES: Final = 8 * 2**20
"""The most bytes of a response: those of a whole scenario are kept, of two deployments in a comparison."""
_PIECE: Final = 2**16
_TROUBLES: Final = (OSError, http.client.HTTPException, httpcore.TimeoutException, httpcore.NetworkError)
_WITH_LENGTH: Final = frozenset({"POST", "PUT", "PATCH"})


class NoResponse(IncompleteResponse):
    """The target did not respond to a request."""


@dataclass(frozen=True, slots=True)
class ReplayResponse:
    """A response; `closes` tells whether the target closes the connection."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    closes: bool

    @property
    def json(self) -> Any:
        """The body as JSON; None if it is not JSON."""
        try:
            return json.loads(self.body) if self.body and is_readable(self.body) else None
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True)
class Address:
    """A target and its connection.

    `seconds` is the time limit for a response, `interval` the seconds between two requests. `governor` has the time
    limit of all requests.
    """

    url: str
    connection: Connection = Connection()
    seconds: float = _SECONDS
    interval: float = 0.0
    governor: Governor = field(default_factory=lambda: Governor(RequestLimits(), ""), repr=False, compare=False)

    def __str__(self) -> str:
        return redact_url(self.url)


class Wire:
    """A connection to one target, opened for each request unless it is kept.

    It uses no proxy, so that the target gets the bytes of the scenario. `own` has the job ids that requests may name if
    they change the target.
    """

    def __init__(self, to: str | Address, own: OwnIds | None = None) -> None:
        self.to = to if isinstance(to, Address) else Address(to)
        self.guard = JobGuard(own or OwnIds(), self._looked_up)
        parts = urlsplit(self.to.url)
        self._tls = self.to.connection.tls.context() if parts.scheme == "https" else None
        self.host, self.port = parts.hostname or "localhost", parts.port or (443 if self._tls else 80)
        self.context = parts.path.rstrip("/")
        self.redactor = self.to.connection.redactor()
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Connect, unless connected. Raises `OSError`."""
        if self._socket is None:
            plain = socket.create_connection((self.host, self.port), self._seconds())
            self._socket = self._tls.wrap_socket(plain, server_hostname=self.host) if self._tls else plain

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def knock(self) -> None:
        """Require that the target serves the API and accepts the credentials. Raises the errors of `identify`."""
        seconds, limits = self._seconds(), self.to.governor.limits
        limits = replace(limits, connect=min(limits.connect, seconds), response=seconds)
        identify(self.to.url, limits, self.to.connection)

    def pause(self, seconds: float) -> None:
        """Wait before the next request, but no longer than the remaining time."""
        time.sleep(max(0.0, min(seconds, self.to.governor.seconds_left)))

    def _seconds(self) -> float:
        """Return the time limit of the next operation. Raises `LimitReached` if the time for all requests is over.

        A request of the cleanup may take a quarter of the remaining time, so that one does not use up all of it.
        """
        governor = self.to.governor
        if (left := governor.seconds_left) <= 0:
            raise governor.out_of_time
        return min(self.to.seconds, left / 4 if governor.is_tidying else left)

    def send(self, request: Mapping[str, Any], *, keep: bool) -> ReplayResponse:
        """Send one request and read the response.

        Raises `NoResponse`, `LimitReached`, and `ForeignJob` before the request is sent.
        """
        if request["method"] not in READING:
            self.guard.require_own(request["path"], body_of(request, {}))
        self.pause(self.to.interval)
        kept = False
        try:
            response = self._exchanged(request)
            kept = keep and not response.closes
            if "json" in response.headers.get("Content-Type", "").lower():
                require_readable(response.body)
        except ResponseTooLong as problem:
            raise NoResponse(f"no response: {problem}") from problem
        except _TROUBLES as problem:
            # An error because the command's time is over is not the target's fault.
            self._seconds()
            raise NoResponse(f"no response: {type(problem).__name__}") from problem
        finally:
            if not kept:
                self.close()
        return response

    def _looked_up(self, path: str) -> Any:
        """Return the JSON response of a path of the API, read over a separate connection."""
        with closing(Wire(self.to)) as wire:
            try:
                response = wire.send({"method": "GET", "path": path}, keep=False)
            except NoResponse:
                return None
        return response.json if response.status == HTTPStatus.OK else None

    def _exchanged(self, request: Mapping[str, Any]) -> ReplayResponse:
        self.open()
        connection = self._socket
        if connection is None:  # never, after `open`
            raise NoResponse
        connection.settimeout(self._seconds())
        connection.sendall(self.encode(request))
        incoming = Incoming(connection, Allowance(time.monotonic() + self._seconds(), _MOST_BYTES))
        reply = http.client.HTTPResponse(incoming, method=request["method"])  # type: ignore[arg-type]
        reply.begin()
        return ReplayResponse(reply.status, dict(reply.getheaders()), _whole(reply), reply.will_close)

    def encode(self, request: Mapping[str, Any]) -> bytes:
        """Return the bytes of a request."""
        headers: dict[str, str] = {"Host": f"{self.host}:{self.port}", **request.get("headers", {})}
        headers |= dict(self.to.connection.headers(headers))
        body = body_of(request, headers)
        if request.get("chunked"):
            headers["Transfer-Encoding"] = "chunked"
            body = _chunked(body or b"")
        elif body is not None or request["method"] in _WITH_LENGTH:
            headers.setdefault("Content-Length", str(len(body or b"")))
        path = ("" if request.get("absolute") else self.context) + request["path"]
        lines = [f"{request['method']} {path} HTTP/{request.get('httpVersion', '1.1')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def _whole(reply: http.client.HTTPResponse) -> bytes:
    """Read a body in pieces, because `http.client` would allocate the announced length."""
    body = b"".join(iter(lambda: reply.read(_PIECE), b""))
    if reply.length:
        raise http.client.IncompleteRead(body, reply.length)
    return body


def body_of(request: Mapping[str, Any], headers: dict[str, str]) -> bytes | None:
    """Return the body of a request, or None; add the matching content type to `headers`."""
    if "multipart" in request:
        headers.setdefault("Content-Type", f"multipart/form-data; boundary={_BOUNDARY}")
        return "".join([*map(_part, request["multipart"]), f"--{_BOUNDARY}--\r\n"]).encode()
    if "json" in request:
        headers.setdefault("Content-Type", "application/json")
        return json.dumps(request["json"], ensure_ascii=False).encode()
    if "form" in request:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return urlencode(request["form"]).encode()
    if "bodyRepeat" in request:
        piece = request["bodyRepeat"]
        text: str = piece.get("head", "") + piece["unit"] * min(piece["times"], _MOST_REPEATS) + piece.get("tail", "")
        return text.encode()
    if "bodyBase64" in request:
        return base64.b64decode(request["bodyBase64"])
    plain: str | None = request.get("body")
    return None if plain is None else plain.encode()


def _part(part: Mapping[str, str]) -> str:
    name = f'; filename="{part["filename"]}"' if "filename" in part else ""
    kind = f"Content-Type: {part['contentType']}\r\n" if "contentType" in part else ""
    head = f'Content-Disposition: form-data; name="{part["name"]}"{name}\r\n{kind}'
    return f"--{_BOUNDARY}\r\n{head}\r\n{part['body']}\r\n"


def _chunked(body: bytes) -> bytes:
    pieces = (body[at : at + _CHUNK] for at in range(0, len(body), _CHUNK))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
