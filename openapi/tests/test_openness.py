"""The published contract of each release: a client survives what later releases add."""

from collections.abc import Iterator
from typing import Any

from openapi_schema_validator import OAS30Validator

from seatunnel_openapi import Contract, from_document
from seatunnel_openapi.documents import reached, walk


def responses(contract: Contract) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield each example of a response with its place and its schema."""
    for operation in contract.operations:
        for example in operation.examples():
            if f"{operation.id} response" in example.where and "header" not in example.where:
                yield example.where, dict(example.schema), example.value


def extended(value: Any) -> Any:
    """Return a value whose objects have one more member, as those of a later release."""
    if isinstance(value, list):
        return [extended(item) for item in value]
    return (
        {**{name: extended(inner) for name, inner in value.items()}, "since31": {}}
        if isinstance(value, dict)
        else value
    )


def test_no_object_is_closed(contract):
    assert [where for where, node in walk(contract.published) if isinstance(node, dict) and _closes(node)] == []


def _closes(node: dict[str, Any]) -> bool:
    return node.get("additionalProperties") is False


def test_strict_reading_of_what_is_published_is_that_of_the_contract(contract):
    assert from_document(contract.copy_document(), contract.release).document == contract.document
    assert from_document(contract.copy_document(strict=True), contract.release).document == contract.document


def test_responses_are_valid_with_further_members(contract):
    """Where a schema says what further members are, they have to be so."""
    components = {"components": contract.published["components"]}
    closed = {"components": contract.document["components"]}
    refused = 0
    for where, schema, value in responses(contract):
        further = extended(value)
        assert OAS30Validator({**schema, **components}).is_valid(value), where
        if OAS30Validator({**schema, **components}).is_valid(further):
            refused += not OAS30Validator({**schema, **closed}).is_valid(further)
        else:
            inner = [contract.schema(name) for name in reached(contract.published, schema)]
            assert [node for _, node in walk(inner) if isinstance(node, dict) and _is_of_a_map(node)], where
    assert refused


def _is_of_a_map(schema: dict[str, Any]) -> bool:
    return isinstance(schema.get("additionalProperties"), dict)
