"""Faults of connections: closed too early, wrong lengths, headers that are missing or there twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from seatunnel_conformance.faults.catalogue import Fault, clauses_about, generated
from seatunnel_conformance.faults.changes import Change, body, both, closes, header, promises, second_header
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_openapi import Contract


def _too_short(exchange: ProxiedExchange) -> ProxiedExchange:
    """Promise fewer bytes than come, and leave the connection open."""
    body = exchange.received.body
    shorter = exchange.received.with_body(body[:-1])
    return exchange.with_delivery(shorter.as_bytes() + body[-1:]) if body else exchange


_with_length: Final = body(lambda it: it.received.body)

_CHANGES: Final[Mapping[str, tuple[Change, tuple[str, ...]]]] = {
    "ends-the-connection": (header("Connection", "close"), ("http.keep-alive",)),
    "is-followed-by-a-closed-connection": (closes, ("http.keep-alive",)),
    "is-longer-than-its-length": (_too_short, ("http.one-answer", "http.whole-body")),
    "is-shorter-than-its-length": (promises(7), ("http.whole-body",)),
    "has-two-lengths": (both(_with_length, second_header("Content-Length", "1")), ("http.whole-body",)),
    "has-no-content-type": (header("Content-Type", None), ("http.json-content-type",)),
    "has-two-content-types": (second_header("Content-Type", "text/csv"), ("http.json-content-type", "http.whole-body")),
    "has-another-content-type": (header("Content-Type", "application/octet-stream"), ("http.json-content-type",)),
}


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield all faults, by operation."""
    known = {clause.id for clause in contract.clauses}
    for operation in contract.operations:
        place, said = f"connection:{operation.id}:response", f"Each response of {operation.id} "
        for name, (change, general) in _CHANGES.items():
            breaks = clauses_about(contract, operation, *(clause_id for clause_id in general if clause_id in known))
            yield generated(place, name, breaks, said, change, operation.id, when=lambda it: it.method != "HEAD")
