r"""Escapes control characters (`\x1b`, `\u202e`): a terminal or browser shows them, and does not obey them.

All text from a target, a journal, a recording or a report file is escaped here before it is printed or reported.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar, cast

_Value = TypeVar("_Value")


def visible(text: str) -> str:
    r"""Return a text with all invisible characters escaped, except line ends.

    Terminal escapes, carriage returns, characters that change the writing direction, NUL bytes and unpaired surrogates
    are replaced by Python's escapes: `\x1b`, `\r`, `\u202e`, `\x00`, `\ud800`.
    """
    if text.isprintable():
        return text
    plain = text.replace("\r\n", "\n").expandtabs(4)
    return "".join(letter if letter.isprintable() or letter == "\n" else _named(letter) for letter in plain)


def line(text: str, limit: int = 200) -> str:
    """Return a text as one line of at most `limit` characters, with invisible characters escaped."""
    whole = " ".join(visible(text[: 4 * limit]).split())
    return whole if len(whole) <= limit else f"{whole[: limit - 1]}…"


def replaced(text: str, words: Mapping[str, str]) -> str:
    """Return a text with each word replaced by another one, in the order of `words`."""
    for old, new in words.items():
        text = text.replace(old, new)
    return text


def map_texts(value: _Value, change: Callable[[str], str]) -> _Value:
    """Return plain data or dataclasses with `change` applied to every string; enums and names of members stay."""
    changed: Any = value
    match value:
        case Enum():
            pass
        case str():
            changed = change(value)
        case Mapping():
            changed = {name: map_texts(inner, change) for name, inner in value.items()}
        case list() | tuple():
            changed = (list if isinstance(value, list) else tuple)(map_texts(inner, change) for inner in value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            changed = replace(value, **{one.name: map_texts(getattr(value, one.name), change) for one in fields(value)})
    return cast("_Value", changed)


def as_json(value: Any, indent: int | None = None) -> str:
    r"""Return plain data as JSON with all invisible characters escaped, except line ends.

    Letters of all languages are kept; invisible characters are replaced by JSON's escapes: `\u001b`, `\u202e`.
    """
    return visible_json(json.dumps(value, ensure_ascii=False, indent=indent))


def visible_json(text: str) -> str:
    """Return an equivalent JSON text with all invisible characters escaped, except line ends."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter == "\n" else _json_escape(letter) for letter in text)


def _json_escape(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _named(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
