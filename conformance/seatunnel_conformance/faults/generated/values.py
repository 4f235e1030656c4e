"""Faults of values in responses, derived from the response schemas.

    schema    a value breaks its schema, such as a required member, a type or a pattern; or a wrong status or media type
    value     a value is missing, is that of another job, or is another one that its schema allows
    list      a list is reversed, doubled, without an item, or the same as in an earlier response

They change the responses of a deployment. A fault of kind `schema` skips responses that it can't make invalid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, TypeAlias

from seatunnel_conformance.faults.catalogue import Fault, clauses_about, clauses_of, generated
from seatunnel_conformance.faults.changes import (
    Change,
    Edit,
    at,
    backwards,
    but_last,
    drop,
    each,
    has_status,
    put,
    status,
    values,
)
from seatunnel_conformance.faults.exchange import JSON, ProxiedExchange
from seatunnel_conformance.faults.messages import Message
from seatunnel_conformance.observe.schemas import is_valid
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

ITEMS, VALUES = "[]", "{}"
"""Steps of a `Path`: to every item of an array, and to every additional member of an object."""

Path: TypeAlias = tuple[str, ...]
"""The path to values of a document. A step is a member's name, `ITEMS`, `VALUES`, or a colon and a schema's name.

A step with a schema's name selects the values that match this schema.
"""

_Place: TypeAlias = tuple[Path, Mapping[str, Any]]

_ABSENT: Final = object()
_DEPTH: Final = 8


def faults(contract: Contract) -> Iterator[Fault]:
    """Yield the faults of kind `schema`, `value` and `list`, by operation."""
    for operation in contract.operations:
        about, breaks = clauses_about(contract, operation), clauses_of(contract, operation)
        for code, schema, path, name, edit in breaking_edits(contract, operation):
            place, said = f"schema:{operation.id}:{code}:{shown_path(path)}", _sentence(operation, code, path, name)
            change = _breaking(schema, path, edit)
            yield generated(place, name, breaks, said, change, operation.id, when=has_status(code))
        for code in map(int, operation.responses):
            yield from _restated(operation, code, breaks)
        for kind, others in (("value", _other_values), ("list", _other_lists)):
            for path, name, change in others(contract, operation):
                place, said = f"{kind}:{operation.id}:{shown_path(path)}", _sentence(operation, 200, path, name)
                yield generated(place, name, about, said, change, operation.id)


_SAID: Final = {
    "is-another": "is another valid one",
    "is-another-jobs": "is that of another job",
    "is-another-kind": "has another JSON type",
    "is-another-word": "is not in the enumeration",
    "is-misspelled": "has a misspelled name",
    "has-more": "has an undefined member",
    "has-one-less": "lacks a member",
    "is-stale": "is the same as in the first response",
}
"""Ends of sentences for the names of faults that are not plain words."""


def _sentence(operation: Operation, code: int, path: Path, name: str) -> str:
    """Return the sentence of a fault. A name such as `createTime-is-missing` begins with a member, or with `text`."""
    member, separator, what = name.rpartition("-is-")
    if separator:
        path, name = path if member == "text" else (*path, *member.split("/")), f"is-{what}"
    shown = "/".join(step.lstrip(":") for step in path)
    value = f"the value at `{shown}`" if shown else "the body"
    return f"In responses of {operation.id} with status {code}, {value} {_SAID.get(name, name.replace('-', ' '))}."


# Places in documents.


def places(contract: Contract, schema: Mapping[str, Any], path: Path = ()) -> Iterator[_Place]:
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


def places_of(contract: Contract, operation: Operation) -> Iterator[_Place]:
    """Yield the paths of all values in the responses of an operation with status 200, with the schema of each."""
    schema = operation.response_schema(200)
    return places(contract, schema) if schema else iter(())


def shown_path(path: Path) -> str:
    """Return a path in the form that ids of faults use."""
    return "/".join(path) or "whole"


def edit_at(contract: Contract, path: Path, edit: Edit) -> Edit:
    """Return an edit of a document, which applies `edit` to all values at a path."""
    if not path:
        return edit
    step, inner = path[0], edit_at(contract, path[1:], edit)
    if step.startswith(":"):
        fits = partial(is_valid, contract, step[1:])
        return lambda found: inner(found) if isinstance(found, dict | list) and fits(found) else found
    return each(inner) if step == ITEMS else values(inner) if step == VALUES else at(step, inner)


def changing(path: Path, edit: Edit) -> Change:
    """Return the change that edits all values at a path in the JSON of responses with status 200."""
    return lambda it: (
        it.with_json(edit_at(it.contract, path, edit)(it.document)) if it.ok and it.document is not None else it
    )


# Schemas that are broken.


def breaking_edits(contract: Contract, operation: Operation) -> Iterator[tuple[int, str, Path, str, Edit]]:
    """Yield the edits that break a response schema of an operation: status, schema's name, path, edit's name, edit."""
    for code in map(int, operation.responses):
        schema = operation.response_schema(code)
        if schema is not None and "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            for path, resolved in places(contract, schema):
                for what, edit in _breaks(resolved, str(resolved.get("type"))):
                    yield code, name, path, what, edit


def _breaking(schema: str, path: Path, edit: Edit) -> Change:
    def change(it: ProxiedExchange) -> ProxiedExchange:
        found = edit_at(it.contract, path, edit)(it.document)
        # A change that leaves the response valid is not a fault.
        return it if it.document is None or is_valid(it.contract, schema, found) else it.with_json(found)

    return change


def _restated(operation: Operation, code: int, breaks: tuple[str, ...]) -> Iterator[Fault]:
    other = next(one for one in range(code + 1, 600) if str(one) not in operation.responses and one != 204)  # noqa: PLR2004 - has no body
    place, when = f"schema:{operation.id}:{code}:whole", has_status(code)
    said = f"Responses of {operation.id} with status {code} have the"
    yield generated(place, "status", breaks, f"{said} status {other}.", status(other), operation.id, when=when)
    if operation.response_schema(code) is not None:
        yield generated(
            place, "media-type", breaks, f"{said} media type `text/plain`.", _as_text, operation.id, when=when
        )


def _as_text(it: ProxiedExchange) -> ProxiedExchange:
    return it.with_header("Content-Type", "text/plain") if it.media_type == JSON else it


def _breaks(schema: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Edit]]:
    """Yield edits that make a value violate a keyword of its schema. Each edit has a name."""
    for name in schema.get("required", ()):
        yield f"{name}-is-missing", drop(name)
        yield f"{name}-is-misspelled", partial(_misspelled, name)
    if schema.get("additionalProperties") is False:
        yield "has-more", put(unheardOf="x")
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


_OTHER_KINDS: Final[Mapping[str, Edit]] = {
    "object": lambda found: list(found.items()) if isinstance(found, dict) else found,
    "array": lambda found: {"items": found},
    "string": lambda found: 1 if isinstance(found, str) else found,
    "integer": str,
    "number": str,
    "boolean": lambda found: str(found).lower(),
}


def _misspelled(name: str, found: Any) -> Any:
    if not isinstance(found, dict):
        return found
    return {name[::-1] if member == name else member: value for member, value in found.items()}


# Other values that a schema allows.


def _other_values(
    contract: Contract, operation: Operation
) -> Iterator[tuple[Path, str, Callable[..., ProxiedExchange]]]:
    for path, resolved in places_of(contract, operation):
        for name, edit in _allowed(resolved):
            yield path, name, changing(path, edit)
        # Receipts are compared with their request only.
        if "jobId" in resolved.get("properties", {}) and operation.method == "GET":
            for member in _members(contract, resolved):
                yield path, f"{'/'.join(member)}-is-another-jobs", _another_jobs(path, member)
    content = operation.responses.get("200", {}).get("content", {})
    if any(not kind.startswith(JSON) for kind in content):
        for name, text in (("is-empty", ""), ("is-another-text", "conformance")):
            yield (), f"text-{name}", _other_text(text)


def _allowed(schema: Mapping[str, Any]) -> Iterator[tuple[str, Edit]]:
    for name in schema.get("properties", {}):
        if name not in schema.get("required", ()):
            yield f"{name}-is-missing", drop(name)
    if schema.get("nullable"):
        yield "is-null", lambda _: None
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield "has-one-less", lambda found: dict(list(found.items())[1:]) if isinstance(found, dict) else found
        yield "is-empty", lambda found: {} if isinstance(found, dict) else found
    if schema.get("type") in {"string", "integer", "number", "boolean"}:
        yield "is-another", partial(_another, schema)


def _another(schema: Mapping[str, Any], value: Any) -> Any:
    """Return another value of the same type: the next of the enumeration, a larger number, or another string."""
    words = list(schema.get("enum", ()))
    if value in words and len(words) > 1:
        return words[(words.index(value) + 1) % len(words)]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return _another_text(value) if isinstance(value, str) else value


def _another_text(text: str) -> str:
    """Increase the number at the start of a string. If there is no number, append a letter."""
    if re.fullmatch(r"\d.*", text):
        return re.sub(r"\d{1,19}", lambda found: str(int(found[0]) + 1), text, count=1)
    return f"{text}x"


def _other_text(text: str) -> Change:
    return lambda it: it.with_text(text) if it.ok and it.media_type != JSON else it


def _members(contract: Contract, schema: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the paths of a job's members and of their members. Booleans are left out: `is-another` covers them."""
    for name, inner in schema["properties"].items():
        resolved = contract.resolve(inner)
        if name != "jobId" and resolved.get("type") != "boolean":
            yield (name,)
            for below in resolved.get("properties", ()):
                yield (name, below)


def _another_jobs(path: Path, member: Path) -> Callable[..., ProxiedExchange]:
    """Show a member of the jobs at `path` with the value that another job has, as soon as two values are known."""

    def change(it: ProxiedExchange, seen: dict[str, Any]) -> ProxiedExchange:
        def exchanged(job: Any) -> Any:
            own = _at(job, member)
            if own is _ABSENT or "jobId" not in job:
                return job
            seen[str(job["jobId"])] = own
            others = (value for owner, value in seen.items() if owner != str(job["jobId"]) and value != own)
            return edit_at(it.contract, member, lambda _: next(others, own))(job)

        return changing(path, exchanged)(it)

    return change


def _at(value: Any, path: Path) -> Any:
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return _ABSENT
        value = value[step]
    return value


# Lists.


def _other_lists(
    contract: Contract, operation: Operation
) -> Iterator[tuple[Path, str, Callable[..., ProxiedExchange]]]:
    for path, resolved in places_of(contract, operation):
        if resolved.get("type") == "array" and resolved.get("maxItems") != 0:
            yield path, "is-reversed", changing(path, backwards)
            yield path, "is-doubled", changing(path, _doubled)
            yield path, "lacks-its-first-item", changing(path, lambda found: backwards(but_last(backwards(found))))
            yield path, "lacks-its-last-item", changing(path, but_last)
            if not path and operation.method == "GET":
                yield path, "is-stale", _as_at_first


def _doubled(found: Any) -> Any:
    return [item for item in found for _ in range(2)] if isinstance(found, list) else found


def _as_at_first(it: ProxiedExchange, first: dict[str, Message]) -> ProxiedExchange:
    """Replace a response by the first one to a request with the same path and query."""
    if not it.ok or it.method == "HEAD":
        return it
    return it.with_response(first.setdefault(it.target, it.received))
