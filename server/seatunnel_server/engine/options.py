"""Typed reading of a plugin's or environment's options, with the conversions and refusals of the engine.

The engine reads each option when it needs it: a number may come as text, an enumeration in any letter case, a list as
text with commas. What cannot be read so is tried once more as JSON, which takes `1.5` for 1 and `1` for true.
Recorded in `submit-job/parallelism-digit-text`, `row-num-digit-text`, `mode-lower-case`, `two-sources-one-sink`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from seatunnel_server.engine.javatext import INT_RANGE, LONG_RANGE, java_text, json_text, single, spelt
from seatunnel_server.engine.refusals import OptionMismatch

E = TypeVar("E", bound=Enum)

_NUMBER_TEXT = re.compile(r"\s*[+-]?(\d++\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?\s*", re.ASCII)
_MAX_DIGITS = 400
"""The longest text that is tried as a number: no 64-bit number needs more digits."""

_MAP_OF_TEXTS = "java.util.Map<java.lang.String, java.lang.String>"
_MAP = "java.util.Map<java.lang.String, java.lang.Object>"
_LIST_OF_MAPS = f"java.util.List<{_MAP}>"


@dataclass(frozen=True, slots=True)
class Options:
    """Options by name. A name with dots is looked up as a name, then as a path; null counts as absent.

    Every reader raises `OptionMismatch` for a value that is not of its kind.
    """

    values: Mapping[str, Any]

    def raw(self, *names: str) -> Any:
        """Return the value of the first name that has one, or None."""
        return next((value for value in map(self._lookup, names) if value is not None), None)

    def _lookup(self, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        found: Any = self.values
        for part in name.split("."):
            if not isinstance(found, Mapping):
                return None
            found = found.get(part)
        return found

    def has(self, *names: str) -> bool:
        """Whether any of the names has a value."""
        return self.raw(*names) is not None

    def text(self, *names: str) -> str | None:
        """Return an option as text; what is not text as JSON, so that 12 is `12`."""
        value = self.raw(*names)
        return None if value is None else as_text(value)

    def integer(self, name: str, default: int | None = None) -> int | None:
        """Return a 32-bit integer."""
        value = self.raw(name)
        return default if value is None else as_integer(value, INT_RANGE, "java.lang.Integer")

    def long(self, name: str, default: int | None = None) -> int | None:
        """Return a 64-bit integer."""
        value = self.raw(name)
        return default if value is None else as_integer(value, LONG_RANGE, "java.lang.Long")

    def floating(self, name: str, *, java_type: str = "java.lang.Double") -> float | None:
        """Return a number."""
        value = self.raw(name)
        return None if value is None else as_floating(value, java_type)

    def flag(self, name: str, *, default: bool | None = None) -> bool | None:
        """Return a truth value."""
        value = self.raw(name)
        return default if value is None else as_flag(value)

    def choice(self, name: str, kind: type[E], default: E, java_type: str) -> E:
        """Return a member of `kind`, found by its name in any letter case or by its ordinal."""
        value = self.raw(name)
        return default if value is None else as_choice(value, kind, java_type)

    def texts(self, *names: str) -> list[str] | None:
        """Return a list of texts; text with commas is one."""
        value = self.raw(*names)
        return None if value is None else as_texts(value)

    def items(self, name: str) -> list[Any] | None:
        """Return a list of anything; text with commas is a list of texts."""
        value = self.raw(name)
        if value is None or isinstance(value, list):
            return value
        return list(as_texts(value))

    def texts_by_name(self, name: str) -> dict[str, str] | None:
        """Return a mapping of texts, in its order; numbers and truth values become text."""
        value = self.raw(name)
        if value is None:
            return None
        mapping = from_json(value)
        if not isinstance(mapping, Mapping) or any(isinstance(item, Mapping | list) for item in mapping.values()):
            raise OptionMismatch(value, _MAP_OF_TEXTS)
        return {key: java_text(item) for key, item in mapping.items()}

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        """Return a mapping of anything."""
        value = self.raw(name)
        if value is None:
            return None
        mapping = from_json(value)
        if not isinstance(mapping, Mapping):
            raise OptionMismatch(value, _MAP)
        return mapping

    def mappings(self, name: str, *, java_type: str = _LIST_OF_MAPS) -> list[Mapping[str, Any]] | None:
        """Return a list of mappings; `java_type` is what the engine makes of them."""
        value = self.raw(name)
        if value is None:
            return None
        items = from_json(value)
        if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
            raise OptionMismatch(value, java_type)
        return items

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)


def as_text(value: Any) -> str:
    """Return text as it is, and anything else as JSON."""
    return value if isinstance(value, str) else json_text(value)


def as_integer(value: Any, bounds: Sequence[int], java_type: str) -> int:
    """Read a number or its text as an integer within `bounds`; fractions are cut off."""
    number = _plain_integer(value)
    if number is None:
        number = _truncated(from_json(value))
    if number is None or number not in bounds:
        raise OptionMismatch(value, java_type)
    return number


def _plain_integer(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return value if isinstance(value, int) else spelt(value)


def _truncated(value: Any) -> int | None:
    match value:
        case bool():
            return None
        case int():
            return value
        case float() if math.isfinite(value):
            return int(value)
        case str():
            return _plain_integer(value.strip())
    return None


def as_floating(value: Any, java_type: str) -> float:
    """Read a number or its text as floating point; `java.lang.Float` has the range of 32 bits."""
    number = _plain_floating(value)
    if number is None:
        raise OptionMismatch(value, java_type)
    if java_type == "java.lang.Float" and not math.isfinite(single(number)):
        raise OptionMismatch(value, java_type)
    return number


def _plain_floating(value: Any) -> float | None:
    match value:
        case bool():
            return None
        case int() | float():
            return float(value)
        case str() if len(value) <= _MAX_DIGITS and _NUMBER_TEXT.fullmatch(value):
            return float(value.strip().rstrip("dDfF"))
    return None


def as_flag(value: Any) -> bool:
    """Read `true` and `false` in any letter case; whole numbers are true unless they are 0."""
    text = java_text(value).upper()
    if text in {"TRUE", "FALSE"}:
        return text == "TRUE"
    number = from_json(value)
    if isinstance(number, int):
        return number != 0
    raise OptionMismatch(value, "java.lang.Boolean")


def as_choice(value: Any, kind: type[E], java_type: str) -> E:
    """Read a member of `kind` by its name in any letter case, or by its ordinal."""
    wanted = java_text(value).upper()
    members = list(kind)
    for member in members:
        if member.name.upper() == wanted:
            return member
    ordinal = from_json(value)
    if isinstance(ordinal, int) and not isinstance(ordinal, bool) and 0 <= ordinal < len(members):
        return members[ordinal]
    raise OptionMismatch(value, java_type)


def as_texts(value: Any) -> list[str]:
    """Read a list of texts: an array, the JSON text of one, or text with commas."""
    items = from_json(value)
    if isinstance(items, list):
        return [as_text(item) if isinstance(item, Mapping | list) else java_text(item) for item in items]
    return [part.strip() for part in java_text(value).split(",")]


def from_json(value: Any) -> Any:
    """Return text as the JSON that it may be, and everything else as it is; None for text that is no JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
