"""Every example of a document, paired with the schema that it illustrates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from seatunnel_openapi.documents import JsonObject
from seatunnel_openapi.references import resolve


class Example(NamedTuple):
    """A value shown somewhere in the document; `schema` may be a reference, and `where` is for people."""

    where: str
    schema: JsonObject
    value: Any


def shown(document: JsonObject, holder: JsonObject, where: str) -> Iterator[Example]:
    """Yield the examples of a parameter, header or media type: its own, its named ones, and those within its schema.

    A schema that is a reference is not entered: its examples belong to the component.
    """
    schema = holder.get("schema", {})
    if "example" in holder:
        yield Example(where, schema, holder["example"])
    for name, example in holder.get("examples", {}).items():
        resolved = resolve(document, example)
        if "value" in resolved:
            yield Example(f"{where}, {name}", schema, resolved["value"])
    for media_type, content in holder.get("content", {}).items():
        yield from shown(document, content, f"{where} {media_type}")
    yield from illustrated(schema, where)


def illustrated(schema: Any, where: str) -> Iterator[Example]:
    """Yield the examples that stand in a schema and in the schemas that it is made of."""
    for place, inner in _subschemas(schema, where):
        if "example" in inner:
            yield Example(place, inner, inner["example"])


def _subschemas(schema: Any, where: str) -> Iterator[tuple[str, JsonObject]]:
    if not isinstance(schema, dict):  # additionalProperties may be a truth value
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
