"""Validates the `x-` extensions of this project against their schemas and reads them.

`x-behaviour`, `x-clauses` and `x-deviation` are allowed at the root and in operations only, `x-retired-clauses` and
`x-client-clauses` at the root only. `x-evidence`, a list of decisions, is allowed in any object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

from jsonschema_rs import Draft202012Validator

from seatunnel_openapi.contract import Choice, Clause, Deviation, Evidence, Level, RetiredClause
from seatunnel_openapi.documents import JsonObject, part, resolve, violations, walk
from seatunnel_openapi.errors import DocumentError, InvalidDocument, InvalidOverlay, UnreadableDocument, meant_by
from seatunnel_openapi.overlay import Overlay

_HELD: Final = frozenset({"x-behaviour", "x-clauses", "x-deviation"})
_CLAUSES: Final = "x-clauses"
_OF_CLIENTS: Final = "x-client-clauses"
_RETIRED: Final = "x-retired-clauses"
_ROOT_ONLY: Final = frozenset({_RETIRED, _OF_CLIENTS})
_OURS: Final = _HELD | _ROOT_ONLY | {"x-evidence"}
_DOCUMENT: Final = "document"
"""The name of the document in places where operations have ids, such as the schema of `x-behaviour`."""


@dataclass(frozen=True, slots=True)
class Holder:
    """An object with extensions: the document (`operation_id` is None) or an operation; `where` is its JSON pointer."""

    operation_id: str | None
    where: str
    raw: JsonObject

    @property
    def name(self) -> str:
        """The name in error messages and facts."""
        return self.operation_id or _DOCUMENT


Carriers: TypeAlias = Sequence[tuple[str, JsonObject]]
"""Every object of a document that has an extension of this project, with its JSON pointer."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The compiled schemas of the extensions."""

    behaviour: Draft202012Validator
    facts: JsonObject
    clauses: Draft202012Validator
    retired: Draft202012Validator
    deviations: Draft202012Validator
    choices: Draft202012Validator
    evidence: Draft202012Validator

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read `behaviour.schema.json` and `clauses.schema.json`. Raises `UnreadableDocument`."""
        clauses = _read_json(folder / "clauses.schema.json")
        parts = (part(clauses, name) for name in ("clauses", "retired", "deviations", "choices", "evidence"))
        behaviour = _read_json(folder / "behaviour.schema.json")
        return cls(Draft202012Validator(behaviour), behaviour, *parts)

    def check_document(self, label: str, holders: tuple[Holder, ...], carriers: Carriers) -> None:
        """Validate the extensions of a document. The first of `holders` is the document itself.

        `label` names the document in errors. Raises `DocumentError`.
        """
        places = {holder.where for holder in holders}
        for where, node in carriers:
            if misplaced := _misplaced(where, node, places):
                raise InvalidDocument(label, f"{misplaced[0]} of {where}", "it is not allowed at this place")
            _check(self.choices, label, where, "x-evidence", node)
        self._check_behaviour(label, holders)
        for holder in holders:
            for extension in (_CLAUSES, _OF_CLIENTS):
                _check(self.clauses, label, holder.name, extension, holder.raw)
            _check(self.deviations, label, holder.name, "x-deviation", holder.raw)
        _check(self.retired, label, holders[0].name, _RETIRED, holders[0].raw)
        _check_unique(label, "clause", holders, _CLAUSES, _OF_CLIENTS)
        _check_retired(label, holders)
        _check_unique(label, "deviation", holders, "x-deviation")

    def check_overlay(self, overlay: Overlay) -> None:
        """Validate the evidence of an overlay's actions. Raises `InvalidOverlay`."""
        for action in overlay.actions:
            raw = {"how": action.evidence.how, "ref": action.evidence.ref}
            for _, problem in violations(self.evidence, raw):
                raise InvalidOverlay(overlay.path, f"action {action.number}", f"x-evidence: {problem}")

    def _check_behaviour(self, label: str, holders: tuple[Holder, ...]) -> None:
        for place, problem in violations(self.behaviour, facts_of(holders)):
            name, _, at = place.partition("/")
            hint = meant_by(problem, resolve(self.facts, self.facts["properties"].get(name or _DOCUMENT, {})))
            raise InvalidDocument(label, f"x-behaviour of {name or _DOCUMENT}", _located(problem, at), hint)


Facts: TypeAlias = Mapping[str, Mapping[str, Any]]
"""The facts of operations and of the document: values by name, by operation id or `document`."""


def facts_of(holders: Iterable[Holder]) -> Facts:
    """Return the facts of holders."""
    return {holder.name: holder.raw.get("x-behaviour", {}) for holder in holders}


_NAMED_FACTS: Final = re.compile(r"\bfacts?\s+`\w+`(?: and `\w+`)?")


def worded(text: str, holder: str, facts: Facts) -> str:
    """Return the text of a clause with the value behind each fact that it names: `x` (here `zero`).

    The value is that of the clause's holder, else of the document, else of the first operation with such a fact.
    """

    def valued(name: re.Match[str]) -> str:
        known = (facts[place] for place in (holder, _DOCUMENT, *facts) if name[1] in facts.get(place, {}))
        value = next((shown(own[name[1]]) for own in known), None)
        return name[0] if value is None else f"{name[0]} (here {value})"

    return _NAMED_FACTS.sub(lambda found: re.sub(r"`(\w+)`", valued, found[0]), text)


def shown(value: Any) -> str:
    """Return the value of a fact as text, such as `zero`."""
    return ", ".join(f"`{str(each).lower() if isinstance(each, bool) else each}`" for each in _each(value))


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def clauses_of(holder: Holder, facts: Facts, extension: str = _CLAUSES) -> tuple[Clause, ...]:
    """Return the clauses of a holder; `worded` adds the values of facts to the texts that name the facts."""
    return tuple(
        Clause(
            id=raw["id"],
            level=Level(raw["level"]),
            text=worded(raw["text"], holder.name, facts),
            evidence=_evidence(raw),
            operation_id=holder.operation_id,
            recognises=raw.get("recognises", False),
        )
        for raw in holder.raw.get(extension, ())
    )


def client_clauses_of(holder: Holder) -> tuple[Clause, ...]:
    """Return the document's clauses for clients of the API."""
    return clauses_of(holder, {}, _OF_CLIENTS)


def retired_of(document: JsonObject) -> tuple[RetiredClause, ...]:
    """Return the retired ids of clauses, a list at the top of the document."""
    return tuple(
        RetiredClause(raw["id"], raw["when"], raw["why"], raw.get("instead")) for raw in document.get(_RETIRED, ())
    )


def deviations_of(holder: Holder) -> tuple[Deviation, ...]:
    """Return the deviations of a holder."""
    return tuple(
        Deviation(raw["id"], raw["documented"], raw["engine"], _evidence(raw), holder.operation_id)
        for raw in holder.raw.get("x-deviation", ())
    )


def choices_of(carriers: Carriers) -> tuple[Choice, ...]:
    """Return the decisions (`x-evidence`) of a document."""
    return tuple(
        Choice(raw["choice"], Evidence(raw["how"], raw["ref"]), where)
        for where, node in carriers
        for raw in node.get("x-evidence", ())
    )


def _evidence(raw: JsonObject) -> tuple[Evidence, ...]:
    return tuple(Evidence(item["how"], item["ref"]) for item in raw["evidence"])


def _check(validator: Draft202012Validator, label: str, name: str, extension: str, raw: JsonObject) -> None:
    for place, problem in violations(validator, raw[extension]) if extension in raw else ():
        raise InvalidDocument(label, f"{extension} of {name}", _located(problem, place))


def _located(problem: str, place: str) -> str:
    return f"{problem} at {place}" if place else problem


def carriers_of(document: JsonObject) -> Carriers:
    """Find every object of a document that has an extension of this project."""
    return [(where, node) for where, node in walk(document) if isinstance(node, dict) and not _OURS.isdisjoint(node)]


def _misplaced(where: str, node: JsonObject, places: set[str]) -> list[str]:
    """Return the extensions of a node that are not allowed there; `places` are the pointers of the holders."""
    held = [] if where in places else sorted(_HELD & node.keys())
    return held if where == "#" else [*held, *sorted(_ROOT_ONLY & node.keys())]


def _check_retired(label: str, holders: tuple[Holder, ...]) -> None:
    retired = {raw["id"]: raw["when"] for raw in holders[0].raw.get(_RETIRED, ())}
    for holder in holders:
        for raw in (*holder.raw.get(_CLAUSES, ()), *holder.raw.get(_OF_CLIENTS, ())):
            if raw["id"] in retired:
                problem = f"{label}: the id {raw['id']!r} was retired on {retired[raw['id']]}."
                raise DocumentError(problem, hint="Give the clause a new id.")


def _check_unique(label: str, kind: str, holders: tuple[Holder, ...], *extensions: str) -> None:
    seen: set[str] = set()
    for holder in holders:
        for raw in (raw for extension in extensions for raw in holder.raw.get(extension, ())):
            if raw["id"] in seen:
                raise DocumentError(f"{label}: two {kind}s have the id {raw['id']!r}.")
            seen.add(raw["id"])


def _read_json(path: Path) -> JsonObject:
    try:
        schema: JsonObject = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableDocument(path, str(error)) from error
    return schema
