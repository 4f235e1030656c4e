"""Converts the values of options to their Java types as the engine does, and names these types in plain words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from seatunnel_openapi.option_rules import OptionRules
from seatunnel_server.engine.javatext import INT_RANGE, LONG_RANGE
from seatunnel_server.engine.options import as_flag, as_floating, as_integer, as_text, from_json
from seatunnel_server.engine.refusals import OptionMismatch

_DURATION: Final = re.compile(
    r"\s*([+-]?\d+\s*(MS|S|M|H|D)|[+-]?P(?=.)([+-]?\d+D)?(T(?=.)([+-]?\d+H)?([+-]?\d+M)?([+-]?\d+(\.\d*)?S)?)?)\s*",
    re.IGNORECASE | re.ASCII,
)
_NUMBERS: Final = {
    "java.lang.Integer": INT_RANGE,
    "java.lang.Short": range(-(2**15), 2**15),
    "java.lang.Long": LONG_RANGE,
}
_NUMERIC: Final = frozenset({*_NUMBERS, "java.lang.Float", "java.lang.Double"})
_WORDS: Final = {
    "java.lang.Integer": "a whole number",
    "java.lang.Short": "a whole number",
    "java.lang.Long": "a whole number",
    "java.lang.Float": "a number",
    "java.lang.Double": "a number",
    "java.lang.Boolean": "true or false",
    "java.time.Duration": "a duration such as 10s or PT10S",
    "java.lang.String": "text",
}


def _duration(value: Any) -> str:
    if not _DURATION.fullmatch(text := as_text(value)):
        raise OptionMismatch(value, "java.time.Duration")
    return text


_PLAIN: Final[Mapping[str, Callable[[Any], Any]]] = {
    "java.lang.String": as_text,
    "java.lang.Boolean": as_flag,
    "java.time.Duration": _duration,
    **{name: partial(as_integer, bounds=bounds, java_type=name) for name, bounds in _NUMBERS.items()},
    **{name: partial(as_floating, java_type=name) for name in ("java.lang.Float", "java.lang.Double")},
}
_LIST: Final = "java.util.List"
_MAP: Final = "java.util.Map"
_GENERIC: Final = re.compile(r"([\w.$]+)<(.*)>")


@dataclass(frozen=True, slots=True)
class JavaType:
    """A Java type: the name of its class, and its type arguments, such as those of keys and values."""

    name: str
    arguments: tuple[JavaType, ...] = ()

    @classmethod
    def parse(cls, text: str) -> JavaType:
        """Read the name of a type, such as `java.util.List<java.lang.String>`."""
        if found := _GENERIC.fullmatch(text.strip()):
            return cls(found[1], tuple(cls.parse(part) for part in _parts(found[2])))
        return cls(text.strip())

    def words(self, rules: OptionRules) -> str:
        """Return the kind of values in plain words, such as `a whole number`; empty if it is not known."""
        if self.name in rules.enums:
            return "one of " + ", ".join(rules.enums[self.name].values())
        if self.name == _LIST:
            items = self.arguments[0].name if self.arguments else ""
            words = {_MAP: "objects", **dict.fromkeys(_NUMERIC, "numbers")}
            return f"a list of {words[items]}" if items in words else "a list"
        if self.name == _MAP:
            values = self.arguments[1].name if self.arguments else ""
            return f"an object of {'whole ' * (values in _NUMBERS)}numbers" if values in _NUMERIC else "an object"
        return _WORDS.get(self.name, "")

    def convert(self, value: Any, rules: OptionRules) -> Any:
        """Return a value as this type; for an enumeration, the constant's name. Raises `OptionMismatch`."""
        if self.name in _PLAIN:
            return _PLAIN[self.name](value)
        if self.name == _LIST:
            return self._list(value, rules)
        if self.name == _MAP:
            return self._mapping(value, rules)
        if self.name in rules.enums:
            return self._constant(value, rules.enums[self.name])
        return value

    def _constant(self, value: Any, constants: Mapping[str, str]) -> str:
        wanted = as_text(value).upper()
        for name, text in constants.items():
            if text.upper() == wanted:
                return name
        parsed = from_json(value)
        names = list(constants)
        if isinstance(parsed, int) and not isinstance(parsed, bool) and 0 <= parsed < len(names):
            return names[parsed]
        if parsed in names:
            return str(parsed)
        raise OptionMismatch(value, self.name)

    def _list(self, value: Any, rules: OptionRules) -> Any:
        parsed, item = from_json(value), self.arguments[0] if self.arguments else JavaType("java.lang.Object")
        if isinstance(parsed, list):
            try:
                return [item.strictly(each, rules) for each in parsed]
            except OptionMismatch:
                if not isinstance(value, list):
                    raise
        if item.arguments or (
            item.name not in _WORDS and item.name not in rules.enums and item.name != "java.lang.Object"
        ):
            raise OptionMismatch(value, self.name)  # the engine splits text into items of plain types only
        parts = [as_text(each) for each in value] if isinstance(value, list) else as_text(value).split(",")
        return [item.convert(part.strip(), rules) for part in parts]

    def _mapping(self, value: Any, rules: OptionRules) -> Any:
        parsed = from_json(value)
        if not isinstance(parsed, Mapping):
            raise OptionMismatch(value, self.name)
        match self.arguments:
            case (_, values):
                return {key: values.strictly(each, rules) for key, each in parsed.items()}
        return parsed

    def strictly(self, value: Any, rules: OptionRules) -> Any:
        """Convert a value inside a list or an object, where the engine accepts less. Raises `OptionMismatch`."""
        if value is None:
            return None
        is_nested = isinstance(value, Mapping | list)
        if is_nested and (self.name in _WORDS or self.name in rules.enums):
            raise OptionMismatch(value, self.name)
        if (self.name == _LIST and not isinstance(value, list)) or (
            self.name == _MAP and not isinstance(value, Mapping)
        ):
            raise OptionMismatch(value, self.name)
        return self.convert(value, rules)


def _parts(text: str) -> list[str]:
    """Split the arguments of a type at commas outside of angle brackets."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character == "<") - (character == ">")
        if character == "," and not depth:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def shown(value: Any) -> str:
    """Return a value as text of at most 40 characters, for a message."""
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - a line of a terminal
