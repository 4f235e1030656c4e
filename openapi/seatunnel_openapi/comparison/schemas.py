"""The differences between two schemas, whether they are for requests or for responses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from seatunnel_openapi import Contract, JsonObject
from seatunnel_openapi.comparison.changes import Effect


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """One difference. `word` is the end of oasdiff's id, such as `pattern-added`; `place` is empty at the root."""

    word: str
    effect: Effect
    place: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """A property that was added or removed, or that became required or optional.

    For an added or removed property, `is_required` says whether it is, or was, required.
    """

    word: str
    place: str
    is_required: bool = True


_Seen: TypeAlias = frozenset[tuple[str, str]]
"""The references of the old and the new schema that were followed from the root to a place."""

_LIMITS: Final = {
    "minimum": ("min", Effect.NARROWS),
    "minLength": ("min-length", Effect.NARROWS),
    "minItems": ("min-items", Effect.NARROWS),
    "minProperties": ("min-properties", Effect.NARROWS),
    "maximum": ("max", Effect.WIDENS),
    "maxLength": ("max-length", Effect.WIDENS),
    "maxItems": ("max-items", Effect.WIDENS),
    "maxProperties": ("max-properties", Effect.WIDENS),
}
"""Numeric keywords: oasdiff's word for each, and the effect of a larger number."""

_COMBINED: Final = {
    "oneOf": ("one-of", Effect.WIDENS),
    "anyOf": ("any-of", Effect.WIDENS),
    "allOf": ("all-of", Effect.NARROWS),
}
"""Keywords with a list of schemas: oasdiff's word for each, and the effect of one more schema."""

_OPPOSITE: Final = {Effect.WIDENS: Effect.NARROWS, Effect.NARROWS: Effect.WIDENS}


class SchemaComparison:
    """Compares schemas of an old and a new contract. References are followed; recursion stops at a repeated pair."""

    def __init__(self, old: Contract, new: Contract) -> None:
        self._old, self._new = old, new

    def changes(
        self, old: Any, new: Any, place: str = "", seen: _Seen = frozenset()
    ) -> Iterator[SchemaChange | PropertyChange]:
        """Yield the differences between two schemas, either of which may be a reference."""
        pair = (_reference(old), _reference(new))
        if all(pair) and pair in seen:
            return
        seen |= {pair}
        before, after = (_simplified(self._old.resolve(old or {})), _simplified(self._new.resolve(new or {})))
        wrapped = _wrapped(pair[0], before, after, place)
        if wrapped is not None:
            yield wrapped
            # The same reference may lead to different schemas in the two contracts.
            yield from self.changes(old, old, place, seen)
            return
        yield from _type_changes(_kind(before), _kind(after), place)
        yield from _scalar_changes(before, after, place)
        yield from self._combined_changes(before, after, place, seen)
        yield from self._property_changes(before, after, place, seen)
        for keyword in ("items", "additionalProperties"):
            if isinstance(before.get(keyword), dict) and isinstance(after.get(keyword), dict):
                yield from self.changes(before[keyword], after[keyword], _below(place, keyword), seen)

    def _property_changes(
        self, old: JsonObject, new: JsonObject, place: str, seen: _Seen
    ) -> Iterator[SchemaChange | PropertyChange]:
        before, after = old.get("properties", {}), new.get("properties", {})
        was_required, is_required = set(old.get("required", ())), set(new.get("required", ()))
        for name in before.keys() | after.keys():
            at = _below(place, name)
            if name not in after:
                yield PropertyChange("removed", at, is_required=name in was_required)
            elif name not in before:
                yield PropertyChange("added", at, is_required=name in is_required)
            else:
                if (name in was_required) != (name in is_required):
                    yield PropertyChange("became-required" if name in is_required else "became-optional", at)
                yield from self.changes(before[name], after[name], at, seen)

    def _combined_changes(
        self, old: JsonObject, new: JsonObject, place: str, seen: _Seen
    ) -> Iterator[SchemaChange | PropertyChange]:
        for keyword, (word, effect) in _COMBINED.items():
            before, after = _labelled(old.get(keyword, ())), _labelled(new.get(keyword, ()))
            if gone := sorted(before.keys() - after.keys()):
                yield SchemaChange(f"{word}-removed", _OPPOSITE[effect], place, old=", ".join(gone))
            if come := sorted(after.keys() - before.keys()):
                yield SchemaChange(f"{word}-added", effect, place, new=", ".join(come))
            for label in sorted(before.keys() & after.keys()):
                at = _below(place, f"{keyword}[{label}]")
                yield from self.changes(before[label], after[label], at, seen)


def _simplified(schema: JsonObject) -> JsonObject:
    """Return a schema with the keywords of `not: {not: …}` moved to the top level."""
    denied = schema.get("not", {})
    return {**schema, **denied["not"]} if denied.keys() == {"not"} else schema


def _wrapped(reference: str, old: JsonObject, new: JsonObject, place: str) -> SchemaChange | None:
    """Return the change if a schema became one of several in `oneOf`, `anyOf` or `allOf`; otherwise None."""
    for keyword, (word, effect) in _COMBINED.items():
        others = _labelled(new.get(keyword, ()))
        if reference in others and keyword not in old:
            return SchemaChange(f"{word}-added", effect, place, new=", ".join(sorted(others.keys() - {reference})))
    return None


def _type_changes(old: str, new: str, place: str) -> Iterator[SchemaChange]:
    if old == new:
        return
    word, effect = ("generalized", Effect.WIDENS) if not new else ("changed", Effect.REPLACES)
    yield SchemaChange(f"type-{word}", effect, place, old, new)


def _scalar_changes(old: JsonObject, new: JsonObject, place: str) -> Iterator[SchemaChange]:
    """Yield the differences in keywords that contain no schemas."""
    if bool(old.get("nullable")) != bool(new.get("nullable")):
        is_nullable = bool(new.get("nullable"))
        word, effect = ("nullable", Effect.WIDENS) if is_nullable else ("not-nullable", Effect.NARROWS)
        yield SchemaChange(f"became-{word}", effect, place)
    yield from _pattern_changes(old.get("pattern"), new.get("pattern"), place)
    yield from _enum_changes(old.get("enum"), new.get("enum"), place)
    for keyword, (word, effect) in _LIMITS.items():
        yield from _limit_changes(word, effect, place, old.get(keyword), new.get(keyword))


def _pattern_changes(old: str | None, new: str | None, place: str) -> Iterator[SchemaChange]:
    if old == new:
        return
    if old is None:
        yield SchemaChange("pattern-added", Effect.NARROWS, place, new=str(new))
    elif new is None:
        yield SchemaChange("pattern-removed", Effect.WIDENS, place, old)
    else:
        yield SchemaChange("pattern-changed", Effect.UNSURE, place, old, new)


def _enum_changes(old: Sequence[Any] | None, new: Sequence[Any] | None, place: str) -> Iterator[SchemaChange]:
    if old is None and new is not None:
        yield SchemaChange("became-enum", Effect.NARROWS, place, new=_texts(new))
    elif old is not None and new is None:
        yield SchemaChange("became-not-enum", Effect.WIDENS, place, old=_texts(old))
    else:
        before, after = old or (), new or ()
        for value in before:
            if value not in after:
                yield SchemaChange("enum-value-removed", Effect.NARROWS, place, old=str(value))
        for value in after:
            if value not in before:
                yield SchemaChange("enum-value-added", Effect.WIDENS, place, new=str(value))


def _limit_changes(
    word: str, larger: Effect, place: str, old: float | None, new: float | None
) -> Iterator[SchemaChange]:
    """Yield the change of a limit; `larger` is the effect of a larger number. A new limit allows fewer values."""
    if old == new:
        return
    if old is None or new is None:
        moved, effect = ("set", Effect.NARROWS) if old is None else ("unset", Effect.WIDENS)
    else:
        moved, effect = ("increased", larger) if new > old else ("decreased", _OPPOSITE[larger])
    yield SchemaChange(
        f"{word}-{moved}", effect, place, "" if old is None else str(old), "" if new is None else str(new)
    )


def _labelled(schemas: Sequence[Any]) -> Mapping[str, Any]:
    """Return schemas by name: their reference, or `subschema #<number>`."""
    return {_reference(each) or f"subschema #{number}": each for number, each in enumerate(schemas, start=1)}


def _reference(schema: Any) -> str:
    return str(schema.get("$ref", "")) if isinstance(schema, dict) else ""


def _kind(schema: JsonObject) -> str:
    """Return the type of a schema; an array includes the type of its items, unless they are a reference."""
    kind = str(schema.get("type", ""))
    inner = schema.get("items", {}).get("type") if kind == "array" else None
    return f"array<{inner}>" if inner else kind


def _below(place: str, name: str) -> str:
    return f"{place}/{name}" if place else name


def _texts(values: Sequence[Any]) -> str:
    return ", ".join(value if isinstance(value, str) else json.dumps(value) for value in values)
