"""Compares the responses of a deployment with the schemas of a contract, and drafts overlay actions for differences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from http import HTTPStatus
from typing import Any, Final, Self

from seatunnel_conformance.learn.samples import Sample
from seatunnel_conformance.observe.schemas import likeness, validator_of
from seatunnel_conformance.run.releases import is_absent
from seatunnel_openapi import Contract, JsonObject
from seatunnel_openapi.documents import reached, walk
from seatunnel_openapi.words import ENVELOPE, MEANS, snake_case

LIKE_A_FAULT: Final = "it contradicts a MUST clause, and no release has it"

_MOST: Final = 50
"""The maximum number of items of a list that are compared."""

_SIMILAR: Final = 0.55
"""The minimum similarity of an old and a new name of a member, if its values could be those of other members, too."""

_SEVERAL: Final = 3
"""The minimum number of members in snake case that show the case of all, and of members that two forms share."""

_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
}


@dataclass(frozen=True, slots=True)
class LearnedDifference:
    """One difference from a contract, with the overlay actions that state it.

    `kind` is a key of the titles in `draft`. `subject` names the member, fact, operation or clause, `step` the step of
    the recording that shows the difference. `fault` is the reason why it is a suspected fault, or empty. `releases` has
    the known releases with the same difference. `harmless` is true if it contradicts no MUST clause.
    """

    kind: str
    subject: str
    text: str
    actions: tuple[JsonObject, ...]
    step: str
    confidence: str = "certain"
    fault: str = ""
    releases: tuple[str, ...] = ()
    harmless: bool = False

    def unless(self, releases: tuple[str, ...]) -> Self:
        """Return the difference with the releases that have it. If there are none, it is a suspected fault."""
        return replace(self, releases=releases, fault="" if releases else LIKE_A_FAULT)

    def as_json(self) -> JsonObject:
        """Return the difference as JSON for programs."""
        names = ("kind", "subject", "text", "step", "confidence", "fault")
        return {name: getattr(self, name) for name in names} | {"actions": list(self.actions)}


@dataclass(slots=True)
class _Objects:
    """The observed JSON objects of one schema.

    `count` is their number. `lacks` has the number of objects without a member, by name; `extra` and `other_types` have
    the observed values of members that are not in the schema, or not of its type.
    """

    schema: JsonObject
    step: str
    count: int = 0
    lacks: dict[str, int] = field(default_factory=dict)
    extra: dict[str, list[Any]] = field(default_factory=dict)
    other_types: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """The properties of the schema that no object has, the required ones first."""
        never = [name for name, count in self.lacks.items() if count == self.count]
        return sorted(never, key=lambda name: name not in self.schema.get("required", ()))


@dataclass(slots=True)
class Comparison:
    """Compares samples with a contract. `known` has the contracts of all known releases."""

    contract: Contract
    known: tuple[Contract, ...]
    _seen: dict[str, _Objects] = field(default_factory=dict)
    _envelopes: dict[str, str] = field(default_factory=dict)

    def differences(self, samples: Iterable[Sample]) -> list[LearnedDifference]:
        """Return the differences of the samples from the contract."""
        samples = list(samples)
        found = [*self._operations(samples)]
        gone = {it.subject for it in found}
        for sample in samples:
            schema = sample.operation.response_schema(sample.response.status)
            if sample.document is not None and schema is not None and sample.operation.id not in gone:
                self._look(schema, self._unwrapped(sample, schema), f"${sample.operation.id}", sample)
        found += self._facts()
        if any(it.kind == "case" for it in found):
            return found
        for place, objects in self._seen.items():
            found += self._members(place, objects)
        # Of several differences with the same kind and subject, only the first stays.
        return list({(it.kind, it.subject): it for it in reversed(found)}.values())[::-1]

    def _operations(self, samples: Iterable[Sample]) -> Iterator[LearnedDifference]:
        for sample in samples:
            operation = sample.operation
            # A 404 for a path with an id can be about the id. A 200 that `is_absent` takes for another operation can't.
            is_telling = sample.situation == "plain" or sample.response.status == HTTPStatus.OK
            if not is_telling or not is_absent(sample.response, self.contract, operation):
                continue
            ids = {each.release: {it.id for it in each.operations} for each in self.known}
            elsewhere = tuple(release for release, known in ids.items() if operation.id not in known)
            action = {"target": f"$.paths['{operation.path}']", "remove": True}
            text = f"There is no {operation.method} {operation.path}."
            yield LearnedDifference("operation", operation.id, text, (action,), sample.step).unless(elsewhere)

    def _unwrapped(self, sample: Sample, schema: JsonObject) -> Any:
        """Return the document. If a list is expected, and the document is an object with a list, return the list."""
        document, plain = sample.document, self.contract.resolve(schema)
        is_list = any(self.contract.resolve(it).get("type") == "array" for it in (plain, *plain.get("oneOf", ())))
        if is_list and isinstance(document, dict) and len(document) == 1:
            (name, items), *_ = document.items()
            if isinstance(items, list):
                self._envelopes[name] = sample.step
                return items
        return document

    def _look(self, schema: Any, value: Any, place: str, sample: Sample) -> None:
        if isinstance(schema, dict) and "$ref" in schema:
            place = schema["$ref"].removeprefix("#/").replace("/", ".")
        schema = self.contract.resolve(schema)
        if forms := [form for kind in ("oneOf", "anyOf") for form in schema.get(kind, ())]:
            best = max(forms, key=lambda form: likeness(value, self.contract.resolve(form), _plain))
            self._look(best, value, place, sample)
        elif isinstance(value, dict) and "properties" in schema and ENVELOPE not in schema:
            self._look_into(schema, value, place, sample)
        elif isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):
            for inner in value.values():
                self._look(schema["additionalProperties"], inner, f"{place}.additionalProperties", sample)
        elif isinstance(value, list):
            for item in value[:_MOST]:
                self._look(schema.get("items", {}), item, f"{place}.items", sample)

    def _look_into(self, schema: JsonObject, value: JsonObject, place: str, sample: Sample) -> None:
        objects = self._seen.setdefault(place, _Objects(schema, sample.step))
        objects.count += 1
        for name, inner in schema["properties"].items():
            if name not in value:
                objects.lacks[name] = objects.lacks.get(name, 0) + 1
            elif not self._has_type(inner, value[name]):
                objects.other_types.setdefault(name, []).append(value[name])
            else:
                self._look(inner, value[name], f"{place}.properties.{name}", sample)
        for name in value.keys() - schema["properties"].keys():
            objects.extra.setdefault(name, []).append(value[name])

    def _has_type(self, schema: Any, value: Any) -> bool:
        schema = self.contract.resolve(schema)
        if value is None:
            return schema.get("nullable", False) or "type" not in schema
        kind = _TYPES.get(schema.get("type", ""))
        return kind is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool)))

    def _facts(self) -> Iterator[LearnedDifference]:
        """Yield the differences of all lists (sent in an object), and of the names of all members (snake case)."""
        for name, step in list(self._envelopes.items())[:1]:
            text = f"Lists are sent in an object with the member `{name}`."
            yield _fact("envelope", "listEnvelope", name, text, step)
        pairs = {
            (own, snake_case(own))
            for objects in self._seen.values()
            for own in objects.missing
            if snake_case(own) != own and snake_case(own) in objects.extra
        }
        if len(pairs) >= _SEVERAL:
            step = next(objects.step for objects in self._seen.values() if objects.extra)
            yield _fact("case", "memberCase", "snake_case", "All members are spelled in snake case.", step)

    def _members(self, place: str, objects: _Objects) -> Iterator[LearnedDifference]:
        target, name = _target(place), place.rpartition(".")[2].lstrip("$")
        if not target:
            return
        renamed = self._renamed(objects)
        for new, own in renamed.items():
            yield _renaming(target, own, new, objects.step)
            for other in self._unseen_forms(own, objects.schema):
                yield _renaming(f"$.components.schemas['{other}']", own, new, objects.step, "likely")
        for own in objects.missing:
            if own in objects.schema.get("required", ()) and own not in renamed.values():
                yield self._missing(target, name, own, objects)
        for new, values in objects.extra.items():
            if new not in renamed and objects.schema.get("additionalProperties") is False:
                observed = {"description": f"`{new}`, as observed.", **drafted_schema(values)}
                schema = self._known_property(name, new) or observed
                always = {"required": [new]} if 1 < objects.count == len(values) else {}
                action = {"target": target, "update": {**always, "properties": {new: schema}}}
                text = f"{name} has the further member `{new}`."
                has = tuple(it.release for it, schema in self._schemas(name) if new in schema.get("properties", {}))
                found = LearnedDifference("new", f"{name}.{new}", text, (action,), objects.step, "likely")
                yield replace(found, releases=has, harmless=True)
        for own, values in objects.other_types.items():
            yield self._other_type(target, name, own, values, objects)

    def _unseen_forms(self, own: str, schema: JsonObject) -> Iterator[str]:
        """Yield the names of unobserved schemas that have the member `own` and most of the members of `schema`."""
        document, shared = self.contract.document, schema["properties"].keys()
        for name in sorted(reached(document, [it.responses for it in self.contract.operations])):
            known = document["components"]["schemas"][name].get("properties", {}).keys()
            is_form = own in known and len(known & shared) >= _SEVERAL and 2 * len(known & shared) > len(known | shared)
            if is_form and f"components.schemas.{name}" not in self._seen:
                yield name

    def _renamed(self, objects: _Objects) -> dict[str, str]:
        """Return the old names of renamed members by their new names.

        No object has the old name, every object has the new one, and its values are valid for the old member's schema.
        """
        pairs: list[tuple[float, bool, str, str]] = []
        constant = {name: values for name, values in objects.extra.items() if len(values) == objects.count}
        for own in objects.missing:
            schema = objects.schema["properties"][own]
            for new, values in constant.items():
                if all(map(validator_of(self.contract, schema).is_valid, values)):
                    similarity = SequenceMatcher(None, _plain(own), _plain(new)).ratio()
                    pairs.append((similarity, self._is_telling(schema), new, own))
        found: dict[str, str] = {}
        for similarity, telling, new, own in sorted(pairs, reverse=True):
            is_only = sum(pair[3] == own for pair in pairs) == 1 == sum(pair[2] == new for pair in pairs)
            is_only &= telling or len(constant) == len(objects.missing)
            if new not in found and own not in found.values() and (similarity >= _SIMILAR or is_only):
                found[new] = own
        return found

    def _is_telling(self, schema: Any) -> bool:
        """Return whether a schema is specific, so that few values of other members are valid."""
        schema = self.contract.resolve(schema)
        return bool(schema.keys() & {"enum", "pattern", "properties", "items"})

    def _missing(self, target: str, name: str, own: str, objects: _Objects) -> LearnedDifference:
        required = [it for it in objects.schema.get("required", ()) if it != own]
        actions = [{"target": f"{target}.properties['{own}']", "remove": True}]
        actions += [{"target": f"{target}.required", "remove": True}]
        actions += [{"target": target, "update": {"required": required}}] if required else []
        text = f"{name} lacks the member `{own}`."
        releases = self._elsewhere(name, lambda it: own not in it[1].get("required", ()))
        return LearnedDifference("missing", f"{name}.{own}", text, tuple(actions), objects.step).unless(releases)

    def _other_type(self, target: str, name: str, own: str, values: list[Any], objects: _Objects) -> LearnedDifference:
        schema = {"description": f"`{own}`, as observed.", **drafted_schema(values)}
        actions = (
            {"target": f"{target}.properties['{own}']", "remove": True},
            {"target": target, "update": {"properties": {own: schema}}},
        )
        releases = self._elsewhere(name, lambda it: self._resolved(it, own).get("type") == schema.get("type"))
        text = f"`{own}` of {name} is a JSON {schema.get('type', 'null')}."
        return LearnedDifference("type", f"{name}.{own}", text, actions, objects.step).unless(releases)

    def _schemas(self, name: str) -> Iterator[tuple[Contract, JsonObject]]:
        for contract in self.known:
            schema = contract.document["components"]["schemas"].get(name)
            if schema is not None:
                yield contract, schema

    def _elsewhere(self, name: str, holds: Callable[[tuple[Contract, JsonObject]], bool]) -> tuple[str, ...]:
        """Return the releases for which `holds` is true of the contract and its schema `name`."""
        return tuple(each[0].release for each in self._schemas(name) if holds(each))

    def _resolved(self, pair: tuple[Contract, JsonObject], own: str) -> JsonObject:
        resolved: JsonObject = pair[0].resolve(pair[1].get("properties", {}).get(own, {}))
        return resolved

    def _known_property(self, name: str, new: str) -> JsonObject | None:
        """Return another release's schema of a new member, if this contract has the schemas to which it refers."""
        for _, schema in self._schemas(name):
            found = schema.get("properties", {}).get(new)
            places = {where for where, _ in walk(found) if where.endswith("/$ref")}
            reference = str((found or {}).get("$ref", "")).rpartition("/")[2]
            is_known = not reference or reference in self.contract.document["components"]["schemas"]
            if found and is_known and places <= {"#/$ref"}:
                return dict(found)
        return None


def _renaming(target: str, own: str, new: str, step: str, confidence: str = "certain") -> LearnedDifference:
    name = target.rpartition("['")[2].removesuffix("']")
    action = {"target": target, "update": {MEANS: {new: own}}}
    text = f"`{own}` of {name} is called `{new}`."
    return LearnedDifference("renamed", f"{name}.{own}", text, (action,), step, confidence)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _target(place: str) -> str:
    """Return the JSONPath of a place such as `components.schemas.Job`; empty if it does not begin like this."""
    parts = place.split(".")
    if parts[:2] != ["components", "schemas"]:
        return ""
    named = ("properties", "schemas")
    return "$.components.schemas" + "".join(
        f"['{part}']" if parts[at - 1] in named else f".{part}" for at, part in enumerate(parts) if at > 1
    )


def drafted_schema(values: list[Any], *, with_members: bool = False) -> JsonObject:
    """Return a schema for observed values: their type and, `with_members`, the names and types of their members."""
    kinds = {name for value in values for name, kind in _TYPES.items() if type(value) is kind}
    kinds |= {"number"} if any(isinstance(value, float) for value in values) else set()
    if len(kinds) != 1:
        return {}
    (kind,) = kinds
    if not with_members:
        return {"type": kind} | ({"items": {}} if kind == "array" else {})
    if kind == "array":
        items = [item for value in values for item in value[:_MOST]]
        return {"type": kind, "items": drafted_schema(items, with_members=True)}
    if kind != "object":
        return {"type": kind}
    # Names such as ids and paths are keys of a map, not members.
    names = dict.fromkeys(name for value in values for name in value if name.isidentifier())
    members = {name: [value[name] for value in values if name in value] for name in names}
    found = {name: drafted_schema(each, with_members=True) for name, each in members.items()}
    return {"type": kind, "properties": found, "additionalProperties": True}


def _fact(kind: str, name: str, value: str, text: str, step: str) -> LearnedDifference:
    action = {"target": "$['x-behaviour']", "update": {name: value}}
    return LearnedDifference(kind, f"document.{name}", text, (action,), step)


TOGETHER: Final = 3
"""The minimum number of facts and members of a release that show that a deployment behaves like this release.

A fault changes one of them, sometimes two. Neighbouring releases differ in five or more.
"""

_UNSAFE: Final = {"read_logs.fileName": "a file name with dots can lead out of the log folder"}
"""Facts that are always suspected faults, with the reason: responses can't distinguish them from a vulnerability."""


def marked(
    found: Collection[LearnedDifference], reported: Collection[str] = (), broken: Collection[str] = ()
) -> Iterator[LearnedDifference]:
    """Yield the differences; those that are suspected faults have the reason in `fault`.

    The deployment behaves like the nearest release in most respects, so one or two facts of another release are more
    likely faults than properties. `reported` has the releases whose version the deployment reports, unless the nearest
    is one of them. Their facts are not suspected. `broken` has the bodies of responses that break MUST clauses: a new
    member in one of them may be the cause.
    """
    names: dict[str, set[str]] = defaultdict(set)
    for it in found:
        # Differences of the same name have one cause, and count once.
        for release in () if it.fault else it.releases:
            names[release].add(it.subject.rpartition(".")[2])
    shown = {*reported, *(release for release, several in names.items() if len(several) >= TOGETHER)}
    for it in found:
        alone = it.releases and not it.harmless and not shown & set(it.releases)
        reason = f"it is as in {', '.join(it.releases)}, but almost nothing else is" if alone else ""
        if it.kind == "new" and any(f'"{it.subject.rpartition(".")[2]}"' in body for body in broken):
            reason = "a response with this member breaks a MUST clause"
        yield replace(it, fault=it.fault or _UNSAFE.get(it.subject, "") or reason)
