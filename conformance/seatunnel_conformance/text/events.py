"""Events of files such as reports and journals: lines of NDJSON, read into dataclasses and validated by schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

import jsonschema_rs

from seatunnel_conformance.text.visible import line, visible_json
from seatunnel_openapi.files import parse_json


def schema_problem(package: str, schema: str, document: Any) -> str:
    """Return where and how a document violates a package's schema file; empty if it is valid."""
    for error in _validator(package, schema).iter_errors(document):
        return line(f"{'/'.join(map(str, error.instance_path)) or 'it'}: {error.message}")
    return ""


@cache
def _validator(package: str, schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(files(package).joinpath(schema).read_text(encoding="utf-8")))


_Made = TypeVar("_Made")

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""A surrogate, which a target can send in JSON and which can't be encoded in a file."""


def event_line(kind: str, plain: Mapping[str, Any]) -> str:
    """Return an event as one line of JSON, without a line break."""
    text = json.dumps({"event": kind, **plain}, ensure_ascii=False)
    return visible_json(_SURROGATE.sub(lambda half: f"\\\\u{ord(half[0]):04x}", text))


def event_in(line: str, kinds: Mapping[str, type], problem: Callable[[Any], str] = lambda _: "") -> Any:
    """Read an event from a line of JSON into the dataclass that `kinds` has for its kind.

    `problem` returns an error message for invalid data, or an empty text. Raises `ValueError` if the line is no event.
    """
    plain = parse_json(line)
    if reason := problem(plain):
        raise ValueError(reason)
    if not isinstance(plain, dict) or plain.get("event") not in kinds:
        raise ValueError("it is not a known event")
    return from_plain(kinds[plain["event"]], plain)


def from_plain(kind: type[_Made], plain: Mapping[str, Any]) -> _Made:
    """Return a dataclass from the plain data of `dataclasses.asdict`. Unknown members are ignored."""
    made: Any = kind
    types = _types(made)
    return kind(**{name: _typed(types[name], value) for name, value in plain.items() if name in types})


@cache
def _types(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _typed(kind: Any, value: Any) -> Any:
    if get_origin(kind) is tuple:
        items = get_args(kind)
        kinds = items[:1] * len(value) if items[1:] == (...,) else items
        return tuple(_typed(one, item) for one, item in zip(kinds, value, strict=True))
    if not isinstance(kind, type):
        return value
    if is_dataclass(kind):
        return from_plain(kind, value)
    return kind(value) if issubclass(kind, Enum) else value
