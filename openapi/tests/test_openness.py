"""Clients made from the published contract of a release also accept the additions of later releases."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from seatunnel_openapi import Contract, from_document, load, releases
from seatunnel_openapi.comparison.diffing import diff
from seatunnel_openapi.documents import reached, walk


def responses(contract: Contract) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield each example of a response with its place and its schema."""
    for operation in contract.operations:
        for example in operation.examples():
            if f"{operation.id} response" in example.where and "header" not in example.where:
                yield example.where, dict(example.schema), example.value


def extended(value: Any) -> Any:
    """Return the value with one further member in each object, as a later release may add."""
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
    """Except in objects whose schema describes further members."""
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


def read_by(old: Contract, new: Contract) -> Iterator[tuple[str, bool]]:
    """Yield the operation of each example of a response of a release, and whether it is valid for an older one."""
    components = {"components": old.published["components"]}
    for before, after in ((one, other) for one in old.operations for other in new.operations if one.id == other.id):
        for status, response in after.responses.items():
            for media_type, body in response.get("content", {}).items():
                schema = before.response_schema(status, media_type)
                validator = OAS30Validator({**(schema or {}), **components})
                for example in body.get("examples", {}).values():
                    yield f"{after.method} {after.path}", validator.is_valid(new.resolve(example)["value"])


@pytest.mark.parametrize(("old", "new"), [*pairwise(releases()), *((old, releases()[-1]) for old in releases()[:-2])])
def test_response_of_a_later_release_is_valid_unless_the_difference_is_breaking(old: str, new: str):
    """What clients that are generated from the contract rely on; `make clients ARGS=--later` tries them."""
    before, after = load(old), load(new)
    examples = list(read_by(before, after))
    breaking = {change.operation for change in diff(before, after) if change.is_breaking}
    assert {operation for operation, is_valid in examples if not is_valid} <= breaking
    assert sum(is_valid for _, is_valid in examples) > len(examples) / 2
