"""Reads the options of a plugin or of `env` as typed values, with the conversions and errors of the engine.

The engine converts each option when it reads it: a number may be a string, an enumeration has any letter case, a list
may be a string with commas. If that fails, the engine parses the value as JSON, and reads `1.5` as 1 and `1` as true.
Recorded in `submit-job/parallelism-digit-text`, `row-num-digit-text`, `mode-lower-case`, `two-sources-one-sink`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from seatunnel_openapi.files import json_or
from seatunnel_server.engine.javatext import INT_RANGE, LONG_RANGE, java_text, json_text, single, spelt
from seatunnel_server.engine.refusals import OptionMismatch

E = TypeVar("E", bound=Enum)

_NUMBER_TEXT = re.compile(r"\s*[+-]?(\d++\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?\s*", re.ASCII)
_MAX_DIGITS = 400
"""The longest text that is read as a number: no 64-bit number needs more digits."""

_MAP_OF_TEXTS = "java.util.Map<java.lang.String, java.lang.String>"
_MAP = "java.util.Map<java.lang.String, java.lang.Object>"
_LIST_OF_MAPS = f"java.util.List<{_MAP}>"


@dataclass(frozen=True, slots=True)
class Options:
    """Options by name. A name with dots is looked up as a key, then as a path; null counts as missing.

    The value of a missing option is None, or a default. All readers raise `OptionMismatch` for a value of another type.
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
        """Return whether one of the names has a value."""
        return self.raw(*names) is not None

    def text(self, *names: str) -> str | None:
        """Return an option as text; a value that is not a string becomes JSON, so that 12 is `12`."""
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

    def floating(self, name: str) -> float | None:
        """Return a number."""
        value = self.raw(name)
        return None if value is None else as_floating(value, "java.lang.Double")

    def flag(self, name: str, *, default: bool | None = None) -> bool | None:
        """Return a boolean."""
        value = self.raw(name)
        return default if value is None else as_flag(value)

    def choice(self, name: str, kind: type[E], default: E, java_type: str) -> E:
        """Return a member of `kind`, found by its name in any letter case or by its ordinal."""
        value = self.raw(name)
        return default if value is None else as_choice(value, kind, java_type)

    def texts(self, *names: str) -> list[str] | None:
        """Return a list of strings, which may be a string with commas."""
        value = self.raw(*names)
        return None if value is None else as_texts(value)

    def items(self, name: str) -> list[Any] | None:
        """Return a list of any values; a string with commas is a list of strings."""
        value = self.raw(name)
        if value is None or isinstance(value, list):
            return value
        return list(as_texts(value))

    def texts_by_name(self, name: str) -> dict[str, str] | None:
        """Return a mapping of strings; numbers and booleans become text."""
        value = self.raw(name)
        if value is None:
            return None
        mapping = from_json(value)
        if not isinstance(mapping, Mapping) or any(isinstance(item, Mapping | list) for item in mapping.values()):
            raise OptionMismatch(value, _MAP_OF_TEXTS)
        return {key: java_text(item) for key, item in mapping.items()}

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        """Return a mapping of any values."""
        value = self.raw(name)
        if value is None:
            return None
        mapping = from_json(value)
        if not isinstance(mapping, Mapping):
            raise OptionMismatch(value, _MAP)
        return mapping

    def mappings(self, name: str, *, java_type: str = _LIST_OF_MAPS) -> list[Mapping[str, Any]] | None:
        """Return a list of mappings; `java_type` is the type in the error's message."""
        value = self.raw(name)
        if value is None:
            return None
        items = from_json(value)
        if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
            raise OptionMismatch(value, java_type)
        return items


def as_text(value: Any) -> str:
    """Return a string unchanged, and any other value as JSON."""
    return value if isinstance(value, str) else json_text(value)


def as_integer(value: Any, bounds: Sequence[int], java_type: str) -> int:
    """Read a number, or a string of a number, as an integer within `bounds`. A fraction is cut off."""
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
    """Read a number, or a string of a number, as a float; a `java.lang.Float` has 32 bits."""
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
    """Read `true` or `false` in any letter case, or an integer, which is true unless it is 0."""
    text = java_text(value).upper()
    if text in {"TRUE", "FALSE"}:
        return text == "TRUE"
    number = from_json(value)
    if isinstance(number, int):
        return number != 0
    raise OptionMismatch(value, "java.lang.Boolean")


def as_choice(value: Any, kind: type[E], java_type: str) -> E:
    """Return a member of `kind` by its name in any letter case, or by its ordinal."""
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
    """Return a list of strings, given as a list, as the JSON of a list, or as a string with commas."""
    items = from_json(value)
    if isinstance(items, list):
        return [as_text(item) if isinstance(item, Mapping | list) else java_text(item) for item in items]
    return [part.strip() for part in java_text(value).split(",")]


def from_json(value: Any) -> Any:
    """Return a string parsed as JSON, None if it is not JSON; other values are returned unchanged."""
    return json_or(value) if isinstance(value, str) else value
