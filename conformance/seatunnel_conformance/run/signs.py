"""Signs of a release that follow from the contracts: operations and members that some releases have and others don't.

Only GET operations without path parameters are sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

_TYPES: Final = {"object": dict, "array": list}


@dataclass(frozen=True, slots=True)
class Sign:
    """What each release is `expected` to have, if its contract says so, and whether the target has it."""

    name: str
    expected: Mapping[str, bool]
    observed: bool

    def agrees(self, release: str) -> bool | None:
        """Return whether the target is like a release in this; None if its contract leaves it open."""
        expected = self.expected.get(release)
        return None if expected is None else expected == self.observed


def derived(target: Target, contracts: Sequence[Contract]) -> Iterator[Sign]:
    """Yield the signs that can be observed on a target. Operations that a clause recognises have a sign already."""
    covered = {clause.operation_id for contract in contracts for clause in contract.clauses if clause.recognises}
    for path in dict.fromkeys(operation.path for contract in contracts for operation in _readable(contract)):
        having = {
            contract.release: (contract, operation)
            for contract in contracts
            for operation in _readable(contract)
            if operation.path == path
        }
        members = dict(_members(having.values()))
        tells = len(having) < len(contracts) and not covered & {operation.id for _, operation in having.values()}
        response = _response(target, path) if tells or members else None
        if response is None:
            continue
        exists = _exists(response, *list(having.values())[-1])
        if tells and exists is not None:
            yield Sign(f"GET {path}", {contract.release: contract.release in having for contract in contracts}, exists)
        document = _document(response)
        for name, expected in members.items() if document and exists else ():
            yield Sign(f"GET {path}: {name}", expected, name in document)


def _readable(contract: Contract) -> Iterator[Operation]:
    return (each for each in contract.operations if each.method == "GET" and "{" not in each.path)


def _response(target: Target, path: str) -> Response | None:
    try:
        return target.get(path)
    except Inconclusive:
        return None


def _exists(response: Response, contract: Contract, operation: Operation) -> bool | None:
    """Return whether an operation exists. A servlet also answers what lies below its path, but in another form."""
    if response.status != HTTPStatus.OK:
        is_refusal = response.status == HTTPStatus.BAD_REQUEST and str(response.status) in operation.responses
        return True if is_refusal else False if response.status == HTTPStatus.NOT_FOUND else None
    if not _has_form_of(response, contract, operation):
        return False
    above = [each for each in _readable(contract) if operation.path.startswith(f"{each.path}/")]
    if not any(_has_form_of(response, contract, each) for each in above):
        return True
    telling = _headers(operation) - frozenset(name for each in above for name in _headers(each))
    return all(response.header(name) is not None for name in telling) if telling else None


def _headers(operation: Operation) -> frozenset[str]:
    return frozenset(operation.responses.get("200", {}).get("headers", ()))


def _has_form_of(response: Response, contract: Contract, operation: Operation) -> bool:
    """Return whether a response has the media type of an operation's, and is an object or a list where that is."""
    schema = operation.response_schema(response.status, response.media_type)
    return schema is not None and isinstance(_json(response), tuple(_types(contract, schema)) or object)


def _types(contract: Contract, schema: Any) -> Iterator[type]:
    """Yield the types that a schema allows, of objects and lists; none where it allows others."""
    found = contract.resolve(schema)
    for each in (*found.get("oneOf", ()), *found.get("anyOf", ())):
        yield from _types(contract, each)
    if found.get("type") in _TYPES:
        yield _TYPES[found["type"]]


def _members(having: Any) -> Iterator[tuple[str, Mapping[str, bool]]]:
    """Yield the members that some releases require in a response and others don't know, each with its releases."""
    shapes = {contract.release: _shape(contract, operation) for contract, operation in having}
    for name in sorted({name for known, _ in shapes.values() for name in known}):
        expected = {
            release: name in required
            for release, (known, required) in shapes.items()
            if known and (name in required or name not in known)
        }
        if len(set(expected.values())) > 1:
            yield name, expected


def _shape(contract: Contract, operation: Operation) -> tuple[frozenset[str], frozenset[str]]:
    """Return the known and the required members of a JSON response, or of the items of its list."""
    schema = contract.resolve(operation.response_schema(HTTPStatus.OK)) or {}
    if schema.get("type") == "array":
        schema = contract.resolve(schema.get("items", {}))
    return frozenset(schema.get("properties", ())), frozenset(schema.get("required", ()))


def _document(response: Response) -> Mapping[str, Any]:
    """Return a JSON object, or the first one of a list; empty if there is none."""
    found = _json(response)
    found = found[0] if isinstance(found, list) and found else found
    return found if isinstance(found, dict) else {}


def _json(response: Response) -> Any:
    try:
        return response.json
    except (AssertionError, Inconclusive):
        return None
