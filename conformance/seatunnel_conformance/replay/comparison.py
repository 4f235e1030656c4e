"""What differs between two normalised exchanges. Key order never counts, notes don't either."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

_SHOWN: Final = 160


def canonical(value: Any) -> str:
    """Return one text per JSON value, whatever the order of its keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def differences(recorded: Any, got: Any, place: str = "") -> Iterator[str]:
    """Yield a line for each difference, with the place that it is at."""
    if isinstance(recorded, dict) and isinstance(got, dict):
        yield from _of_objects(recorded, got, place)
    elif isinstance(recorded, list) and isinstance(got, list) and len(recorded) == len(got):
        for index, (one, other) in enumerate(zip(recorded, got, strict=True)):
            yield from differences(one, other, f"{place}/{index}")
    elif canonical(recorded) != canonical(got):
        yield f"{place}: recorded {canonical(recorded)[:_SHOWN]}, got {canonical(got)[:_SHOWN]}"


def _of_objects(recorded: dict[str, Any], got: dict[str, Any], place: str) -> Iterator[str]:
    for key in sorted({*recorded, *got} - ({"note"} if not place else set())):
        if key in recorded and key in got:
            yield from differences(recorded[key], got[key], f"{place}/{key}")
        else:
            word, holder = ("missing", recorded) if key in recorded else ("unexpected", got)
            yield f"{place}/{key}: {word} {canonical(holder[key])[:_SHOWN]}"
