"""Faults of whole responses and of their delivery, of each operation.

whole         a response is another one, comes twice, late or not at all
connection    it is closed too early, or headers are wrong, missing, or there twice
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from seatunnel_conformance.faults.catalogue import Expected, Fault, clauses_about, clauses_of, generated
from seatunnel_conformance.faults.changes import at_times, body, both, closes, header, promises, second_header, sends
from seatunnel_conformance.faults.exchange import Cut, ProxiedExchange
from seatunnel_conformance.faults.messages import Message
from seatunnel_openapi import Contract


def _swapped(operation_id: str) -> Callable[..., ProxiedExchange]:
    """Answer with the last response of another operation."""

    def change(it: ProxiedExchange, last: list[Message]) -> ProxiedExchange:
        if it.method == "HEAD":
            return it
        if it.is_for(operation_id):
            return it.with_response(*last) if last else it
        last[:] = [it.received] if it.ok else last
        return it

    return change


def _repeated(it: ProxiedExchange, responses: list[Message]) -> ProxiedExchange:
    if it.method == "HEAD":
        return it
    responses.append(it.received)
    return it if len(responses) % 2 else it.with_response(responses[-2])


def _too_short(exchange: ProxiedExchange) -> ProxiedExchange:
    """Promise fewer bytes than come, and leave the connection open."""
    content = exchange.received.body
    shorter = exchange.received.with_body(content[:-1])
    return exchange.with_delivery(shorter.as_bytes() + content[-1:]) if content else exchange


_WHOLE: Final = (
    ("repeated", "Every second response of {} is the one before it, whatever the request.",
     _repeated, Expected.DETECTED),
    ("doubled", "Every response of {} is sent twice, so that the next request gets the second one.",
     sends(lambda it: [2 * it.received.as_bytes()]), Expected.DETECTED),
    ("dropped", "Instead of every third response of {}, the connection is closed: of two in a row, one comes.",
     at_times(lambda number: number % 3 == 0, sends(lambda _: [Cut.CLOSE])), Expected.UNDECIDED),
    ("delayed", "Every response of {} is delayed by some hundredths of a second.",
     sends(lambda it: [0.05, it.received.as_bytes()]), Expected.IGNORED),
)  # fmt: skip

_CONNECTION: Final = (
    ("ends-the-connection", header("Connection", "close"), "http.keep-alive"),
    ("is-followed-by-a-closed-connection", closes, "http.keep-alive"),
    ("is-longer-than-its-length", _too_short, "http.one-answer http.whole-body"),
    ("is-shorter-than-its-length", promises(7), "http.whole-body"),
    ("has-two-lengths", both(body(lambda it: it.received.body), second_header("Content-Length", "1")),
     "http.whole-body"),
    ("has-no-content-type", header("Content-Type", None), "http.json-content-type"),
    ("has-two-content-types", second_header("Content-Type", "text/csv"), "http.json-content-type http.whole-body"),
    ("has-another-content-type", header("Content-Type", "application/octet-stream"), "http.json-content-type"),
)  # fmt: skip


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield all faults, by operation, in a fixed order."""
    known = {clause.id for clause in contract.clauses}
    for operation in contract.operations:
        place, about = f"whole:{operation.id}", clauses_of(contract, operation)
        said = f"Responses of {operation.id} are the last ones of another operation."
        yield generated(place, "swapped", about, said, _swapped(operation.id))
        for name, text, change, expected in _WHOLE:
            # Only two clauses are about bytes after a response; the others are about the response itself.
            breaks = ("http.one-answer", "http.head") if name == "doubled" else about
            yield generated(place, name, breaks, text.format(operation.id), change, operation.id, expected=expected)
        place, said = f"connection:{operation.id}:response", f"Each response of {operation.id} "
        for name, change, general in _CONNECTION:
            breaks = clauses_about(contract, operation, *(one for one in general.split() if one in known))
            yield generated(place, name, breaks, said, change, operation.id, when=lambda it: it.method != "HEAD")
