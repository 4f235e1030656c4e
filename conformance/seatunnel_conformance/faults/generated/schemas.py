"""Faults generated from response schemas: each one breaks one keyword at one place.

They change real responses: a required member, a type, a pattern, an enumeration, a status. A change that leaves the
response valid is not applied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

from seatunnel_conformance.faults.catalogue import Fault, clauses_of, effect_of
from seatunnel_conformance.faults.changes import Change, has_status
from seatunnel_conformance.faults.changes import status as restate
from seatunnel_conformance.faults.exchange import JSON, ProxiedExchange, without
from seatunnel_conformance.observe.schemas import is_valid
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

KIND: Final = "schema"

ITEMS, VALUES = "[]", "{}"
"""Steps of a path: into every item of an array, and into every additional member of an object."""

Path: TypeAlias = tuple[str, ...]
Break: TypeAlias = Callable[[Any], Any]
"""Breaks a value, or returns it unchanged if it can't be broken in this way."""

_DEPTH: Final = 8


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change to the responses of an operation with a status.

    `path` leads to the value; a step that begins with a colon selects the schema of that name.
    """

    operation_id: str
    status: str
    schema: str
    path: Path
    name: str
    broken: Break

    @property
    def id(self) -> str:
        """The fault's id: the place and the change."""
        place = shown_path(self.path)
        return f"{KIND}:{self.operation_id}:{self.status}:{place}:{self.name}"

    @property
    def sentence(self) -> str:
        """The behaviour of the broken server, as a sentence."""
        place = "/".join(self.path) or "the whole body"
        return f"In responses of {self.operation_id} with {self.status}, {place}: {self.name.replace('-', ' ')}."


def _mutating(wanted: Mutation) -> Change:
    def change(it: ProxiedExchange) -> ProxiedExchange:
        if str(it.status) != wanted.status or it.document is None:
            return it
        found = changed(it.contract, it.document, wanted.path, wanted.broken)
        # A change that leaves the response valid is not a fault.
        return it if is_valid(it.contract, wanted.schema, found) else it.with_json(found)

    return change


def _as_text(it: ProxiedExchange) -> ProxiedExchange:
    return it.with_header("Content-Type", "text/plain") if it.media_type == JSON else it


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield all faults of the contract's responses, by operation, in a fixed order."""
    for operation in contract.operations:
        breaks = clauses_of(contract, operation)
        for mutation in mutations(contract, operation):
            yield Fault(mutation.id, KIND, breaks, mutation.sentence, effect_of(_mutating(mutation), operation.id))
        for status in operation.responses:
            yield from _restated(operation, int(status), breaks)


def _restated(operation: Operation, status: int, breaks: tuple[str, ...]) -> Iterator[Fault]:
    other = next(one for one in range(status + 1, 600) if str(one) not in operation.responses and one != 204)  # noqa: PLR2004 - has no body
    prefix = f"{KIND}:{operation.id}:{status}:whole"
    sentence = f"Responses of {operation.id} with {status} "
    with_status = effect_of(restate(other), operation.id, when=has_status(status))
    yield Fault(f"{prefix}:status", KIND, breaks, f"{sentence}have the status {other}.", with_status)
    if operation.response_schema(status) is not None:
        as_text = effect_of(_as_text, operation.id, when=has_status(status))
        yield Fault(f"{prefix}:media-type", KIND, breaks, f"{sentence}are text.", as_text)


def mutations(contract: Contract, operation: Operation) -> Iterator[Mutation]:
    """Yield all changes to the JSON responses of an operation."""
    for status in operation.responses:
        schema = operation.response_schema(status)
        if schema is not None and "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            for path, what, broken in _breaks(contract, schema):
                yield Mutation(operation.id, status, name, path, what, broken)


def _breaks(contract: Contract, schema: Mapping[str, Any]) -> Iterator[tuple[Path, str, Break]]:
    """Yield each way to break a value of a schema or of the schemas within it."""
    for path, resolved in places(contract, schema):
        for name, broken in _own_breaks(resolved, str(resolved.get("type"))):
            yield path, name, broken


def places(contract: Contract, schema: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the paths of all values that a schema describes, with the schema of each."""
    if len(path) > _DEPTH:
        return
    resolved = contract.resolve(schema)
    for option in contract.forms(resolved):
        yield from places(contract, option, (*path, ":" + str(option.get("$ref", "")).rpartition("/")[2]))
    yield path, resolved
    if resolved.get("type") == "object":
        for name, inner in resolved.get("properties", {}).items():
            yield from places(contract, inner, (*path, name))
        if isinstance(resolved.get("additionalProperties"), Mapping):
            yield from places(contract, resolved["additionalProperties"], (*path, VALUES))
    elif resolved.get("type") == "array" and resolved.get("maxItems") != 0:
        yield from places(contract, resolved["items"], (*path, ITEMS))


def shown_path(path: Path) -> str:
    """Return a path as ids of faults show it."""
    return "/".join(path) or "whole"


def _own_breaks(schema: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Break]]:
    """Yield each way to break a value by the keywords of its schema."""
    for name in schema.get("required", ()):
        yield f"{name}-is-missing", partial(_without, name)
        yield f"{name}-is-misspelled", partial(_misspelled, name)
    if schema.get("additionalProperties") is False:
        yield "has-more", lambda found: {**found, "unheardOf": "x"} if isinstance(found, dict) else found
    if kind in _OTHER_KINDS:
        yield "is-another-kind", _OTHER_KINDS[kind]
    if kind != "None" and not schema.get("nullable"):
        yield "is-null", lambda _: None
    if "pattern" in schema:
        yield "breaks-its-pattern", lambda found: f" {found} ?" if isinstance(found, str) else found
    if "enum" in schema:
        yield "is-another-word", lambda found: f"{found}_X" if isinstance(found, str) else found
    if schema.get("maxItems") == 0:
        yield "is-not-empty", lambda _: ["x"]
    if "minimum" in schema:
        yield "is-too-small", lambda _: schema["minimum"] - 1


_OTHER_KINDS: Final[Mapping[str, Break]] = {
    "object": lambda found: list(found.items()) if isinstance(found, dict) else found,
    "array": lambda found: {"items": found},
    "string": lambda found: 1 if isinstance(found, str) else found,
    "integer": str,
    "number": str,
    "boolean": lambda found: str(found).lower(),
}


def _without(name: str, found: Any) -> Any:
    return without(found, name) if isinstance(found, dict) else found


def _misspelled(name: str, found: Any) -> Any:
    if not isinstance(found, dict):
        return found
    return {name[::-1] if member == name else member: value for member, value in found.items()}


def changed(contract: Contract, document: Any, path: Path, change: Break) -> Any:
    """Return a document with all values at a path changed."""
    if not path:
        return change(document)
    step, rest = path[0], path[1:]
    inner = partial(changed, contract, path=rest, change=change)
    if step.startswith(":"):
        return inner(document) if _has_form(contract, document, step[1:]) else document
    if step == ITEMS and isinstance(document, list):
        return [inner(item) for item in document]
    if step == VALUES and isinstance(document, dict):
        return {name: inner(value) for name, value in document.items()}
    if isinstance(document, dict) and step in document:
        return {**document, step: inner(document[step])}
    return document


def _has_form(contract: Contract, document: Any, name: str) -> bool:
    return isinstance(document, dict | list) and is_valid(contract, name, document)
