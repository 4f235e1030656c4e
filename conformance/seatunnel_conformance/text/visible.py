r"""Text of others, made harmless to look at: control characters are shown (`\x1b`, `\u202e`), never obeyed.

What a target, a journal, a recording or a report file holds goes through here before it is printed or put in a report.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar, cast

_Value = TypeVar("_Value")


def visible(text: str) -> str:
    r"""Return a text in which everything but line ends can be seen.

    Escapes for terminals, carriage returns, characters that turn the direction of writing, NUL bytes and halves of
    characters become what Python writes for them: `\x1b`, `\r`, `\u202e`, `\x00`, `\ud800`.
    """
    if text.isprintable():
        return text
    plain = text.replace("\r\n", "\n").expandtabs(4)
    return "".join(letter if letter.isprintable() or letter == "\n" else _named(letter) for letter in plain)


def line(text: str, limit: int = 200) -> str:
    """Return a text as one visible line of at most `limit` characters."""
    whole = " ".join(visible(text[: 4 * limit]).split())
    return whole if len(whole) <= limit else f"{whole[: limit - 1]}…"


def map_texts(value: _Value, change: Callable[[str], str]) -> _Value:
    """Return plain data or dataclasses with every text replaced. Enums and the names of members stay."""
    changed: Any = value
    match value:
        case Enum():
            pass
        case str():
            changed = change(value)
        case Mapping():
            changed = {name: map_texts(inner, change) for name, inner in value.items()}
        case list() | tuple():
            changed = type(value)(map_texts(inner, change) for inner in value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            changed = replace(value, **{one.name: map_texts(getattr(value, one.name), change) for one in fields(value)})
    return cast("_Value", changed)


def as_json(value: Any, indent: int | None = None) -> str:
    r"""Return plain data as JSON in which everything but line ends can be seen, and which means the same.

    Letters of all languages stay; what can't be seen is escaped as JSON does it: `\u001b`, `\u202e`.
    """
    return visible_json(json.dumps(value, ensure_ascii=False, indent=indent))


def visible_json(text: str) -> str:
    """Return a JSON text as one that means the same, and in which everything but line ends can be seen."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter == "\n" else _json_escape(letter) for letter in text)


def _json_escape(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _named(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
