"""Faults of connections: closed too early, wrong lengths, headers that are missing or there twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from seatunnel_conformance.faults.catalogue import Fault, clauses_about, effect_of
from seatunnel_conformance.faults.changes import Change, closes, header
from seatunnel_conformance.faults.exchange import Cut, ProxiedExchange
from seatunnel_openapi import Contract

KIND: Final = "connection"


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


_CHANGES: Final[Mapping[str, tuple[Change, tuple[str, ...]]]] = {
    "ends-the-connection": (lambda exchange: exchange.with_header("Connection", "close"), ("http.keep-alive",)),
    "is-followed-by-a-closed-connection": (closes, ("http.keep-alive",)),
    "is-longer-than-its-length": (_too_short, ("http.one-answer", "http.whole-body")),
    "is-shorter-than-its-length": (_too_long, ("http.whole-body",)),
    "has-two-lengths": (_two_lengths, ("http.whole-body",)),
    "has-no-content-type": (header("Content-Type", None), ("http.json-content-type",)),
    "has-two-content-types": (_two_types, ("http.json-content-type", "http.whole-body")),
    "has-another-content-type": (header("Content-Type", "application/octet-stream"), ("http.json-content-type",)),
}


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield all faults, by operation."""
    known = {clause.id for clause in contract.clauses}
    for operation in contract.operations:
        for name, (change, general) in _CHANGES.items():
            breaks = clauses_about(contract, operation, *(clause_id for clause_id in general if clause_id in known))
            sentence = f"Each response of {operation.id} {name.replace('-', ' ')}."
            make = effect_of(change, operation.id, when=lambda exchange: exchange.method != "HEAD")
            yield Fault(f"{KIND}:{operation.id}:response:{name}", KIND, breaks, sentence, make)
