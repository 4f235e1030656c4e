"""A JSON body laid out line by line, with the lines marked at which something else was found than expected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from seatunnel_conformance.text.differences import NOTHING, Difference, canonical
from seatunnel_conformance.text.visible import visible


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a body; `expected` says what is due where something else was found, else it is None."""

    text: str
    expected: str | None = None


def marked(body: str, differences: Iterable[Difference]) -> list[Line]:
    """Return a JSON body as lines; nothing when it is no JSON, or holds none of the places that differ."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return []
    places = {difference.place: difference for difference in differences if difference.place[:1] in {"", "/"}}
    lines = list(_lines(document, places, ""))
    return lines if any(line.expected is not None for line in lines) else []


def _lines(value: Any, places: dict[str, Difference], place: str, label: str = "", end: str = "") -> Iterator[Line]:
    difference = places.get(place)
    # The place of another exchange's body may exist in this one: only what was found there is marked.
    expected = (
        difference.expected
        if difference and difference.found in {canonical(value), visible(canonical(value))}
        else None
    )
    indent = "  " * place.count("/")
    margin = indent + label
    absent = [where for where, one in places.items() if one.found == NOTHING and where.rpartition("/")[0] == place]
    if not isinstance(value, (dict, list)) or not (value or absent):
        yield Line(f"{margin}{json.dumps(value, ensure_ascii=False)}{end}", expected)
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield Line(f"{margin}{opening}", expected)
    members = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for number, (key, inner) in enumerate(members, start=1):
        name = f"{json.dumps(key, ensure_ascii=False)}: " if isinstance(value, dict) else ""
        comma = "," if number < len(members) else ""
        yield from _lines(inner, places, f"{place}/{key}", name, comma)
    for where in absent if isinstance(value, dict) else []:
        yield Line(f"{indent}  (no {json.dumps(where.rpartition('/')[2])})", places[where].expected)
    yield Line(f"{indent}{closing}{end}")
