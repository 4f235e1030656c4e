"""Faults of connections: closed too early, wrong lengths, headers that are missing or there twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from seatunnel_conformance.faults.catalogue import Fault, FaultEffect, clauses_about
from seatunnel_conformance.faults.exchange import Cut, ProxiedExchange
from seatunnel_openapi import Contract

KIND: Final = "connection"

_Change: TypeAlias = Callable[[ProxiedExchange], ProxiedExchange]


@dataclass(frozen=True, slots=True)
class OfResponse(FaultEffect):
    """Changes how every response of an operation is sent."""

    operation_id: str
    change: _Change

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Change the response."""
        applies = exchange.is_for(self.operation_id) and exchange.method != "HEAD"
        return self.change(exchange) if applies else exchange


def _closed(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_delivery(exchange.received.as_bytes(), Cut.CLOSE)


def _too_short(exchange: ProxiedExchange) -> ProxiedExchange:
    """Promise fewer bytes than come."""
    body = exchange.received.body
    shorter = exchange.received.with_body(body[:-1])
    return exchange.with_delivery(shorter.as_bytes() + body[-1:]) if body else exchange


def _too_long(exchange: ProxiedExchange) -> ProxiedExchange:
    """Promise more bytes than come."""
    longer = exchange.received.with_header("Content-Length", str(len(exchange.received.body) + 7))
    return exchange.with_delivery(longer.with_framed(exchange.received.body).as_bytes(), Cut.CLOSE)


def _two_lengths(exchange: ProxiedExchange) -> ProxiedExchange:
    response = exchange.received.with_body(exchange.received.body)
    return exchange.with_response(response.with_fields(*response.fields, ("Content-Length", "1")))


def _two_types(exchange: ProxiedExchange) -> ProxiedExchange:
    response = exchange.received
    return exchange.with_response(response.with_fields(*response.fields, ("Content-Type", "text/csv")))


def _other_type(exchange: ProxiedExchange) -> ProxiedExchange:
    return exchange.with_header("Content-Type", "application/octet-stream")


_CHANGES: Final[Mapping[str, tuple[_Change, tuple[str, ...]]]] = {
    "ends-the-connection": (lambda exchange: exchange.with_header("Connection", "close"), ("http.keep-alive",)),
    "is-followed-by-a-closed-connection": (_closed, ("http.keep-alive",)),
    "is-longer-than-its-length": (_too_short, ("http.one-answer", "http.whole-body")),
    "is-shorter-than-its-length": (_too_long, ("http.whole-body",)),
    "has-two-lengths": (_two_lengths, ("http.whole-body",)),
    "has-no-content-type": (lambda exchange: exchange.with_header("Content-Type", None), ("http.json-content-type",)),
    "has-two-content-types": (_two_types, ("http.json-content-type", "http.whole-body")),
    "has-another-content-type": (_other_type, ("http.json-content-type",)),
}


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield all faults, by operation."""
    known = {clause.id for clause in contract.clauses}
    for operation in contract.operations:
        for name, (change, general) in _CHANGES.items():
            breaks = clauses_about(contract, operation, *(clause_id for clause_id in general if clause_id in known))
            sentence = f"Each response of {operation.id} {name.replace('-', ' ')}."
            make = partial(OfResponse, operation.id, change)
            yield Fault(f"{KIND}:{operation.id}:response:{name}", KIND, breaks, sentence, make)
