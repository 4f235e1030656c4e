"""Validation of responses against the schemas of a contract."""

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
"""The most values of a document of which all errors are collected."""

_LONGEST: Final = 200
"""Characters that are kept at the beginning and at the end of a long error message."""


def violations(contract: Contract, schema: str, document: Any) -> list[str]:
    """Validate a document against a component schema, and return at most five errors, each with its place."""
    try:
        return list(islice(_errors(_validator(contract, schema), document), _SHOWN))
    except ValueError as problem:
        # Nested too deeply, or with an unpaired surrogate: no valid document of the contract is.
        return [f"the whole document: it can't be validated: {problem}"]


def _errors(validator: jsonschema_rs.Draft4Validator, document: Any) -> Iterator[str]:
    """Yield the errors of a document. The library collects all of them at once, which takes memory.

    So a long list is validated in pieces, and of any other large document only the first error is found.
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
    # The message contains the whole value.
    text = error.message
    said = text if len(text) <= 2 * _LONGEST else f"{text[:_LONGEST]} … {text[-_LONGEST:]}"
    return f"{'/'.join(map(str, place)) or 'the whole document'}: {said}"


def response_schema(contract: Contract, operation_id: str) -> str:
    """Return the name of the component schema of an operation's response with status 200."""
    schema = contract.operation(operation_id).response_schema(200) or {}
    return str(schema["$ref"]).rpartition("/")[2]


def item_schema(contract: Contract, operation_id: str) -> str:
    """Return the name of the component schema of the items of an operation's response, which is a list."""
    return str(contract.schema(response_schema(contract, operation_id))["items"]["$ref"]).rpartition("/")[2]


@cache
def _validator(contract: Contract, name: str) -> jsonschema_rs.Draft4Validator:
    # References are resolved within the schema, so it contains the components.
    root = {"allOf": [{"$ref": f"#/components/schemas/{name}"}], "components": _components(contract)}
    return jsonschema_rs.Draft4Validator(root)


@cache
def _components(contract: Contract) -> dict[str, Any]:
    return {"schemas": {name: _plain(schema) for name, schema in contract.document["components"]["schemas"].items()}}


def _plain(node: Any) -> Any:
    """Replace `nullable` of OpenAPI 3.0, the only keyword used that JSON Schema draft 4 does not have."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    plain = {key: _plain(value) for key, value in node.items() if key not in {"nullable", "example", "examples"}}
    return {"anyOf": [plain, {"enum": [None]}]} if node.get("nullable") is True else plain
