"""The recorded requests of a client, with the properties that rules need."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final

from seatunnel_conformance.faults.catalogue import FaultEffect
from seatunnel_conformance.faults.documents import DETAILS
from seatunnel_conformance.faults.exchange import Cut, ProxiedExchange
from seatunnel_conformance.report.outcomes import ReportedExchange
from seatunnel_conformance.target import routes
from seatunnel_conformance.target.ambiguity import JsonNumber
from seatunnel_conformance.target.exchange import Exchange, Request, Response
from seatunnel_conformance.text.redaction import redact_text
from seatunnel_openapi.contract import Operation
from seatunnel_openapi.documents import walk

SUBMITS: Final = frozenset({"submit_job", "submit_jobs", "submit_job_by_upload"})
STOPS: Final = frozenset({"stop_job", "stop_jobs"})

_ADDRESS: Final = "$SEATUNNEL_URL"
_ORIGIN: Final = "http://127.0.0.1:8080"
"""The address in reports, instead of the address of the proxy."""
_OF_THIS_RUN: Final = frozenset({"transfer-encoding", "host"})
"""Headers that are left out of commands that repeat a request."""

FOREVER: Final = 3600.0
"""Seconds after which a response is sent that the client is not meant to get."""


@dataclass(eq=False)
class ClientRequest:
    """A request as the client sent it, and the response that it got. Times are those of `time.monotonic`."""

    asked: ProxiedExchange
    at: float
    answered: ProxiedExchange | None = None
    answered_at: float = 0.0

    @cached_property
    def operation(self) -> Operation | None:
        """The requested operation, or None. A slash at the end of the path is ignored, as by engines."""
        path = self.asked.path
        return routes.find(self.asked.contract, self.asked.method, path.rstrip("/") or path)[0]

    @property
    def operation_id(self) -> str:
        """The id of the requested operation; empty if the request is for no operation."""
        return self.operation.id if self.operation else ""

    @property
    def name(self) -> str:
        """Method and path."""
        return f"{self.asked.method} {self.asked.path or self.asked.target}"

    @property
    def is_answered(self) -> bool:
        """Whether the client got a response."""
        return bool(self.answered and not self.answered.delivery)

    @property
    def status(self) -> int:
        """The status of the response; 0 if there was none."""
        return self.answered.status if self.answered and self.is_answered else 0

    @cached_property
    def document(self) -> Any:
        """The JSON document of the response; None if there was no response, or it is not JSON."""
        return self.answered.document if self.answered and self.is_answered else None

    @property
    def entries(self) -> int | None:
        """The number of entries if the response is a list; None if it is not."""
        body = self.answered.received.body if self.answered and self.is_answered else b""
        found = json.loads(body) if body[:1] == b"[" else None
        return len(found) if isinstance(found, list) else None

    @property
    def is_page(self) -> bool:
        """Whether the response is an error as an HTML page."""
        return self.status >= HTTPStatus.BAD_REQUEST and bool(self.answered and self.answered.media_type == "text/html")

    @property
    def is_held(self) -> bool:
        """Whether the client ended before it got a response."""
        return self.answered is None or FOREVER in self.answered.delivery

    @property
    def is_lost(self) -> bool:
        """Whether the connection was reset instead of a response."""
        return bool(self.answered and Cut.RESET in self.answered.delivery)

    @property
    def body_ids(self) -> list[tuple[str, bool]]:
        """The job ids in the JSON body as they were sent, each with a boolean: whether it is a JSON number."""
        try:
            sent = json.loads(self.asked.request.body or "null", parse_int=JsonNumber, parse_float=JsonNumber)
        except ValueError:
            return []
        return [(str(value), isinstance(value, JsonNumber)) for value in _members(sent, "jobId")]

    @property
    def body_names(self) -> list[str]:
        """The names of the members of the JSON body, or of the objects in it if it is a list."""
        sent = self.asked.request_json
        objects = [each for each in (sent if isinstance(sent, list) else [sent]) if isinstance(each, dict)]
        return [name for each in objects for name in each]

    @property
    def ids(self) -> list[str]:
        """All job ids in path, query and body of the request, as they were sent."""
        in_path = [self.asked.value] if self.operation_id in DETAILS else []
        in_query = [value for name, value in self.asked.query if name == "jobId" and value]
        return [*in_path, *in_query, *(found for found, _ in self.body_ids)]

    @property
    def received_ids(self) -> list[str]:
        """All job ids in the response."""
        return [str(value) for value in _members(self.document, "jobId")]

    @property
    def received_states(self) -> list[str]:
        """All job states in the response."""
        return [str(value) for value in _members(self.document, "jobStatus")]

    def curl(self) -> str:
        """Return the shell command that repeats the request at `$SEATUNNEL_URL`, without secrets."""
        # A shell replaces no variable within single quotes.
        return self._request(_ADDRESS).curl().replace(f"'{_ADDRESS}", f'"{_ADDRESS}"\'')

    def reported(self) -> ReportedExchange:
        """Return the exchange as reports show it."""
        got = self.answered.response if self.answered and self.is_answered else None
        response = Response(self.status, got.fields, got.body, self.answered_at - self.at) if got else None
        error = None if got else "the client got no response"
        return replace(Exchange(self._request(_ORIGIN), response, error).reported(), curl=self.curl())

    def _request(self, origin: str) -> Request:
        sent = self.asked.request
        body = redact_text(sent.body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        headers = {name: value for name, value in sent.fields if name.lower() not in _OF_THIS_RUN}
        return Request(self.asked.method, origin, self.asked.target, headers, body or None)


def _members(document: Any, name: str) -> Iterator[Any]:
    """Yield the values of all members with this name, at any depth, except null."""
    objects = (node for _, node in walk(document) if isinstance(node, dict))
    yield from (each[name] for each in objects if each.get(name) is not None)


@dataclass
class RecordedTraffic(FaultEffect):
    """Applies the effect of a scenario, and records the requests that the client sends and its responses."""

    effect: FaultEffect
    calls: list[ClientRequest] = field(default_factory=list)
    _open: dict[int, tuple[ClientRequest, ProxiedExchange]] = field(default_factory=dict)

    def on_request(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Record a request as the client sent it."""
        call = ClientRequest(exchange, time.monotonic())
        self.calls.append(call)
        changed = self.effect.on_request(exchange)
        # The exchange is kept, so that no other request gets the same `id`.
        self._open[id(changed.request)] = call, changed
        return changed

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Record the response as the client gets it."""
        call, _ = self._open.pop(id(exchange.request))
        call.answered, call.answered_at = self.effect.on_response(exchange), time.monotonic()
        return call.answered
