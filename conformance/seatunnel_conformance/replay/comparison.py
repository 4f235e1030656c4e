"""What differs between two normalised exchanges. Key order never counts, notes don't either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from seatunnel_conformance.text.differences import canonical, differing

__all__ = ["ABSENT", "Difference", "canonical", "compared", "differences", "shown"]

ABSENT: Final = ...
"""Stands where one of two exchanges has nothing."""

_SHOWN: Final = 160


@dataclass(frozen=True, slots=True)
class Difference:
    """One place, as a JSON pointer into an exchange, and what stands there in either; `ABSENT` for nothing."""

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
    """Return a value as text that fits into a line."""
    return "absent" if value is ABSENT else canonical(value)[:_SHOWN]


def differences(recorded: Any, got: Any) -> Iterator[str]:
    """Yield a line for each difference, with the place that it is at."""
    return map(str, compared(recorded, got))


def compared(old: Any, new: Any) -> Iterator[Difference]:
    """Yield every difference between two exchanges."""
    for pointer, one, other in differing(_counting(old), _counting(new)):
        yield Difference(pointer, one, other)


def _counting(exchange: Any) -> Any:
    return {key: exchange[key] for key in exchange if key != "note"} if isinstance(exchange, dict) else exchange
