"""How two schemas differ, whoever sends their values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from seatunnel_openapi import Contract, JsonObject
from seatunnel_openapi.comparison.changes import Effect


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `word` ends oasdiff's name for it, such as `pattern-added`; `place` is empty at the root."""

    word: str
    effect: Effect
    place: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class PropertyFinding:
    """A property that is there on one side only, or is required on one side only.

    `is_required` tells of one that is there on one side only whether it is required there.
    """

    word: str
    place: str
    is_required: bool = True


_Seen: TypeAlias = frozenset[tuple[str, str]]
"""The pairs of references on the way down to a place."""

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
"""Keywords with a number: oasdiff's word for each, and what a larger number does."""

_COMBINED: Final = {
    "oneOf": ("one-of", Effect.WIDENS),
    "anyOf": ("any-of", Effect.WIDENS),
    "allOf": ("all-of", Effect.NARROWS),
}
"""Keywords with alternatives or parts: the word for each, and what one more does."""

_OPPOSITE: Final = {Effect.WIDENS: Effect.NARROWS, Effect.NARROWS: Effect.WIDENS}


class Comparison:
    """Compares schemas of an old and a new contract. References are followed, each pair once on the way down."""

    def __init__(self, old: Contract, new: Contract) -> None:
        self._old, self._new = old, new

    def findings(
        self, old: Any, new: Any, place: str = "", seen: _Seen = frozenset()
    ) -> Iterator[Finding | PropertyFinding]:
        """Yield the differences between two schemas, either of which may be a reference."""
        pair = (_reference(old), _reference(new))
        if all(pair) and pair in seen:
            return
        seen |= {pair}
        before, after = _affirmed(self._old.resolve(old or {})), _affirmed(self._new.resolve(new or {}))
        wrapped = _wrapped(pair[0], before, after, place)
        if wrapped is not None:
            yield wrapped
            yield from self.findings(old, old, place, seen)
            return
        yield from _type_findings(_kind(before), _kind(after), place)
        yield from _scalar_findings(before, after, place)
        yield from self._combined_findings(before, after, place, seen)
        yield from self._property_findings(before, after, place, seen)
        for keyword in ("items", "additionalProperties"):
            if isinstance(before.get(keyword), dict) and isinstance(after.get(keyword), dict):
                yield from self.findings(before[keyword], after[keyword], _below(place, keyword), seen)

    def _property_findings(
        self, old: JsonObject, new: JsonObject, place: str, seen: _Seen
    ) -> Iterator[Finding | PropertyFinding]:
        before, after = old.get("properties", {}), new.get("properties", {})
        was_required, is_required = set(old.get("required", ())), set(new.get("required", ()))
        for name in before.keys() | after.keys():
            at = _below(place, name)
            if name not in after:
                yield PropertyFinding("removed", at, is_required=name in was_required)
            elif name not in before:
                yield PropertyFinding("added", at, is_required=name in is_required)
            else:
                if (name in was_required) != (name in is_required):
                    yield PropertyFinding("became-required" if name in is_required else "became-optional", at)
                yield from self.findings(before[name], after[name], at, seen)

    def _combined_findings(
        self, old: JsonObject, new: JsonObject, place: str, seen: _Seen
    ) -> Iterator[Finding | PropertyFinding]:
        for keyword, (word, effect) in _COMBINED.items():
            before, after = _labelled(old.get(keyword, ())), _labelled(new.get(keyword, ()))
            if gone := sorted(before.keys() - after.keys()):
                yield Finding(f"{word}-removed", _OPPOSITE[effect], place, old=", ".join(gone))
            if come := sorted(after.keys() - before.keys()):
                yield Finding(f"{word}-added", effect, place, new=", ".join(come))
            for label in sorted(before.keys() & after.keys()):
                at = _below(place, f"{keyword}[{label}]")
                yield from self.findings(before[label], after[label], at, seen)


def _affirmed(schema: JsonObject) -> JsonObject:
    """Return a schema with what it denies the denial of among what it says."""
    denied = schema.get("not", {})
    return {**schema, **denied["not"]} if denied.keys() == {"not"} else schema


def _wrapped(reference: str, old: JsonObject, new: JsonObject, place: str) -> Finding | None:
    """Return what it means that a schema has become one of several alternatives or parts; None if it has not."""
    for keyword, (word, effect) in _COMBINED.items():
        others = _labelled(new.get(keyword, ()))
        if reference in others and keyword not in old:
            return Finding(f"{word}-added", effect, place, new=", ".join(sorted(others.keys() - {reference})))
    return None


def _type_findings(old: str, new: str, place: str) -> Iterator[Finding]:
    if old == new:
        return
    word, effect = ("generalized", Effect.WIDENS) if not new else ("changed", Effect.REPLACES)
    yield Finding(f"type-{word}", effect, place, old, new)


def _scalar_findings(old: JsonObject, new: JsonObject, place: str) -> Iterator[Finding]:
    """Yield the differences in the keywords that hold no schema."""
    if bool(old.get("nullable")) != bool(new.get("nullable")):
        is_nullable = bool(new.get("nullable"))
        word, effect = ("nullable", Effect.WIDENS) if is_nullable else ("not-nullable", Effect.NARROWS)
        yield Finding(f"became-{word}", effect, place)
    yield from _pattern_findings(old.get("pattern"), new.get("pattern"), place)
    yield from _enum_findings(old.get("enum"), new.get("enum"), place)
    for keyword, (word, effect) in _LIMITS.items():
        yield from _limit_findings(word, effect, place, old.get(keyword), new.get(keyword))


def _pattern_findings(old: str | None, new: str | None, place: str) -> Iterator[Finding]:
    if old == new:
        return
    if old is None:
        yield Finding("pattern-added", Effect.NARROWS, place, new=str(new))
    elif new is None:
        yield Finding("pattern-removed", Effect.WIDENS, place, old)
    else:
        yield Finding("pattern-changed", Effect.UNSURE, place, old, new)


def _enum_findings(old: Sequence[Any] | None, new: Sequence[Any] | None, place: str) -> Iterator[Finding]:
    if old is None and new is not None:
        yield Finding("became-enum", Effect.NARROWS, place, new=_texts(new))
    elif old is not None and new is None:
        yield Finding("became-not-enum", Effect.WIDENS, place, old=_texts(old))
    else:
        before, after = old or (), new or ()
        for value in before:
            if value not in after:
                yield Finding("enum-value-removed", Effect.NARROWS, place, old=str(value))
        for value in after:
            if value not in before:
                yield Finding("enum-value-added", Effect.WIDENS, place, new=str(value))


def _limit_findings(word: str, larger: Effect, place: str, old: float | None, new: float | None) -> Iterator[Finding]:
    """Yield how a limit moved; `larger` is what a larger number does, and a limit that comes always narrows."""
    if old == new:
        return
    if old is None or new is None:
        moved, effect = ("set", Effect.NARROWS) if old is None else ("unset", Effect.WIDENS)
    else:
        moved, effect = ("increased", larger) if new > old else ("decreased", _OPPOSITE[larger])
    yield Finding(f"{word}-{moved}", effect, place, "" if old is None else str(old), "" if new is None else str(new))


def _labelled(schemas: Sequence[Any]) -> Mapping[str, Any]:
    """Name alternatives: by their reference, or by their number."""
    return {_reference(each) or f"subschema #{number}": each for number, each in enumerate(schemas, start=1)}


def _reference(schema: Any) -> str:
    return str(schema.get("$ref", "")) if isinstance(schema, dict) else ""


def _kind(schema: JsonObject) -> str:
    """Return the type of a schema; a list's with that of its items, if they are no reference."""
    kind = str(schema.get("type", ""))
    inner = schema.get("items", {}).get("type") if kind == "array" else None
    return f"array<{inner}>" if inner else kind


def _below(place: str, name: str) -> str:
    return f"{place}/{name}" if place else name


def _texts(values: Sequence[Any]) -> str:
    return ", ".join(value if isinstance(value, str) else json.dumps(value) for value in values)
