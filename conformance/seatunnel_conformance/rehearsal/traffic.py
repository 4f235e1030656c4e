"""The traffic of clients: requests as a log has them, and the operations that they were for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from seatunnel_conformance.target.routes import find
from seatunnel_openapi import Contract, Operation

_DEEPEST: Final = 3
"""Segments that a context path may have."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One request of a log. `body` and `status` are None where the log does not have them.

    `answer` is the JSON of the answer where `has_answer`.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    status: int | None = None
    has_answer: bool = False
    answer: Any = None

    @property
    def path(self) -> str:
        """The path as it was sent, without the query."""
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> str:
        """The query as it was sent, empty if there was none."""
        return urlsplit(self.url).query

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the parameters in the query."""
        return frozenset(name for name, _ in parse_qsl(self.query, keep_blank_values=True))

    @property
    def place(self) -> str:
        """Scheme, host and port, empty where the log does not have them."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


@dataclass(frozen=True, slots=True)
class Routed:
    """A request, its operation, the value of the path parameter, and the path without its context."""

    seen: Seen
    operation: Operation
    value: str
    path: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """All requests of a log, in their order. `kind` is what the log is called: `HAR` or `access log`."""

    source: str
    kind: str
    requests: Sequence[Seen]

    def routed(self, contracts: Sequence[Contract]) -> Iterator[Routed]:
        """Yield the requests that are for an operation of one of the contracts."""
        for seen in self.requests:
            found = route(seen, contracts)
            if found is not None:
                yield found

    def foreign(self, contracts: Sequence[Contract]) -> list[Seen]:
        """Return the requests that are for none."""
        return [seen for seen in self.requests if route(seen, contracts) is None]


def route(seen: Seen, contracts: Sequence[Contract]) -> Routed | None:
    """Return what a request is for, whatever context path stands before; None if for no operation of the contracts."""
    segments = seen.path.split("/")[1:]
    for depth in range(min(_DEEPEST, len(segments) - 1) + 1):
        path = "/" + "/".join(segments[depth:])
        for contract in contracts:
            operation, value = find(contract, seen.method, path)
            if operation is not None:
                return Routed(seen, operation, value, path)
    return None
