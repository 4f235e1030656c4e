"""The examples of a document, each with its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from seatunnel_openapi.documents import JsonObject
from seatunnel_openapi.references import resolve


class Example(NamedTuple):
    """An example value of the document. `schema` may be a reference; `where` is a place to show to users."""

    where: str
    schema: JsonObject
    value: Any


def examples_in(document: JsonObject, holder: JsonObject, where: str) -> Iterator[Example]:
    """Yield the examples of a parameter, header or media type: `example`, `examples`, and those inside its schema.

    References to schemas are not followed: their examples belong to the component.
    """
    schema = holder.get("schema", {})
    if "example" in holder:
        yield Example(where, schema, holder["example"])
    for name, example in holder.get("examples", {}).items():
        resolved = resolve(document, example)
        if "value" in resolved:
            yield Example(f"{where}, {name}", schema, resolved["value"])
    for media_type, content in holder.get("content", {}).items():
        yield from examples_in(document, content, f"{where} {media_type}")
    yield from schema_examples(schema, where)


def schema_examples(schema: Any, where: str) -> Iterator[Example]:
    """Yield the examples of a schema and of its subschemas."""
    for place, inner in _subschemas(schema, where):
        if "example" in inner:
            yield Example(place, inner, inner["example"])


def _subschemas(schema: Any, where: str) -> Iterator[tuple[str, JsonObject]]:
    if not isinstance(schema, dict):  # additionalProperties may be a boolean
        return
    yield where, schema
    for keyword in ("items", "not", "additionalProperties"):
        yield from _subschemas(schema.get(keyword), f"{where}/{keyword}")
    for keyword in ("allOf", "oneOf", "anyOf"):
        for position, inner in enumerate(schema.get(keyword, ())):
            yield from _subschemas(inner, f"{where}/{keyword}/{position}")
    properties: Mapping[str, Any] = schema.get("properties", {})
    for name, inner in properties.items():
        yield from _subschemas(inner, f"{where}/{name}")
