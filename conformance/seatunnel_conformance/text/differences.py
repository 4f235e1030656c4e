"""Where two JSON values differ: each place as a JSON pointer, with what was expected there and what was found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from seatunnel_conformance.text.redaction import redact_text

SHOWN: Final = 10
"""Differences that are told; where there are more, the values as a whole tell more than a list."""

_LONGEST: Final = 240
"""Characters of a value that a line shows."""

_KEPT: Final = 20_000
"""Characters of a value that are kept."""

NOTHING: Final = "nothing"
"""What stands for a member or item that is not there."""

MEMBER: Final = object()
"""A member of which only the name counts."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where something else was found than expected.

    `place` is a JSON pointer into the body (empty for all of it), `status`, or a header's name; the values are JSON
    texts, or words where there is no value.
    """

    place: str
    expected: str
    found: str

    def __str__(self) -> str:
        where = f"at {self.place}: " if self.place else ""
        return f"{where}expected {_cut(self.expected)}, found {_cut(self.found)}"


def canonical(value: Any) -> str:
    """Return one text per JSON value, whatever the order of its keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=repr)


def differing(expected: Any, found: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield pointer, expected and found for every place that differs; what is missing is `...`."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted({*expected, *found}, key=str):
            yield from differing(expected.get(key, ...), found.get(key, ...), f"{place}/{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from differing(one, other, f"{place}/{index}")
    elif canonical(expected) != canonical(found):
        yield place, expected, found


def differences(expected: Any, found: Any, place: str = "") -> tuple[Difference, ...]:
    """Return the first `SHOWN` differences of two values that are at `place`, without secrets."""
    return tuple(
        Difference(where, shown(due, where), shown(got, where))
        for where, due, got in islice(differing(expected, found, place), SHOWN)
    )


def shown(value: Any, place: str = "") -> str:
    """Return a value as it may be shown: JSON without secrets, cut where it is very long."""
    if value is ...:
        return NOTHING
    if value is MEMBER:
        return "a member"
    # With its member's name before it, because that name tells a secret.
    name = f'"{place.rpartition("/")[2]}": '
    return _cut(redact_text(name + canonical(value)).removeprefix(name), _KEPT)


def _cut(text: str, limit: int = _LONGEST) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


def locate(value: Any, document: Any) -> str | None:
    """Return the pointer to the only place of a document that holds a value; None if none or several do."""
    found = list(islice(_places(canonical(value), document, ""), 2))
    return found[0] if len(found) == 1 else None


def _places(text: str, document: Any, place: str) -> Iterator[str]:
    if canonical(document) == text:
        yield place
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inner:
        yield from _places(text, value, f"{place}/{key}")
