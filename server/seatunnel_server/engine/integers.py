"""The ranges of Java's integers, and how their text is read."""

from __future__ import annotations

import re
from typing import Final

from seatunnel_server.engine.errors import InvalidNumber

INT_RANGE: Final = range(-(2**31), 2**31)
LONG_RANGE: Final = range(-(2**63), 2**63)


_ASCII: Final = re.compile(r"[+-]?\d{1,40}", re.ASCII)


def spelt(text: str) -> int | None:
    """Return the integer that ASCII digits spell; None for any other text, and for one of more than 40 digits."""
    return int(text) if _ASCII.fullmatch(text) else None


def parsed(text: str, numbers: range) -> int:
    """Read an integer as Java's `valueOf` does: one optional sign, decimal digits of any script.

    Raises `InvalidNumber` with the offending text. Recorded in `job-info/*` (`+5`, `007`, Arabic digits).
    """
    digits = text[1:] if text[:1] in {"+", "-"} else text
    # Twenty significant digits never fit; the bound keeps int() away from texts of any length.
    if not digits.isdecimal() or len(digits.lstrip("0")) > 19 or int(text) not in numbers:  # noqa: PLR2004 - of 2^63
        raise InvalidNumber(text)
    return int(text)
