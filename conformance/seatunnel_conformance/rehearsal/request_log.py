"""The requests of a log, and their operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from seatunnel_conformance.target.routes import find
from seatunnel_openapi import Contract, Operation

_DEEPEST: Final = 3
"""The most segments of a context path."""


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request of a log. `body` and `status` are None if the log does not have them.

    `response` is the JSON body of the response if `has_response`. Without `has_values`, the parameters in the query
    have no values in the log.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    status: int | None = None
    has_response: bool = False
    response: Any = None
    has_values: bool = True

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
        """Scheme, host and port; empty if the log does not have them."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


@dataclass(frozen=True, slots=True)
class Routed:
    """A request, its operation, the value of the path parameter, and the path without its context."""

    seen: LoggedRequest
    operation: Operation
    value: str
    path: str


@dataclass(frozen=True, slots=True)
class RequestLog:
    """All requests of a log, in order. `kind` is `HAR` or `access log`."""

    source: str
    kind: str
    requests: Sequence[LoggedRequest]

    def routed(self, contracts: Sequence[Contract]) -> Iterator[Routed]:
        """Yield the requests for operations of the contracts."""
        for seen in self.requests:
            found = route(seen, contracts)
            if found is not None:
                yield found

    def foreign(self, contracts: Sequence[Contract]) -> list[LoggedRequest]:
        """Return the requests for no operation."""
        return [seen for seen in self.requests if route(seen, contracts) is None]


def route(seen: LoggedRequest, contracts: Sequence[Contract]) -> Routed | None:
    """Return the operation of a request with any context path; None if there is none."""
    segments = seen.path.split("/")[1:]
    for depth in range(min(_DEEPEST, len(segments) - 1) + 1):
        path = "/" + "/".join(segments[depth:])
        for contract in contracts:
            operation, value = find(contract, seen.method, path)
            if operation is not None:
                return Routed(seen, operation, value, path)
    return None
