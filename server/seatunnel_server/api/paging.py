"""Pages of a list, with the engine's arithmetic: 32-bit numbers, and the checks of its list class.

Measured on 2.3.13 (research on later releases, 1.5); validated pages as read for 3.0.0 (sources of 3.x, 2.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self, TypeVar

from seatunnel_server.engine.errors import EngineFailure, IllegalArgument, InvalidNumber
from seatunnel_server.engine.javatext import INT_RANGE, parsed

_T = TypeVar("_T")
_DEFAULT_ROWS: Final = 10
_BEYOND: Final = "Page number exceeds total pages"


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A requested page: its number, from 1, and its number of rows."""

    number: int
    rows: int

    @classmethod
    def parse(cls, page: str | None, rows: str | None, checks: str) -> Self | None:
        """Read the parameters; None if the request has no page, or if `checks` (the fact `paging`) is `none`.

        Raises `IllegalArgument`.
        """
        if page is None or checks == "none":
            return None
        if checks == "checked":
            wanted = cls(_positive("page", page), _DEFAULT_ROWS if rows is None else _positive("rows", rows))
            if (wanted.number - 1) * wanted.rows not in INT_RANGE:
                raise IllegalArgument(_BEYOND)
            return wanted
        return cls(parsed(page, INT_RANGE), _DEFAULT_ROWS if rows is None else parsed(rows, INT_RANGE))

    def of(self, items: Sequence[_T]) -> Sequence[_T]:
        """Return the items of this page. Raises `IllegalArgument`, and `EngineFailure` before the first item."""
        if self.number <= 0:
            raise IllegalArgument("Page number must be greater than 0")
        start = _wrapped((self.number - 1) * self.rows)
        if start > len(items):
            raise IllegalArgument(_BEYOND)
        end = min(_wrapped(start + self.rows), len(items))
        if start < 0:
            raise EngineFailure(f"fromIndex = {start}")
        if end < start:
            raise IllegalArgument(f"fromIndex({start}) > toIndex({end})")
        return items[start:end]


def _positive(name: str, value: str) -> int:
    """Read a number as Java does, without the blanks around it. Raises `IllegalArgument`."""
    try:
        number = parsed(value.strip(), INT_RANGE)
    except InvalidNumber:
        raise IllegalArgument(f"Parameter '{name}' must be an integer, but was: {value}") from None
    if number < 1:
        raise IllegalArgument(f"Parameter '{name}' must be greater than 0")
    return number


def _wrapped(number: int) -> int:
    """Return the lowest 32 bits of a number as a signed integer."""
    return (number + 2**31) % 2**32 - 2**31
