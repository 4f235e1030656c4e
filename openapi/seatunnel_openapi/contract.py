"""The contract of one release as frozen values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from seatunnel_openapi.behaviour import Behaviour
from seatunnel_openapi.clauses import Choice, Clause, Deviation, RetiredClause
from seatunnel_openapi.documents import JsonObject, copied
from seatunnel_openapi.errors import UnknownClause, UnknownOperation, UnknownSchema
from seatunnel_openapi.examples import Example, illustrated, shown
from seatunnel_openapi.references import resolve


@dataclass(frozen=True, slots=True)
class Link:
    """What an answer leads to: another operation, some of whose parameters can be read from the exchange.

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

    `document` is the raw operation object. `parameters` (with those of the path), `request_body` and `responses`
    (by status text: `"200"`) are resolved; what lies inside them may still hold references, for `Contract.resolve`.
    None of them may be changed.
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
        """Return the schema of an answer's body; None when no such answer is documented, or it has no such body.

        Parameters of the media type (`;charset=…`) and letter case don't count. The schema may be a reference.
        """
        return _schema_for(self.responses.get(str(status)), media_type)

    def request_schema(self, media_type: str = "application/json") -> JsonObject | None:
        """Return the schema of the request's body; None when there is no such body. As `response_schema` otherwise."""
        return _schema_for(self.request_body, media_type)

    def examples(self) -> Iterator[Example]:
        """Yield every example of a parameter, request, answer or header of this operation, with its schema."""
        for parameter in self.parameters:
            yield from shown(self._root, parameter, f"{self.id} parameter {parameter['name']}")
        yield from shown(self._root, self.request_body or {}, f"{self.id} request")
        for status, response in self.responses.items():
            where = f"{self.id} response {status}"
            yield from shown(self._root, response, where)
            for name, header in response.get("headers", {}).items():
                yield from shown(self._root, resolve(self._root, header), f"{where} header {name}")

    def links(self) -> Iterator[Link]:
        """Yield the links of all answers."""
        for status, response in self.responses.items():
            for name, link in response.get("links", {}).items():
                found = resolve(self._root, link)
                target, parameters = found.get("operationId", ""), found.get("parameters", {})
                yield Link(name, status, target, parameters, found.get("requestBody"))


@dataclass(frozen=True, eq=False)
class Contract:
    """The contract of one release.

    `document` is its plain OpenAPI document, shared by everybody who loaded it and not to be changed: take
    `copy_document()` for that. `behaviour` holds the facts of the document as a whole; `clauses` and `deviations`
    those of the document first, then those of the operations; `choices` the decisions where the page is silent;
    `retired` the ids that no clause may have again.
    """

    release: str
    document: JsonObject = field(repr=False)
    operations: tuple[Operation, ...] = field(repr=False)
    behaviour: Behaviour = field(repr=False)
    clauses: tuple[Clause, ...] = field(repr=False)
    deviations: tuple[Deviation, ...] = field(repr=False)
    choices: tuple[Choice, ...] = field(repr=False)
    retired: tuple[RetiredClause, ...] = field(repr=False, default=())

    def copy_document(self) -> JsonObject:
        """Return the document as a copy of the caller's own."""
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
        raise UnknownClause(clause_id)

    def schema(self, name: str) -> JsonObject:
        """Return a schema of the components, raw, or raise `UnknownSchema`."""
        schemas: dict[str, JsonObject] = self.document.get("components", {}).get("schemas", {})
        if name not in schemas:
            raise UnknownSchema(name, schemas)
        return schemas[name]

    def resolve(self, node: Any) -> Any:
        """Return what a node of the document stands for: itself, or the end of its chain of references.

        What lies deeper inside it keeps its references. Raises `UnresolvableReference`.
        """
        return resolve(self.document, node)

    def examples(self) -> Iterator[Example]:
        """Yield every example with its schema: those of the operations, then those within the components."""
        for operation in self.operations:
            yield from operation.examples()
        for name, schema in self.document.get("components", {}).get("schemas", {}).items():
            yield from illustrated(schema, f"schema {name}")


def _schema_for(holder: JsonObject | None, media_type: str) -> JsonObject | None:
    """Return the schema that a request body or response has for a media type, compared without its parameters."""
    content: dict[str, JsonObject] = (holder or {}).get("content", {})
    for documented, body in content.items():
        if _essence(documented) == _essence(media_type):
            return body.get("schema")
    return None


def _essence(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
