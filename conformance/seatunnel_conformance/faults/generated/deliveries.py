"""Faults of the responses of each operation as a whole, and of their delivery.

whole         a response is that of another request, or is sent twice, late or not at all
connection    the connection is closed too early, or a header is wrong, missing or repeated
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
    """Replace the responses of an operation by the last response of any other operation."""

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
    """Send a `Content-Length` that is one byte less than the body, and leave the connection open."""
    content = exchange.received.body
    shorter = exchange.received.with_body(content[:-1])
    return exchange.with_delivery(shorter.as_bytes() + content[-1:]) if content else exchange


_WHOLE: Final = (
    ("repeated", "Every second response of {} is the previous one, whatever the request.",
     _repeated, Expected.DETECTED),
    ("doubled", "Every response of {} is sent twice, so the next request gets the second one.",
     sends(lambda it: [2 * it.received.as_bytes()]), Expected.DETECTED),
    # Of two requests in a row, one gets its response.
    ("dropped", "Instead of every third response of {}, the connection is closed.",
     at_times(lambda number: number % 3 == 0, sends(lambda _: [Cut.CLOSE])), Expected.UNDECIDED),
    ("delayed", "Every response of {} is delayed by 50 ms.",
     sends(lambda it: [0.05, it.received.as_bytes()]), Expected.IGNORED),
)  # fmt: skip

_CONNECTION: Final = (
    ("ends-the-connection", "The connection is closed after each response of {}, with `Connection: close`.",
     header("Connection", "close"), "http.keep-alive"),
    ("is-followed-by-a-closed-connection",
     "The connection is closed after each response of {}, without `Connection: close`.", closes, "http.keep-alive"),
    ("is-longer-than-its-length", "Each response of {} is a byte longer than its `Content-Length`.",
     _too_short, "http.one-answer http.whole-body"),
    ("is-shorter-than-its-length", "Each response of {} is 7 bytes shorter than its `Content-Length`.",
     promises(7), "http.whole-body"),
    ("has-two-lengths", "Each response of {} has two `Content-Length` headers.",
     both(body(lambda it: it.received.body), second_header("Content-Length", "1")), "http.whole-body"),
    ("has-no-content-type", "Each response of {} lacks the `Content-Type`.",
     header("Content-Type", None), "http.json-content-type"),
    ("has-two-content-types", "Each response of {} has two `Content-Type` headers.",
     second_header("Content-Type", "text/csv"), "http.json-content-type http.whole-body"),
    ("has-another-content-type", "Each response of {} has the `Content-Type` `application/octet-stream`.",
     header("Content-Type", "application/octet-stream"), "http.json-content-type"),
)  # fmt: skip


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield the faults of kind `whole` and `connection`, by operation."""
    known = {clause.id for clause in contract.clauses}
    for operation in contract.operations:
        place, about = f"whole:{operation.id}", clauses_of(contract, operation)
        said = f"Each response of {operation.id} is the last response of another operation."
        yield generated(place, "swapped", about, said, _swapped(operation.id))
        for name, text, change, expected in _WHOLE:
            # Only these two clauses are about bytes after a response.
            breaks = ("http.one-answer", "http.head") if name == "doubled" else about
            yield generated(place, name, breaks, text.format(operation.id), change, operation.id, expected=expected)
        place = f"connection:{operation.id}:response"
        for name, text, change, general in _CONNECTION:
            breaks = clauses_about(contract, operation, *(one for one in general.split() if one in known))
            said = text.format(operation.id)
            yield generated(place, name, breaks, said, change, operation.id, when=lambda it: it.method != "HEAD")
