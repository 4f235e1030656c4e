"""Bodies of responses, read within bounds: known text encodings only, and no more JSON values than memory has room for.

A body of 32 MiB that is nothing but `{},{},{},…` becomes two gigabytes of Python objects, and a codec such as
`punycode` takes time that grows with the square of the length.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from encodings import normalize_encoding
from encodings.aliases import aliases
from itertools import chain, islice
from typing import Any, Final

from seatunnel_conformance.errors import AnswerTooLong

MOST_VALUES: Final = 500_000
"""JSON values that are read of one body; a list of ten thousand jobs has fewer."""

LONGEST_EXAMINED: Final = 2**16
"""Bytes of a body that generated tests examine whole; a longer one is abridged for them."""

_CHARSETS: Final = frozenset(
    {
        *("ascii", "utf_8", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"),
        *("latin_1", *(f"iso8859_{part}" for part in range(1, 17)), *(f"cp125{page}" for page in range(9))),
        *("big5", "gb2312", "gbk", "gb18030", "euc_jp", "shift_jis", "euc_kr", "koi8_r", "koi8_u"),
    }
)
"""Text encodings that servers use, by Python's names; Python's other codecs are slow, or no text encodings at all."""

_ABRIDGED: Final = ((100, 1_000, 10_000), (20, 200, 1_000), (4, 50, 200))
"""Items of a list, members of an object and characters of a text that are kept; the next ones if that is too much."""

_MOST_ABRIDGED: Final = 2**19
"""Bytes of an abridged body."""


def is_known(charset: str) -> bool:
    """Tell whether a charset names a text encoding that is decoded."""
    if not charset.isascii() or "\0" in charset:
        return False
    name = normalize_encoding(charset).lower()
    return aliases.get(name, name) in _CHARSETS


def decoded(body: bytes, charset: str | None) -> str:
    """Return a body as text; what is undecodable, or of an unknown encoding, is read as UTF-8 with replacements."""
    return body.decode(charset if charset and is_known(charset) else "utf-8", "replace")


def is_readable(body: bytes, values: int = MOST_VALUES, size: float = math.inf) -> bool:
    """Tell whether a body has no more JSON values and bytes; commas and brackets within texts count as values, too."""
    return len(body) <= size and sum(map(body.count, (b",", b"[", b"{"))) <= values


def require_readable(body: bytes) -> None:
    """Raise `AnswerTooLong` for a body that holds more JSON values than are read."""
    if not is_readable(body):
        raise AnswerTooLong(f"the body of {len(body)} bytes holds more than {MOST_VALUES} JSON values")


def abridged(body: bytes) -> bytes:
    """Return what generated tests examine of a body: the same kind of document, with fewer items and shorter texts.

    A list keeps its first and last items. Raises `AnswerTooLong` where that is still too much.
    """
    if len(body) <= LONGEST_EXAMINED:
        return body
    if body.lstrip()[:1] not in b'[{"':
        return body[:LONGEST_EXAMINED]
    require_readable(body)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return body[:LONGEST_EXAMINED]
    for most in _ABRIDGED:
        shorter = json.dumps(_abridged(document, *most), ensure_ascii=False).encode("utf-8", "surrogatepass")
        if len(shorter) <= _MOST_ABRIDGED:
            return shorter
    raise AnswerTooLong(f"the body of {len(body)} bytes is more than generated tests can examine")


def _abridged(value: Any, items: int, members: int, letters: int) -> Any:
    if isinstance(value, str):
        return value[:letters]
    if isinstance(value, list):
        return [_abridged(item, items, members, letters) for item in _ends(value, items)]
    if isinstance(value, dict):
        kept = islice(value.items(), members)
        return {name[:letters]: _abridged(inner, items, members, letters) for name, inner in kept}
    return value


def _ends(items: list[Any], most: int) -> Iterator[Any]:
    half = most // 2
    return iter(items) if len(items) <= most else chain(items[:half], items[-half:])
