"""The response schemas of a contract, ready to be held against answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from seatunnel_openapi import Contract


def violations(contract: Contract, schema: str, document: Any) -> list[str]:
    """Return what is wrong with a document by the component schema of that name, each with its place; at most five."""
    try:
        errors = _validator(contract, schema).iter_errors(document)
        return [f"{_place(error)}: {error.message}" for error, _ in zip(errors, range(5), strict=False)]
    except ValueError as problem:
        # Nested too deep, or with half of a character: nothing of the contract's is, so this is no conforming document.
        return [f"the whole: no schema can be held against it: {problem}"]


def answer_schema(contract: Contract, operation_id: str) -> str:
    """Return the name of the component schema that an operation's JSON answer with status 200 has."""
    schema = contract.operation(operation_id).response_schema(200) or {}
    return str(schema["$ref"]).rpartition("/")[2]


def item_schema(contract: Contract, operation_id: str) -> str:
    """Return the name of the component schema of the items of an operation's answer, which is a list."""
    return str(contract.schema(answer_schema(contract, operation_id))["items"]["$ref"]).rpartition("/")[2]


def _place(error: jsonschema_rs.ValidationError) -> str:
    return "/".join(map(str, error.instance_path)) or "the whole"


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
