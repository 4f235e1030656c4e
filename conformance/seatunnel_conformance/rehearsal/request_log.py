"""Reads the requests of a log, and finds their operations.

A log is a HAR file of a browser or proxy, an access log in common or combined format, or what `serve --access-log`
writes.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from seatunnel_conformance.errors import InvalidSettings
from seatunnel_conformance.target.routes import find
from seatunnel_openapi import Contract, Operation
from seatunnel_openapi.files import parse_json, read_text

_DEEPEST: Final = 3
"""The maximum number of segments of a context path."""


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request of a log. `body`, `status` and `response` are None if the log does not have them.

    `response` is the JSON body of the response. `has_values` is false if the log has the names of the query parameters,
    but not their values. `number` is the number of its line or entry in the log, from 1.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    status: int | None = None
    response: Any = None
    has_values: bool = True
    number: int = 0

    @property
    def path(self) -> str:
        """The path as sent, without the query."""
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> str:
        """The query as sent; empty if there is none."""
        return urlsplit(self.url).query

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the parameters in the query."""
        return frozenset(name for name, _ in parse_qsl(self.query, keep_blank_values=True))

    @property
    def place(self) -> str:
        """Scheme, host and port, such as `http://localhost:8080`; empty if the log does not have them."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


@dataclass(frozen=True, slots=True)
class Routed:
    """A request, its operation, and its path without the context path."""

    seen: LoggedRequest
    operation: Operation
    path: str


@dataclass(frozen=True, slots=True)
class RequestLog:
    """All requests of a log, in order. `unread` is the number of other lines, `unit` is "line" or, in HAR, "entry"."""

    source: str
    requests: Sequence[LoggedRequest]
    unread: int = 0
    unit: str = "line"

    def routed(self, contracts: Sequence[Contract]) -> Iterator[Routed]:
        """Yield the requests for operations that one of the contracts has."""
        for seen in self.requests:
            found = route(seen, contracts)
            if found is not None:
                yield found

    def foreign(self, contracts: Sequence[Contract]) -> list[LoggedRequest]:
        """Return the requests that are for no operation of the contracts."""
        return [seen for seen in self.requests if route(seen, contracts) is None]


_V1: Final = "/hazelcast/rest/"


def is_v1(seen: LoggedRequest) -> bool:
    """Return whether a request is for the REST API V1, which has other paths."""
    return _V1 in seen.path


def route(seen: LoggedRequest, contracts: Sequence[Contract]) -> Routed | None:
    """Return the operation of a request, or None. The path of the request may begin with a context path."""
    if is_v1(seen):
        return None
    segments = seen.path.split("/")[1:]
    for depth in range(min(_DEEPEST, len(segments) - 1) + 1):
        path = "/" + "/".join(segments[depth:])
        for contract in contracts:
            operation, _ = find(contract, seen.method, path)
            if operation is not None:
                return Routed(seen, operation, path)
    return None


_LINE: Final = re.compile(r'"(?P<method>[A-Z]+) (?P<url>\S+) HTTP/[\d.]+" (?P<status>\d{3})\b')
_HINT: Final = (
    "a log is a HAR file, an access log in common or combined format "
    '(with "GET /overview HTTP/1.1" 200 in its lines), or what `serve --access-log` writes'
)
_KEPT: Final = frozenset({"accept", "content-type"})
"""The headers that a response can depend on; others are dropped, because they may contain secrets."""


class BrokenLog(InvalidSettings):
    """A file is not a valid log of requests."""

    def __init__(self, source: Path, problem: str, hint: str = "") -> None:
        super().__init__(f"{source}: {problem}", hint)


def read_log(path: Path) -> RequestLog:
    """Read a log; its format is detected by its beginning. Raises `BrokenLog` and `UnusableFile`."""
    text = read_text(path)
    if _is_of_serve(text):
        return RequestLog(str(path), tuple(_serve_log(path, text)))
    if text.lstrip()[:1] in {"{", "["}:
        return RequestLog(str(path), tuple(_har(path, text)), unit="entry")
    requests = tuple(_access_log(text))
    if not requests:
        raise BrokenLog(path, "it is neither a HAR file nor an access log", _HINT)
    return RequestLog(str(path), requests, sum(bool(line.strip()) for line in text.splitlines()) - len(requests))


def _access_log(text: str) -> Iterator[LoggedRequest]:
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _LINE.search(line):
            yield LoggedRequest(found["method"], found["url"], status=int(found["status"]), number=number)


def _is_of_serve(text: str) -> bool:
    """Return whether the first line is a JSON object with a method and a path."""
    try:
        first = parse_json(text.lstrip().partition("\n")[0])
    except ValueError:
        return False
    return isinstance(first, dict) and {"method", "path"} <= first.keys()


def _serve_log(path: Path, text: str) -> Iterator[LoggedRequest]:
    """Yield the requests of a log of `serve --access-log`, which has the names of query parameters without values."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = parse_json(line)
            names, status = entry.get("query", ()), entry["status"]
            query = "?" + "&".join(f"{name}=" for name in names) if names else ""
            url = str(entry["path"]) + query
            # If a client disconnects before the response, the log has no status.
            yield LoggedRequest(
                str(entry["method"]), url, status=status and int(status), has_values=not names, number=number
            )
        except (LookupError, TypeError, AttributeError, ValueError) as problem:
            raise BrokenLog(path, f"line {number} is not one of `serve --access-log`: {problem}") from None


def _har(path: Path, text: str) -> Iterator[LoggedRequest]:
    try:
        document = parse_json(text)
    except ValueError as problem:
        raise BrokenLog(path, f"it is not JSON: {problem}", _HINT) from None
    try:
        entries = document["log"]["entries"]
    except (KeyError, TypeError):
        raise BrokenLog(path, "it is not a HAR file: log.entries is missing", _HINT) from None
    if not isinstance(entries, list):
        raise BrokenLog(path, "it is not a HAR file: log.entries is not a list", _HINT)
    for number, entry in enumerate(entries, start=1):
        try:
            yield _seen(entry, number)
        except KeyError as problem:
            raise BrokenLog(path, f"entry {number} is not a valid HAR entry: `{problem.args[0]}` is missing") from None
        except (LookupError, TypeError, AttributeError, ValueError):
            raise BrokenLog(path, f"entry {number} is not a valid HAR entry: a member has another type") from None


def _seen(entry: Mapping[str, Any], number: int) -> LoggedRequest:
    request, response = entry["request"], entry.get("response") or {}
    headers = {header["name"]: header["value"] for header in request.get("headers", ())}
    # Browsers write 0 for a request without a response.
    status = int(response.get("status") or 0) or None
    posted = request.get("postData")
    return LoggedRequest(
        method=str(request["method"]).upper(),
        url=str(request["url"]),
        headers={name: value for name, value in headers.items() if name.lower() in _KEPT},
        body=None if posted is None else posted.get("text"),
        status=status,
        response=_document(response.get("content") or {}),
        number=number,
    )


def _document(content: Mapping[str, Any]) -> Any:
    """Return the JSON body of a response in a HAR file; None if the body is missing or is not JSON."""
    text = content.get("text")
    if not text:
        return None
    try:
        return parse_json(base64.b64decode(text).decode() if content.get("encoding") == "base64" else text)
    except ValueError:
        return None
