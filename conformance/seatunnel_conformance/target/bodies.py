"""Limits for response bodies: known text encodings only, and a bounded number of JSON values.

A body of 32 MiB of `{},{},{},…` takes two gigabytes as Python objects, and codecs such as `punycode` take quadratic
time.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from encodings import normalize_encoding
from encodings.aliases import aliases
from itertools import chain, islice
from typing import Any, Final

from seatunnel_conformance.errors import ResponseTooLong

MOST_VALUES: Final = 500_000
"""The most JSON values that are parsed of one body; a list of ten thousand jobs has fewer."""

LONGEST_EXAMINED: Final = 2**16
"""The most bytes of a body that generated tests validate; a longer one is shortened for them."""

_CHARSETS: Final = frozenset(
    {
        *("ascii", "utf_8", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"),
        *("latin_1", *(f"iso8859_{part}" for part in range(1, 17)), *(f"cp125{page}" for page in range(9))),
        *("big5", "gb2312", "gbk", "gb18030", "euc_jp", "shift_jis", "euc_kr", "koi8_r", "koi8_u"),
    }
)
"""The text encodings that servers use, by Python's names; Python's other codecs are slow, or not for text."""

_ABRIDGED: Final = ((100, 1_000, 10_000), (20, 200, 1_000), (4, 50, 200))
"""How many list items, object members and characters are kept; the next row if the result is still too long."""

_MOST_ABRIDGED: Final = 2**19
"""The most bytes of a shortened body."""


def is_known(charset: str) -> bool:
    """Return whether a charset is one of the supported text encodings."""
    if not charset.isascii() or "\0" in charset:
        return False
    name = normalize_encoding(charset).lower()
    return aliases.get(name, name) in _CHARSETS


def decoded(body: bytes, charset: str | None) -> str:
    """Return a body as text. An unknown encoding is read as UTF-8; undecodable bytes become replacement characters."""
    return body.decode(charset if charset and is_known(charset) else "utf-8", "replace")


def is_readable(body: bytes, values: int = MOST_VALUES, size: float = math.inf) -> bool:
    """Return whether a body is within these limits. Commas and brackets in strings are counted as values, too."""
    return len(body) <= size and sum(map(body.count, (b",", b"[", b"{"))) <= values


def require_readable(body: bytes) -> None:
    """Raise `ResponseTooLong` for a body with too many JSON values."""
    if not is_readable(body):
        raise ResponseTooLong(f"the body of {len(body)} bytes has more than {MOST_VALUES} JSON values")


def abridged(body: bytes) -> bytes:
    """Return a body shortened for generated tests: the same structure, with fewer items and shorter strings.

    A list keeps its first and last items. Raises `ResponseTooLong` if the result is still too long.
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
    raise ResponseTooLong(f"the body of {len(body)} bytes is too long for generated tests")


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
