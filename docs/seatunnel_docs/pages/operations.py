"""A page for each operation: description, clauses with evidence, and recorded responses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seatunnel_docs.knowledge import Knowledge
from seatunnel_docs.pages.clauses import Proof, proofs
from seatunnel_docs.rendering import Page, page
from seatunnel_openapi import Contract, JsonObject, Operation


@dataclass(frozen=True)
class Listed:
    """An operation in the list: in its newest release, with all releases that have it, and its clauses."""

    newest: Operation
    releases: tuple[str, ...]
    proof: Proof


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object, or a parameter."""

    name: str
    type: str
    description: str
    required: bool


@dataclass(frozen=True, slots=True)
class Form:
    """One of the objects that a body may be, or the parameters of an operation."""

    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """An example of a body, with its language for a code block, and the objects that the body can contain."""

    example: str
    language: str
    forms: tuple[Form, ...]


def pages(known: Knowledge) -> Iterator[Page]:
    """Yield the list of operations, then a page for each."""
    listed = [_listed(known, versions) for versions in known.operations().values()]
    tags: dict[str, list[Listed]] = {}
    for each in listed:
        tags.setdefault(each.newest.tag, []).append(each)
    yield page("operations/index", "operations", tags=dict(sorted(tags.items())), releases=known.releases)
    for each in listed:
        operation, proof = each.newest, each.proof
        paths = {versions[release].path for versions in [known.operations()[operation.id]] for release in each.releases}
        cited = [step for clause in proof.clauses for step in clause.history.steps]
        yield page(
            f"operations/{operation.id}",
            "operation",
            operation=operation,
            listed=each,
            proof=proof,
            releases=known.releases,
            facts=_facts(known, operation.id),
            parameters=_parameters(known.contracts[each.releases[-1]], operation),
            request=_body(known.contracts[each.releases[-1]], operation, "request") if operation.request_body else None,
            response=_body(known.contracts[each.releases[-1]], operation, "response 200"),
            differences=known.differences_of(paths),
            examples=known.exchanges.examples(operation.id, known.contracts, cited),
            recorded=sorted(known.recorded_releases.intersection(each.releases), key=known.releases.index),
        )


def _listed(known: Knowledge, versions: Mapping[str, Operation]) -> Listed:
    newest = list(versions.values())[-1]
    return Listed(newest, tuple(versions), proofs(known, known.clauses_of(newest.id)))


def _facts(known: Knowledge, operation_id: str) -> dict[str, dict[str, list[str]]]:
    """Return the facts of an operation by name: each value as text, with the releases that have this value."""
    found: dict[str, dict[str, list[str]]] = {}
    for release, operation in known.operations()[operation_id].items():
        for name, value in operation.behaviour.items():
            text = ", ".join(value) if isinstance(value, list) else str(value).lower()
            found.setdefault(name, {}).setdefault(text or "none", []).append(release)
    return found


def _parameters(contract: Contract, operation: Operation) -> Form | None:
    members = tuple(
        Member(
            each["name"],
            f"{_type(contract.resolve(each['schema']))} in the {each['in']}",
            each.get("description", ""),
            each.get("required", False),
        )
        for each in operation.parameters
    )
    return Form("parameters", members) if members else None


def _body(contract: Contract, operation: Operation, part: str) -> Body:
    """Return the body of an operation that `part` names: `request`, or `response 200`."""
    found = [one.value for one in operation.examples() if one.where.startswith(f"{operation.id} {part} ")]
    schema = operation.request_schema() if part == "request" else operation.response_schema(200)
    is_json = bool(found) and not isinstance(found[0], str)
    example = json.dumps(found[0], indent=2, ensure_ascii=False) if is_json else str(found[0]) if found else ""
    return Body(example, "json" if is_json else "text", tuple(_forms(contract, schema or {}, "")))


def _forms(contract: Contract, schema: JsonObject, name: str) -> Iterator[Form]:
    """Yield the objects that a schema allows: the object itself, its alternatives, and the items of a list."""
    name = schema.get("$ref", name).rpartition("/")[2]
    resolved = contract.resolve(schema)
    for inner in (*contract.forms(resolved), *([resolved["items"]] if "items" in resolved else [])):
        yield from _forms(contract, inner, name)
    if properties := resolved.get("properties"):
        required = resolved.get("required", ())
        yield Form(name, tuple(_member(contract, key, each, key in required) for key, each in properties.items()))


def _member(contract: Contract, name: str, schema: Any, required: bool) -> Member:  # noqa: FBT001 - of a schema
    resolved = contract.resolve(schema)
    return Member(name, _type(resolved), schema.get("description") or resolved.get("description", ""), required)


def _type(schema: JsonObject) -> str:
    return str(schema.get("type", "any"))
