"""The differences between two normalised exchanges. Key order and notes are ignored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from seatunnel_conformance.text.differences import canonical, differing

__all__ = ["ABSENT", "ExchangeDifference", "canonical", "compared", "differences", "shown"]

ABSENT: Final = ...
"""The value of a place that one of two exchanges does not have."""

_SHOWN: Final = 160


@dataclass(frozen=True, slots=True)
class ExchangeDifference:
    """A JSON pointer into the exchanges, and both values, of which one can be `ABSENT`."""

    pointer: str
    old: Any
    new: Any

    def __str__(self) -> str:
        if self.new is ABSENT:
            return f"{self.pointer}: missing {shown(self.old)}"
        if self.old is ABSENT:
            return f"{self.pointer}: unexpected {shown(self.new)}"
        return f"{self.pointer}: recorded {shown(self.old)}, got {shown(self.new)}"


def shown(value: Any) -> str:
    """Return a value as a short text."""
    return "absent" if value is ABSENT else canonical(value)[:_SHOWN]


def differences(recorded: Any, got: Any) -> Iterator[str]:
    """Yield a line for each difference."""
    return map(str, compared(recorded, got))


def compared(old: Any, new: Any) -> Iterator[ExchangeDifference]:
    """Yield every difference between two exchanges."""
    for pointer, one, other in differing(_counting(old), _counting(new)):
        yield ExchangeDifference(pointer, one, other)


def _counting(exchange: Any) -> Any:
    return {key: exchange[key] for key in exchange if key != "note"} if isinstance(exchange, dict) else exchange
