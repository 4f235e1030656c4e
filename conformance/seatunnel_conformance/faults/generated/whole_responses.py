"""Generated faults of whole responses, which are swapped, repeated, doubled, dropped or delayed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from seatunnel_conformance.faults.catalogue import Expected, Fault, FaultEffect, clauses_of
from seatunnel_conformance.faults.exchange import Cut, ProxiedExchange
from seatunnel_conformance.faults.messages import Message
from seatunnel_openapi import Contract

KIND: Final = "whole"

_ONCE: Final = ("http.one-answer", "http.head")


class _Whole(FaultEffect):
    """Changes whole responses of one operation."""

    def __init__(self, operation_id: str) -> None:
        self.operation_id = operation_id
        self.count = 0

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Change the responses of the operation."""
        return self.changed(exchange) if exchange.is_for(self.operation_id) else exchange

    def changed(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Change a response of the operation."""
        return exchange

    def is_turn(self, every: int = 2) -> bool:
        """Return true every so many times."""
        self.count += 1
        return self.count % every == 0


class Swapped(_Whole):
    """Responses of an operation are the last ones of another operation."""

    last: Message | None = None

    def on_response(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Keep the responses of other operations, and send them."""
        if not exchange.is_for(self.operation_id) and exchange.ok and exchange.method != "HEAD":
            self.last = exchange.received
        return super().on_response(exchange)

    def changed(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Send the last response of another operation."""
        return exchange.with_response(self.last) if self.last and exchange.method != "HEAD" else exchange


class Repeated(_Whole):
    """Every second response of an operation is the one before it, whatever the request."""

    last: Message | None = None

    def changed(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Send the last response again."""
        if exchange.method == "HEAD":
            return exchange
        last, self.last = self.last, exchange.received
        return exchange.with_response(last) if self.is_turn() and last is not None else exchange


class Doubled(_Whole):
    """Every response of an operation is sent twice, so that the next request gets the second one."""

    def changed(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Send the response twice."""
        message = exchange.received.as_bytes()
        return exchange.with_delivery(message + message)


class Dropped(_Whole):
    """Instead of every third response of an operation, the connection is closed: of two in a row, one comes."""

    def changed(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Close the connection."""
        return exchange.with_delivery(Cut.CLOSE) if self.is_turn(3) else exchange


class Delayed(_Whole):
    """Every response of an operation is delayed by some hundredths of a second."""

    def changed(self, exchange: ProxiedExchange) -> ProxiedExchange:
        """Wait."""
        return exchange.with_delivery(0.05, exchange.received.as_bytes())


_KINDS: Final[Mapping[type[_Whole], Expected]] = {
    Swapped: Expected.DETECTED,
    Repeated: Expected.DETECTED,
    Doubled: Expected.DETECTED,
    Dropped: Expected.UNDECIDED,
    Delayed: Expected.IGNORED,
}


UNNOTICED: Final[Mapping[tuple[type[_Whole], str], str]] = {
    (Repeated, "get_system_monitoring_information"): "no clause limits the age of these values",
    (Repeated, "get_thread_dump"): "no clause limits the age of this list",
    (Repeated, "list_node_logs"): "no clause limits the age of this list",
}
"""Faults that no clause forbids, by effect and operation, each with the reason."""


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield all faults of whole responses, by operation, in a fixed order."""
    for operation in contract.operations:
        for effect, expected in _KINDS.items():
            name = effect.__name__.lower()
            sentence = (effect.__doc__ or "").replace("an operation", operation.id, 1)
            # Only these clauses are about bytes after a response; the others are about the response itself.
            breaks = _ONCE if effect is Doubled else clauses_of(contract, operation)
            if why := UNNOTICED.get((effect, operation.id)):
                sentence, expected = f"{sentence.removesuffix('.')}: {why}.", Expected.IGNORED  # noqa: PLW2901 - replaced
            yield Fault(
                f"{KIND}:{operation.id}:{name}", KIND, breaks, sentence, partial(effect, operation.id), expected
            )
