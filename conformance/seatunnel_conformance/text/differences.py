"""Differences between two JSON values: a JSON pointer, the expected value and the found value of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, is_dataclass
from difflib import SequenceMatcher
from itertools import islice
from typing import Any, Final

from seatunnel_conformance.text.redaction import redact_text

SHOWN: Final = 10
"""Maximum number of listed differences; with more, the whole values are clearer than a list."""

_LONGEST: Final = 240
"""Maximum number of characters of a value in the text of a `Difference`."""

_BEFORE: Final = 60
"""Characters of two long texts that are shown before their first difference."""

_KEPT: Final = 20_000
"""Maximum number of characters of a value in a `Difference`."""

NOTHING: Final = "nothing"
"""A placeholder for a member or item that does not exist."""

MEMBER: Final = object()
"""A placeholder for the value of a member of which only the name is compared."""

_ALIGNED: Final = 400
"""The longest lists whose items are aligned before they are compared; longer ones are compared by index."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where something else was found than expected.

    `place` is a JSON pointer into the body (empty for all of it), `status`, or a header's name. The values are JSON
    texts, or words for a missing value.
    """

    place: str
    expected: str
    found: str

    def __str__(self) -> str:
        where = f"at {self.place}: " if self.place else ""
        # Long texts are shown from shortly before their first difference.
        pairs = enumerate(zip(self.expected, self.found, strict=False))
        same = next((at for at, (one, other) in pairs if one != other), 0)
        begin = same - _BEFORE if same > _LONGEST - _BEFORE else 0
        expected, found = (f"{'…' * bool(begin)}{_cut(text[begin:])}" for text in (self.expected, self.found))
        return f"{where}expected {expected}, found {found}"


def canonical(value: Any) -> str:
    """Return the same JSON text for equal values with keys in any order. Sets become sorted lists."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=_plain)


def _plain(value: object) -> Any:
    """Return the JSON value for a Python value that `json` can't encode."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, AbstractSet):
        return sorted(value, key=canonical)
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def differing(expected: Any, found: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield JSON pointer, expected and found value of each difference; a missing value is `...`."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted({*expected, *found}, key=str):
            yield from differing(expected.get(key, ...), found.get(key, ...), f"{place}/{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        for index, one, other in _paired(expected, found):
            yield from differing(one, other, f"{place}/{index}")
    elif canonical(expected) != canonical(found):
        yield place, expected, found


def _paired(expected: list[Any], found: list[Any]) -> Iterator[tuple[int, Any, Any]]:
    """Yield the items of two lists in pairs, with the found item's index; `...` stands for a missing item.

    Equal items of lists of different lengths are paired, so that a missing or additional one is the only difference.
    """
    blocks = [("replace", 0, len(expected), 0, len(found))]
    if len(expected) != len(found) and max(len(expected), len(found)) <= _ALIGNED:
        texts = [[canonical(item) for item in items] for items in (expected, found)]
        blocks = list(SequenceMatcher(None, texts[0], texts[1], autojunk=False).get_opcodes())
    for kind, begin, end, at, until in blocks:
        for step in range(max(end - begin, until - at) if kind != "equal" else 0):
            one = expected[begin + step] if begin + step < end else ...
            other = found[at + step] if at + step < until else ...
            yield (begin if other is ... else at) + step, one, other


def differences(
    expected: Any, found: Any, place: str = "", sent: AbstractSet[str] = frozenset()
) -> tuple[Difference, ...]:
    """Return the first `SHOWN` differences of two values at the JSON pointer `place`, with secrets redacted.

    `sent` are the names of members that the suite has sent itself, so their values are not redacted.
    """
    return tuple(
        Difference(where, shown(due, where, sent), shown(got, where, sent))
        for where, due, got in islice(differing(expected, found, place), SHOWN)
    )


def shown(value: Any, place: str = "", sent: AbstractSet[str] = frozenset()) -> str:
    """Return a value as JSON for a report, with secrets redacted, and cut if very long."""
    if value is ...:
        return NOTHING
    if value is MEMBER:
        return "a member"
    # The name of the member precedes it, because the redaction recognises secrets by names.
    name = f'"{place.rpartition("/")[2]}": '
    return _cut(redact_text(name + canonical(value), sent).removeprefix(name), _KEPT)


def _cut(text: str, limit: int = _LONGEST) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


def resolve(document: Any, pointer: str, missing: Any = None) -> Any:
    """Return the value at a JSON pointer, or `missing`."""
    value = document
    for part in pointer.split("/")[1:]:
        if isinstance(value, dict):
            value = value.get(part, missing)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return missing
    return value


def locate(value: Any, document: Any) -> str | None:
    """Return the pointer to a value that occurs exactly once in a document, or None."""
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
