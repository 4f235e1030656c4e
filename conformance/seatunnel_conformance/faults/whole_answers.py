"""Faults that nobody wrote, II: whole answers that are swapped, repeated, doubled, dropped or delayed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from seatunnel_conformance.faults.catalogue import Due, Effect, Fault, clauses_of
from seatunnel_conformance.faults.exchange import Cut, Exchange
from seatunnel_conformance.faults.messages import Message
from seatunnel_openapi import Contract

KIND: Final = "whole"

_ONCE: Final = ("http.one-answer",)


class _Whole(Effect):
    """Does something with whole answers of one operation."""

    def __init__(self, operation_id: str) -> None:
        self.operation_id = operation_id
        self.count = 0

    def answered(self, exchange: Exchange) -> Exchange:
        """Hand the operation's own answers over."""
        return self.changed(exchange) if exchange.about(self.operation_id) else exchange

    def changed(self, exchange: Exchange) -> Exchange:
        """Change an answer of the operation."""
        return exchange

    def is_turn(self) -> bool:
        """Count, and tell every other time that it is time."""
        self.count += 1
        return self.count % 2 == 0


class Swapped(_Whole):
    """Answers of an operation are those that another one gave last."""

    last: Message | None = None

    def answered(self, exchange: Exchange) -> Exchange:
        """Remember the answers of others, and give them."""
        if not exchange.about(self.operation_id) and exchange.ok and exchange.method != "HEAD":
            self.last = exchange.received
        return super().answered(exchange)

    def changed(self, exchange: Exchange) -> Exchange:
        """Give the last answer of another operation."""
        return exchange.with_answer(self.last) if self.last and exchange.method != "HEAD" else exchange


class Repeated(_Whole):
    """Every other answer of an operation is the one before it, whatever was asked."""

    last: Message | None = None

    def changed(self, exchange: Exchange) -> Exchange:
        """Give the last answer again."""
        if exchange.method == "HEAD":
            return exchange
        last, self.last = self.last, exchange.received
        return exchange.with_answer(last) if self.is_turn() and last is not None else exchange


class Doubled(_Whole):
    """Every answer of an operation is sent twice, so that the next request finds an answer before it was asked."""

    def changed(self, exchange: Exchange) -> Exchange:
        """Send the answer twice."""
        message = exchange.received.as_bytes()
        return exchange.delivered(message + message)


class Dropped(_Whole):
    """Every other answer of an operation does not come: the connection is closed instead."""

    def changed(self, exchange: Exchange) -> Exchange:
        """Close the connection."""
        return exchange.delivered(Cut.CLOSE) if self.is_turn() else exchange


class Delayed(_Whole):
    """Every answer of an operation is held back for some hundredths of a second."""

    def changed(self, exchange: Exchange) -> Exchange:
        """Wait."""
        return exchange.delivered(0.05, exchange.received.as_bytes())


_KINDS: Final[Mapping[type[_Whole], Due]] = {
    Swapped: Due.KILL,
    Repeated: Due.KILL,
    Doubled: Due.KILL,
    Dropped: Due.DOUBT,
    Delayed: Due.SILENCE,
}


UNNOTICED: Final[Mapping[tuple[type[_Whole], str], str]] = {
    (Repeated, "get_system_monitoring_information"): "no clause says how old a reading may be",
}
"""What no client can hold against a server, by what is done and to which operation, each with the reason."""


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield what can be done with whole answers, operation by operation, always in the same order."""
    for operation in contract.operations:
        for effect, due in _KINDS.items():
            name = effect.__name__.lower()
            sentence = (effect.__doc__ or "").replace("an operation", operation.id, 1)
            # The contract has one clause about what follows an answer; the others are about the answer itself.
            breaks = _ONCE if effect is Doubled else clauses_of(contract, operation)
            if why := UNNOTICED.get((effect, operation.id)):
                sentence, due = f"{sentence.removesuffix('.')}: {why}.", Due.SILENCE  # noqa: PLW2901 - due otherwise
            yield Fault(f"{KIND}:{operation.id}:{name}", KIND, breaks, sentence, partial(effect, operation.id), due)
