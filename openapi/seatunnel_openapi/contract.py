"""The contract of one release as immutable objects, and its examples, each with its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from seatunnel_openapi.behaviour import Behaviour
from seatunnel_openapi.clauses import Choice, Clause, Deviation, RetiredClause
from seatunnel_openapi.documents import JsonObject, copied, resolve
from seatunnel_openapi.errors import UnknownClause, UnknownOperation, UnknownSchema


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


@dataclass(frozen=True, slots=True)
class Link:
    """An OpenAPI link from a response to another operation, whose parameters it takes from the exchange.

    `parameters` maps parameter names to runtime expressions such as `$response.body#/jobId`.
    """

    name: str
    status: str
    operation_id: str
    parameters: Mapping[str, Any]
    request_body: Any


@dataclass(frozen=True, eq=False)
class Operation:
    """One method of one path.

    `document` is the raw operation object. `parameters` (including those of the path), `request_body` and `responses`
    (by status as text: `"200"`) are resolved, but may contain further references for `Contract.resolve`.
    Don't modify any of them: they are shared.
    """

    id: str
    method: str
    path: str
    tag: str
    document: JsonObject = field(repr=False)
    behaviour: Behaviour = field(repr=False)
    clauses: tuple[Clause, ...] = field(repr=False)
    deviations: tuple[Deviation, ...] = field(repr=False)
    parameters: tuple[JsonObject, ...] = field(repr=False)
    request_body: JsonObject | None = field(repr=False)
    responses: Mapping[str, JsonObject] = field(repr=False)
    _root: JsonObject = field(repr=False)

    def response_schema(self, status: int | str, media_type: str = "application/json") -> JsonObject | None:
        """Return the schema of a response body; None if the status or the media type is not documented.

        Parameters of the media type (`;charset=…`) and letter case are ignored. The schema may be a reference.
        """
        return _schema_for(self.responses.get(str(status)), media_type)

    def request_schema(self, media_type: str = "application/json") -> JsonObject | None:
        """Return the schema of the request body; None if the media type is not documented. See `response_schema`."""
        return _schema_for(self.request_body, media_type)

    def examples(self) -> Iterator[Example]:
        """Yield every example of a parameter, request, response or header of this operation, with its schema."""
        for parameter in self.parameters:
            yield from examples_in(self._root, parameter, f"{self.id} parameter {parameter['name']}")
        yield from examples_in(self._root, self.request_body or {}, f"{self.id} request")
        for status, response in self.responses.items():
            where = f"{self.id} response {status}"
            yield from examples_in(self._root, response, where)
            for name, header in response.get("headers", {}).items():
                yield from examples_in(self._root, resolve(self._root, header), f"{where} header {name}")

    def links(self) -> Iterator[Link]:
        """Yield the links of all responses."""
        for status, response in self.responses.items():
            for name, link in response.get("links", {}).items():
                found = resolve(self._root, link)
                target, parameters = found.get("operationId", ""), found.get("parameters", {})
                yield Link(name, status, target, parameters, found.get("requestBody"))


@dataclass(frozen=True, eq=False)
class Contract:
    """The contract of one release.

    `document` is its plain OpenAPI document. All callers of `load` share it: don't modify it, use `copy_document()`.
    `behaviour` holds the facts of the document level. `clauses` and `deviations` are those of the document level,
    followed by those of the operations. `choices` are the decisions where the documentation page is silent, `retired`
    the ids that no clause may use again, `client_clauses` the sentences for clients of the API.
    """

    release: str
    document: JsonObject = field(repr=False)
    operations: tuple[Operation, ...] = field(repr=False)
    behaviour: Behaviour = field(repr=False)
    clauses: tuple[Clause, ...] = field(repr=False)
    deviations: tuple[Deviation, ...] = field(repr=False)
    choices: tuple[Choice, ...] = field(repr=False)
    retired: tuple[RetiredClause, ...] = field(repr=False, default=())
    client_clauses: tuple[Clause, ...] = field(repr=False, default=())

    def copy_document(self) -> JsonObject:
        """Return a deep copy of the document."""
        copy: JsonObject = copied(self.document)
        return copy

    def operation(self, operation_id: str) -> Operation:
        """Return an operation by its id, or raise `UnknownOperation`."""
        for operation in self.operations:
            if operation.id == operation_id:
                return operation
        raise UnknownOperation(operation_id, (operation.id for operation in self.operations))

    def clause(self, clause_id: str) -> Clause:
        """Return a clause by its id, or raise `UnknownClause`."""
        for clause in self.clauses:
            if clause.id == clause_id:
                return clause
        raise UnknownClause(clause_id, (clause.id for clause in self.clauses))

    def schema(self, name: str) -> JsonObject:
        """Return a schema of the components, raw, or raise `UnknownSchema`."""
        schemas: dict[str, JsonObject] = self.document.get("components", {}).get("schemas", {})
        if name not in schemas:
            raise UnknownSchema(name, schemas)
        return schemas[name]

    def resolve(self, node: Any) -> Any:
        """Return a node of the document, or what it refers to if it is a `$ref`; chains of references are followed.

        References deeper inside the node are kept. Raises `UnresolvableReference`.
        """
        return resolve(self.document, node)

    def examples(self) -> Iterator[Example]:
        """Yield every example with its schema: first of the operations, then of the components."""
        for operation in self.operations:
            yield from operation.examples()
        for name, schema in self.document.get("components", {}).get("schemas", {}).items():
            yield from schema_examples(schema, f"schema {name}")


def _schema_for(holder: JsonObject | None, media_type: str) -> JsonObject | None:
    """Return the schema of a request body or response for a media type, whose parameters are ignored."""
    content: dict[str, JsonObject] = (holder or {}).get("content", {})
    for documented, body in content.items():
        if _essence(documented) == _essence(media_type):
            return body.get("schema")
    return None


def _essence(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
