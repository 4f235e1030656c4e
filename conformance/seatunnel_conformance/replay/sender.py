"""Sends the requests of scenarios with exactly the bytes that their steps describe, through the suite's `Wire`."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from seatunnel_conformance.errors import IncompleteResponse, ResponseTooLong
from seatunnel_conformance.target.ambiguity import RawRequest
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.target.exchange import Response, is_readable, require_readable
from seatunnel_conformance.target.identification import identify
from seatunnel_conformance.target.job_guard import JobGuard, OwnIds
from seatunnel_conformance.target.limits import Governor, RequestLimits
from seatunnel_conformance.target.network import ERRORS
from seatunnel_conformance.target.wire import WITH_LENGTH, Wire
from seatunnel_conformance.text.redaction import redact_url

_BOUNDARY: Final = "replay-boundary-7d1f"
_SECONDS: Final = 60
_CHUNK: Final = 1000
_MOST_REPEATS: Final = 2_000_000
_MOST_BYTES: Final = 8 * 2**20
"""The maximum size of a response in bytes. All responses of a scenario are kept in memory."""


class NoResponse(IncompleteResponse):
    """The target did not respond to a request."""


def json_of(response: Response) -> Any:
    """Return the body of a response as JSON; None if it is not JSON, or has too many values."""
    return response.json_as(object) if is_readable(response.body) else None


@dataclass(frozen=True, slots=True)
class Address:
    """A target and its connection.

    `seconds` is the time limit for a response. `governor` has the rate and the time limit of all requests. `nodes` has
    the URLs of further nodes of the same cluster. `stop_master` is called with `host:port` of the master to stop it;
    None if it must not be stopped. `dedicated` is true if all jobs on the target may be lost.
    """

    url: str
    connection: Connection = Connection()
    seconds: float = _SECONDS
    governor: Governor = field(default_factory=lambda: Governor(RequestLimits(), ""), repr=False, compare=False)
    nodes: tuple[str, ...] = ()
    stop_master: Callable[[str], None] | None = None
    dedicated: bool = False

    def __str__(self) -> str:
        return redact_url(self.url)


class Sender:
    """Sends the requests of scenarios to one target.

    `own` has the job ids that requests may name if they change the target. `nodes` has this sender, and one for each
    further node.
    """

    def __init__(self, to: str | Address, own: OwnIds | None = None) -> None:
        self.to = to if isinstance(to, Address) else Address(to)
        own = own or OwnIds(dedicated=self.to.dedicated)
        limits = replace(self.to.governor.limits, response=self.to.seconds, body=_MOST_BYTES)
        self.wire = Wire(self.to.url, self.to.connection, limits, own, self.to.governor)
        self.context = urlsplit(self.to.url).path.rstrip("/")
        further = (replace(self.to, url=url, nodes=()) for url in self.to.nodes)
        self.nodes: tuple[Sender, ...] = (self, *(Sender(node, self.wire.guard.own) for node in further))

    @property
    def guard(self) -> JobGuard:
        """The guard of foreign jobs."""
        return self.wire.guard

    @property
    def authority(self) -> str:
        """Host and port of the target."""
        return f"{self.wire.raw.host}:{self.wire.raw.port}"

    def close(self) -> None:
        """Close the connections to all nodes."""
        for node in self.nodes:
            node.wire.close()

    def require_api(self) -> None:
        """Require that every node serves the API and accepts the credentials. Raises the errors of `identify`."""
        for node in self.nodes:
            governor = node.to.governor
            if (left := governor.seconds_left) <= 0:
                raise governor.out_of_time
            seconds, limits = min(node.to.seconds, left), governor.limits
            limits = replace(limits, connect=min(limits.connect, seconds), response=seconds)
            identify(node.to.url, limits, node.to.connection)

    def pause(self, seconds: float) -> None:
        """Wait before the next request, but no longer than the remaining time."""
        time.sleep(max(0.0, min(seconds, self.to.governor.seconds_left)))

    def send(self, request: Mapping[str, Any], *, keep: bool) -> Response:
        """Send one request and read the response.

        Raises `NoResponse`, `LimitReached`, and before the request is sent `NotOneRequest` and `ForeignJob`.
        """
        raw = self.encode(request)
        try:
            response = self.wire.exchange_bytes(raw, keep=keep)
            if "json" in response.media_type:
                require_readable(response.body)
        except ResponseTooLong as problem:
            raise NoResponse(f"no response: {problem}") from problem
        except ERRORS as problem:
            # Near the end of the command's time, the time limit of the request is shorter: no error of the target.
            if self.to.governor.seconds_left <= 0:
                raise self.to.governor.out_of_time from problem
            raise NoResponse(f"no response: {type(problem).__name__}") from problem
        finally:
            if not keep:
                self.close()
        return response

    def encode(self, request: Mapping[str, Any]) -> RawRequest:
        """Return the request of a step with its bytes. Raises `NotOneRequest`."""
        headers: dict[str, str] = {"Host": self.authority, **request.get("headers", {})}
        headers |= dict(self.to.connection.headers(headers))
        prefix = "" if request.get("absolute") else self.context
        return raw_request(request, headers, prefix)


def raw_request(request: Mapping[str, Any], headers: dict[str, str], prefix: str = "") -> RawRequest:
    """Return the request of a step with these headers; `prefix` is the context path. Raises `NotOneRequest`."""
    method, body, chunks = request["method"], body_of(request, headers), None
    if request.get("chunked"):
        headers["Transfer-Encoding"] = "chunked"
        chunks = _chunked(body or b"")
    elif body is not None or method in WITH_LENGTH:
        headers.setdefault("Content-Length", str(len(body or b"")))
    version = request.get("httpVersion", "1.1")
    return RawRequest.of(method, request["path"], headers.items(), body, chunks=chunks, prefix=prefix, version=version)


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
