"""The response schemas of a contract, ready to be held against answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import count, islice
from typing import Any, Final

import jsonschema_rs

from seatunnel_openapi import Contract

_SHOWN: Final = 5

_PIECE: Final = 50
"""Items of a list that are validated at a time."""

_MOST: Final = 10_000
"""Values of a document of which all errors are collected."""

_LONGEST: Final = 200
"""Characters of an error that stand before what is left out, and behind it."""


def violations(contract: Contract, schema: str, document: Any) -> list[str]:
    """Return what is wrong with a document by the component schema of that name, each with its place; at most five."""
    try:
        return list(islice(_errors(_validator(contract, schema), document), _SHOWN))
    except ValueError as problem:
        # Nested too deep, or with half of a character: nothing of the contract's is, so this is no conforming document.
        return [f"the whole: no schema can be held against it: {problem}"]


def _errors(validator: jsonschema_rs.Draft4Validator, document: Any) -> Iterator[str]:
    """Yield the errors of a document, as few as possible at a time: the library collects them, several to each value.

    A long list is validated piece by piece. Of any other large document only the first error is sought.
    """
    if not isinstance(document, list) or len(document) <= _PIECE:
        yield from (_said(error) for error in _collected(validator, document))
        return
    for start in range(0, len(document), _PIECE):
        for error in _collected(validator, document[start : start + _PIECE]):
            yield _said(error, start)


def _collected(validator: jsonschema_rs.Draft4Validator, document: Any) -> Iterator[jsonschema_rs.ValidationError]:
    if _is_small(document):
        yield from validator.iter_errors(document)
        return
    try:
        validator.validate(document)
    except jsonschema_rs.ValidationError as error:
        yield error


def _is_small(document: Any) -> bool:
    counter, left = count(1), [document]
    while left:
        if next(counter) > _MOST:
            return False
        value = left.pop()
        if isinstance(value, (list, dict)):
            left += value.values() if isinstance(value, dict) else value
    return True


def _said(error: jsonschema_rs.ValidationError, start: int = 0) -> str:
    place = list(error.instance_path)
    if place and start:
        place[0] = int(place[0]) + start
    # The message has the whole value in it.
    text = error.message
    said = text if len(text) <= 2 * _LONGEST else f"{text[:_LONGEST]} … {text[-_LONGEST:]}"
    return f"{'/'.join(map(str, place)) or 'the whole'}: {said}"


def answer_schema(contract: Contract, operation_id: str) -> str:
    """Return the name of the component schema that an operation's JSON answer with status 200 has."""
    schema = contract.operation(operation_id).response_schema(200) or {}
    return str(schema["$ref"]).rpartition("/")[2]


def item_schema(contract: Contract, operation_id: str) -> str:
    """Return the name of the component schema of the items of an operation's answer, which is a list."""
    return str(contract.schema(answer_schema(contract, operation_id))["items"]["$ref"]).rpartition("/")[2]


@cache
def _validator(contract: Contract, name: str) -> jsonschema_rs.Draft4Validator:
    # A reference into the components is resolved within the schema itself, so they come along.
    root = {"allOf": [{"$ref": f"#/components/schemas/{name}"}], "components": _components(contract)}
    return jsonschema_rs.Draft4Validator(root)


@cache
def _components(contract: Contract) -> dict[str, Any]:
    return {"schemas": {name: _plain(schema) for name, schema in contract.document["components"]["schemas"].items()}}


def _plain(node: Any) -> Any:
    """Rewrite OpenAPI 3.0's `nullable` as plain JSON Schema (draft 4, whose other keywords 3.0 shares)."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    plain = {key: _plain(value) for key, value in node.items() if key not in {"nullable", "example", "examples"}}
    return {"anyOf": [plain, {"enum": [None]}]} if node.get("nullable") is True else plain
