"""The conditions of option rules: their operators, their AND and OR, and their messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from seatunnel_openapi.documents import JsonObject
from seatunnel_openapi.option_rules import chain


def groups(head: JsonObject) -> Iterator[list[JsonObject]]:
    """Yield the groups of conditions in a chain: AND joins the conditions of a group, OR joins the groups."""
    group = []
    for node in chain(head):
        group.append(node)
        if node.get("operator") != "AND":
            yield group
            group = []
    if group:
        yield group


def readable(expression: str) -> str:
    """Return an expression of the engine, such as `'format' == TEXT`, as the text of a message."""
    return (
        re.sub(r"'([\w.\-]+)'", r"`\1`", expression)
        .replace(" == ", " is ")
        .replace(" && ", " and ")
        .replace(" || ", " or ")
    )


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: value is not None and wanted is not None and compare(value, wanted)


def _text(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, wanted: isinstance(value, str) and test(value, str(wanted))


def _matches(value: str, pattern: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True


DEMANDS: Final = {
    **dict.fromkeys(("NOT_BLANK", "NOT_EMPTY", "MAP_NOT_EMPTY"), "must not be empty"),
    "GREATER_THAN": "must be greater than {}",
    "GREATER_OR_EQUAL": "must be {} or more",
    "LESS_THAN": "must be less than {}",
    "LESS_OR_EQUAL": "must be {} or less",
    "STARTS_WITH": "must start with {}",
}
_LESS: Final = _compared(lambda value, wanted: value < wanted)
_LESS_OR_EQUAL: Final = _compared(lambda value, wanted: value <= wanted)
_GREATER: Final = _compared(lambda value, wanted: value > wanted)
_GREATER_OR_EQUAL: Final = _compared(lambda value, wanted: value >= wanted)
TESTS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "EQUAL": lambda value, wanted: value == wanted,
    "NOT_EQUAL": lambda value, wanted: value != wanted,
    "GREATER_THAN": _GREATER,
    "GREATER_OR_EQUAL": _GREATER_OR_EQUAL,
    "LESS_THAN": _LESS,
    "LESS_OR_EQUAL": _LESS_OR_EQUAL,
    "FIELD_GREATER_THAN": _GREATER,
    "FIELD_GREATER_OR_EQUAL": _GREATER_OR_EQUAL,
    "FIELD_LESS_THAN": _LESS,
    "FIELD_LESS_OR_EQUAL": _LESS_OR_EQUAL,
    "NOT_BLANK": _text(lambda value, _: bool(value.strip())),
    "STARTS_WITH": _text(str.startswith),
    "CONTAINS": _text(lambda value, wanted: wanted in value),
    "MATCHES": _text(_matches),
    "UPPER_CASE": _text(lambda value, _: value == value.upper()),
    "LOWER_CASE": _text(lambda value, _: value == value.lower()),
    "NOT_EMPTY": lambda value, _: isinstance(value, list) and bool(value),
    "COLLECTION_UNIQUE": lambda value, _: (
        isinstance(value, list) and all(v not in value[:i] for i, v in enumerate(value))
    ),
    "MAP_NOT_EMPTY": lambda value, _: isinstance(value, Mapping) and bool(value),
    "MAP_CONTAINS_KEY": lambda value, wanted: isinstance(value, Mapping) and wanted in value,
    "MAP_CONTAINS_KEYS": lambda value, wanted: isinstance(value, Mapping) and {*value} >= {*wanted},
}
"""The engine's operators, except for EXTENSION: each compares an option's value with the expected one."""
