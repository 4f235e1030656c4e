"""Query strings as the engine's servlet container reads them.

Recorded in `overview/*` and `logs/own-job/first-format-wins`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from seatunnel_server.engine.errors import EngineFailure

_UTF8 = codecs.getincrementaldecoder("utf-8")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class BrokenQuery(EngineFailure):
    """The query has an invalid escape, or bytes that are not UTF-8, which the engine does not handle."""

    def __init__(self) -> None:
        super().__init__("400: Unable to parse URI query")


class Query:
    """The parameters of one request: names are case-sensitive, a name without `=` has the empty text."""

    __slots__ = ("_pairs",)

    def __init__(self, raw: bytes) -> None:
        """Read a raw query string. Raises `BrokenQuery`."""
        self._pairs = tuple(_pairs(raw)) if raw else ()

    def last(self, name: str) -> str | None:
        """Return the last value of a name, None when it isn't there."""
        return next((value for key, value in reversed(self._pairs) if key == name), None)

    def first(self, name: str) -> str | None:
        """Return the first value of a name, None when it isn't there."""
        return next((value for key, value in self._pairs if key == name), None)

    def all(self) -> dict[str, str]:
        """Return every name with its last value."""
        return dict(self._pairs)


def _pairs(raw: bytes) -> Iterator[tuple[str, str]]:
    if b"%" in raw and _BROKEN_ESCAPE.search(raw):
        raise BrokenQuery
    for part in raw.split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            yield _text(name), _text(value)


def _text(raw: bytes) -> str:
    """Return the text of a name or value; a character that is cut off at its end is replaced, which breaks nothing."""
    decoder = _UTF8()
    try:
        text = decoder.decode(unquote_to_bytes(raw.replace(b"+", b" ")))
    except UnicodeDecodeError:
        raise BrokenQuery from None
    return f"{text}\ufffd" if decoder.getstate()[0] else text
