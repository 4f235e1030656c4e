"""Edits of a JSON object or a JSON list. They return values of other JSON types unchanged.

- of objects: `put`, `drop`, `at`, `names`, `values`, `numbers`
- of lists: `each`, `backwards`, `twice`, `rotated`, `first`, `but_last`; of both: `everywhere`, `keep`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from seatunnel_conformance.faults.exchange import without

Edit: TypeAlias = Callable[[Any], Any]
"""Returns a changed copy of a JSON value, or the same value if the edit does not apply to its JSON type."""


def put(**members: Any) -> Edit:
    """Set members of an object."""
    return lambda found: {**found, **members} if isinstance(found, Mapping) else found


def drop(*names: str) -> Edit:
    """Remove members of an object."""
    return lambda found: without(found, *names) if isinstance(found, Mapping) else found


def at(name: str, edit: Edit) -> Edit:
    """Edit one member of an object, if the object has it."""
    return lambda found: {**found, name: edit(found[name])} if isinstance(found, Mapping) and name in found else found


def names(change: Callable[[str], str]) -> Edit:
    """Change the name of every member of an object. If names become equal, the last member stays."""
    return lambda found: {change(name): value for name, value in found.items()} if isinstance(found, Mapping) else found


def values(edit: Edit) -> Edit:
    """Edit the value of every member of an object."""
    return lambda found: {name: edit(value) for name, value in found.items()} if isinstance(found, Mapping) else found


def each(edit: Edit) -> Edit:
    """Edit every item of a list."""
    return lambda found: [edit(item) for item in found] if isinstance(found, list) else found


def everywhere(edit: Edit) -> Edit:
    """Edit every value of a document, innermost values first."""
    return lambda found: edit(values(everywhere(edit))(each(everywhere(edit))(found)))


def keep(condition: Callable[[Any], object]) -> Edit:
    """Keep the items of a list, or the members of an object, whose item or name matches a condition."""

    def edit(found: Any) -> Any:
        if isinstance(found, Mapping):
            return {name: value for name, value in found.items() if condition(name)}
        return [item for item in found if condition(item)] if isinstance(found, list) else found

    return edit


def number(value: Any) -> Any:
    """Return the integer for a string of digits, with or without a minus sign; return any other value as it is."""
    return int(value) if isinstance(value, str) and value.removeprefix("-").isdecimal() else value


numbers: Final = values(number)
"""Replaces the members of an object that are strings of digits by integers."""


def backwards(found: Any) -> Any:
    """Reverse a list."""
    return found[::-1] if isinstance(found, list) else found


def twice(found: Any) -> Any:
    """Return a list with all items twice, the copies after the originals."""
    return found * 2 if isinstance(found, list) else found


def rotated(name: str) -> Edit:
    """Give each object of a list the member `name` of the next object, and the last object that of the first."""

    def edit(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**item, name: found[at - len(found) + 1][name]} for at, item in enumerate(found)]

    return edit


def first(count: int) -> Edit:
    """Keep the first `count` items of a list."""
    return lambda found: found[:count] if isinstance(found, list) else found


def but_last(found: Any) -> Any:
    """Remove the last item of a list."""
    return found[:-1] if isinstance(found, list) else found
