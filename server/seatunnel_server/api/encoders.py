"""Encoders compiled from response schemas: from the engine's values to JSON values of the declared types."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

import orjson

from seatunnel_server.api.members import METRICS, PARTS, Members
from seatunnel_server.api.schemas import SchemaCompiler
from seatunnel_server.engine.domain import Job, JobMetrics, JobPlan, TableMetrics
from seatunnel_server.errors import MemberUnknown

Encoder: TypeAlias = Callable[[Any], Any]
_VERTEX: Final = re.compile(r"(Source|Sink|Transform)\[\d+\]")


def compile_encoder(schema: Mapping[str, Any], members: Members, where: str, schemas: SchemaCompiler) -> Encoder:
    """Return what turns a value into the JSON value that `schema` declares.

    `members` fill the first object that is met on the way down. Raises `MemberUnknown` when the schema has a property
    that they lack.
    """
    schema = schemas.resolved(schema)
    if "oneOf" in schema and (fullest := schemas.resolved(schema["oneOf"][0])).get("properties"):
        schema = fullest
    properties = schemas.properties(schema)
    if properties:
        return _object(properties, members, where, schemas)
    if schema.get("type") == "array":
        return _list(compile_encoder(schema.get("items", {}), members, where, schemas))
    if schema.get("type") == "object":
        return _map(compile_encoder(schema.get("additionalProperties") or {}, members, where, schemas))
    return _SCALARS.get(schema.get("type", ""), as_it_is)


def _object(properties: Mapping[str, Any], members: Members, where: str, schemas: SchemaCompiler) -> Encoder:
    fields: list[tuple[str, Encoder, Encoder]] = []
    for name, schema in properties.items():
        if name not in members:
            raise MemberUnknown(where, name)
        parts = PARTS.get(name, {})
        fields.append((name, members[name], compile_encoder(schema, parts, f"{where}.{name}", schemas)))
    return lambda value: {name: encode(take(value)) for name, take, encode in fields}


def _list(encode: Encoder) -> Encoder:
    # A map where a list is declared: the page shows `envOptions` of a job's plan as an empty list.
    return lambda value: [] if isinstance(value, Mapping) else [encode(item) for item in value]


def _map(encode: Encoder) -> Encoder:
    return lambda value: {key: encode(item) for key, item in value.items()}


def keyed_by_vertex(encode: Encoder) -> Encoder:
    """Return an encoder of jobs whose counters by table name the vertex too: `Source[0].fake`."""

    def encoded(job: Job) -> Any:
        sources, sinks = _vertices(job.plan, "source"), _vertices(job.plan, "sink")
        metrics = replace(
            job.metrics,
            source_tables=_renamed(job.metrics.source_tables, sources),
            sink_tables=_renamed(job.metrics.sink_tables, sinks),
            committed_tables=_renamed(job.metrics.committed_tables, sinks),
        )
        return encode(replace(job, metrics=metrics))

    return encoded


def _vertices(plan: JobPlan, kind: str) -> dict[str, str]:
    """Return for each table the vertex of a kind that it is in; where it is in several, the first."""
    found: dict[str, str] = {}
    for vertex in plan.vertices:
        name = _VERTEX.search(vertex.name)
        if vertex.type == kind and name is not None:
            for table in vertex.table_paths:
                found.setdefault(table, name[0])
    return found


def _renamed(tables: Mapping[str, TableMetrics], vertices: Mapping[str, str]) -> dict[str, TableMetrics]:
    return {f"{vertices[table]}.{table}" if table in vertices else table: it for table, it in tables.items()}


def _text(value: Any) -> str | None:
    if isinstance(value, JobMetrics):
        return orjson.dumps({name: take(value) for name, take in METRICS.items()}).decode()
    if value is None or isinstance(value, str):
        return value
    return str(value)


def as_it_is(value: Any) -> Any:
    """Return a value that is JSON already."""
    return value


_SCALARS: Final[Mapping[str, Encoder]] = {"string": _text, "integer": int, "number": float, "boolean": bool}
