"""Writes values as Java does, reads integers as Java does, and orders names as Java's `HashMap` does.

The engine shows values by `toString()` (`envOptions`, encrypted values), rates by `Double.toString`, and lists tables
in the order of a `HashMap`. Recorded in `running-jobs/env-options-as-text`, `encrypt-config/object-value`,
`job-info/tables-configs`.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from seatunnel_server.engine.errors import InvalidNumber

INT_RANGE: Final = range(-(2**31), 2**31)
LONG_RANGE: Final = range(-(2**63), 2**63)

_ASCII: Final = re.compile(r"[+-]?\d{1,40}", re.ASCII)


def spelt(text: str) -> int | None:
    """Return the integer that a text of at most 40 ASCII digits spells, with an optional sign; else None."""
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


_PLAIN_FROM, _PLAIN_BELOW = 1e-3, 1e7
_FLOAT_DIGITS = 9
_INITIAL_CAPACITY = 16


@dataclass(frozen=True, slots=True)
class _Style:
    """The separators in objects and lists, and whether strings are quoted."""

    colon: str
    comma: str
    quoted: bool

    def scalar(self, value: Any) -> str:
        match value:
            case str():
                return json.dumps(value, ensure_ascii=False) if self.quoted else value
            case None:
                return "null"
            case bool():
                return "true" if value else "false"
            case float():
                return double_text(value)
        return str(value)


_TO_STRING = _Style(colon="=", comma=", ", quoted=False)
_JSON = _Style(colon=":", comma=",", quoted=True)


@dataclass(frozen=True, slots=True)
class _Verbatim:
    """Text of the result, on the stack of values that are still to be written."""

    text: str


def java_text(value: Any) -> str:
    """Return the text of a parsed JSON value as `toString()`: `true`, `1.5`, `null`, `{a=b}`, `[1, x]`."""
    return _written(value, _TO_STRING)


def json_text(value: Any) -> str:
    """Return a parsed JSON value as compact JSON with Java's numbers: `{"a":1.0E20}`."""
    return _written(value, _JSON)


def _written(value: Any, style: _Style) -> str:
    # A stack in place of recursion: nesting is limited where bodies are read, not by the interpreter.
    parts: list[str] = []
    stack: list[Any] = [value]
    while stack:
        match stack.pop():
            case _Verbatim(text):
                parts.append(text)
            case Mapping() as mapping:
                pieces: list[Any] = []
                for key, item in mapping.items():
                    pieces += (_Verbatim(style.scalar(key) + style.colon), item, _Verbatim(style.comma))
                stack += reversed(_enclosed("{", pieces, "}"))
            case list() | tuple() as items:
                stack += reversed(_enclosed("[", [p for i in items for p in (i, _Verbatim(style.comma))], "]"))
            case scalar:
                parts.append(style.scalar(scalar))
    return "".join(parts)


def _enclosed(opening: str, pieces: Sequence[Any], closing: str) -> list[Any]:
    return [_Verbatim(opening), *pieces[:-1], _Verbatim(closing)]


def double_text(value: float) -> str:
    """Return a 64-bit number as `Double.toString` does: `0.0`, `33.333333333333336`, `1.2E-4`, `NaN`, `Infinity`."""
    # Both languages write the fewest digits from which the number can be read again, but Java at least two.
    short = f"{value:.1e}"
    return _floating_text(value, short if float(short) == value else repr(value))


def float_text(value: float) -> str:
    """Return a number as `Float.toString` does: with the fewest digits that spell the same 32-bit number."""
    if not math.isfinite(value):
        return _floating_text(value, "")
    for digits in range(2, _FLOAT_DIGITS):
        text = f"{value:.{digits}g}"
        if single(float(text)) == single(value):
            return _floating_text(value, text)
    return _floating_text(value, f"{value:.{_FLOAT_DIGITS}g}")


def single(value: float) -> float:
    """Return the 32-bit float nearest to `value`; infinity if it is out of range."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _floating_text(value: float, digits: str) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    sign = "-" if math.copysign(1, value) < 0 else ""
    mantissa, _, exponent = digits.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    significant = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(significant)
    significant = significant.rstrip("0") or "0"
    if value == 0:
        return f"{sign}0.0"
    if _PLAIN_FROM <= abs(value) < _PLAIN_BELOW:
        padded = "0" * (1 - point) + significant if point <= 0 else significant.ljust(point, "0")
        point = max(point, 1)
        return f"{sign}{padded[:point]}.{padded[point:] or '0'}"
    return f"{sign}{significant[0]}.{significant[1:] or '0'}E{point - 1}"


def string_hash(text: str) -> int:
    """Return `String.hashCode()`, as an unsigned 32-bit number."""
    value = 0
    for unit in struct.unpack(f"<{utf16_length(text)}H", text.encode("utf-16-le", "surrogatepass")):
        value = (31 * value + unit) & 0xFFFFFFFF
    return value


def utf16_length(text: str) -> int:
    """Return `String.length()`: characters beyond the basic plane count twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def hash_order(names: Iterable[str]) -> list[str]:
    """Return names, each once, in the order of the keys of a `HashMap` that was sent to another node."""
    unique = list(dict.fromkeys(names))
    capacity = _INITIAL_CAPACITY
    # A map that was deserialized has room for its keys, a third more, and one.
    while capacity < len(unique) * 4 // 3 + 1:
        capacity *= 2

    def bucket(name: str) -> int:
        value = string_hash(name)
        return (value ^ (value >> 16)) & (capacity - 1)

    return sorted(unique, key=bucket)
