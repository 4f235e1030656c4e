"""Generated faults of whole responses, which are swapped, repeated, doubled, dropped or delayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from seatunnel_conformance.faults.catalogue import Expected, Fault, clauses_of, generated
from seatunnel_conformance.faults.changes import sends
from seatunnel_conformance.faults.exchange import Cut, ProxiedExchange
from seatunnel_conformance.faults.messages import Message
from seatunnel_openapi import Contract

_Change: TypeAlias = Callable[..., ProxiedExchange]


def _swapped(operation_id: str) -> _Change:
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


def _dropped(it: ProxiedExchange, count: Counter[str]) -> ProxiedExchange:
    count["all"] += 1
    return it if count["all"] % 3 else it.with_delivery(Cut.CLOSE)


_KINDS: Final[Mapping[str, tuple[str, _Change, Expected]]] = {
    "repeated": ("Every second response of {} is the one before it, whatever the request.",
                 _repeated, Expected.DETECTED),
    "doubled": ("Every response of {} is sent twice, so that the next request gets the second one.",
                sends(lambda it: [2 * it.received.as_bytes()]), Expected.DETECTED),
    "dropped": ("Instead of every third response of {}, the connection is closed: of two in a row, one comes.",
                _dropped, Expected.UNDECIDED),
    "delayed": ("Every response of {} is delayed by some hundredths of a second.",
                sends(lambda it: [0.05, it.received.as_bytes()]), Expected.IGNORED),
}  # fmt: skip


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield all faults of whole responses, by operation, in a fixed order."""
    for operation in contract.operations:
        place, about = f"whole:{operation.id}", clauses_of(contract, operation)
        said = f"Responses of {operation.id} are the last ones of another operation."
        yield generated(place, "swapped", about, said, _swapped(operation.id))
        for name, (text, change, expected) in _KINDS.items():
            # Only two clauses are about bytes after a response; the others are about the response itself.
            breaks = ("http.one-answer", "http.head") if name == "doubled" else about
            yield generated(place, name, breaks, text.format(operation.id), change, operation.id, expected=expected)
