"""JSON pointers as scenarios use them: without escapes; missing places are not an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def resolve(value: Any, pointer: str) -> Any:
    """Return the value at a pointer; None if there is none."""
    for part in pointer.split("/")[1:]:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def rewritten(value: Any, pointer: str, change: Callable[[Any], Any]) -> Any:
    """Return a value with the place of a pointer changed; unchanged if there is no such place."""
    if not pointer:
        return change(value)
    parent, _, last = pointer.rpartition("/")
    holder = resolve(value, parent)
    if isinstance(holder, dict) and last in holder:
        holder[last] = change(holder[last])
    return value
