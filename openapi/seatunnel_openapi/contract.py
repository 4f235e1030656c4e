"""The contract of one release as immutable objects: operations, typed facts, clauses with evidence, and examples."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, Literal, NamedTuple, Self, TypeAlias

from seatunnel_openapi.documents import JsonObject, copied, resolve
from seatunnel_openapi.errors import ContractLookupError, UnknownFact, UnknownOperation, meant
from seatunnel_openapi.words import Wording, Words

Fact: TypeAlias = str | bool | int | list[str]


_READ: Final[ContextVar[set[tuple[str, str]] | None]] = ContextVar("facts_read", default=None)


@contextmanager
def facts_read() -> Iterator[set[tuple[str, str]]]:
    """Collect the facts that this thread reads inside the `with`, as pairs: operation id or `document`, and name."""
    found: set[tuple[str, str]] = set()
    token = _READ.set(found)
    try:
        yield found
    finally:
        _READ.reset(token)


class Behaviour(Mapping[str, Fact]):
    """The facts of one operation or of the document, by name.

    `where` is the operation id, or `document`. Every getter raises `UnknownFact` for a missing name and
    `ContractLookupError` for a value of another type.
    """

    __slots__ = ("_facts", "where")

    def __init__(self, facts: Mapping[str, Fact], where: str) -> None:
        self._facts: Final = dict(facts)
        self.where: Final = where

    def __getitem__(self, name: str) -> Fact:
        if name in self:
            return self._facts[name]
        raise UnknownFact(name, self.where, self._facts)

    def __contains__(self, name: object) -> bool:
        if (read := _READ.get()) is not None:
            read.add((self.where, str(name)))
        return name in self._facts

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __repr__(self) -> str:
        return f"Behaviour({self._facts!r}, where={self.where!r})"

    def choice(self, name: str) -> str:
        """Return a text fact: a value of an enumeration, or the name of a schema."""
        value = self[name]
        if not isinstance(value, str):
            raise self._mismatch(name, "a string")
        return value

    def flag(self, name: str) -> bool:
        """Return a boolean fact."""
        value = self[name]
        if not isinstance(value, bool):
            raise self._mismatch(name, "a boolean")
        return value

    def number(self, name: str) -> int:
        """Return an integer fact."""
        value = self[name]
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._mismatch(name, "an integer")
        return value

    def names(self, name: str) -> tuple[str, ...]:
        """Return a fact that is a list of names, in the order of the document."""
        value = self[name]
        if not isinstance(value, list):
            raise self._mismatch(name, "a list of strings")
        return tuple(value)

    def _mismatch(self, name: str, wanted: str) -> ContractLookupError:
        return ContractLookupError(f"The fact {name!r} of {self.where} is {self._facts[name]!r}, not {wanted}.")


How: TypeAlias = Literal["recorded", "read", "documented"]
"""Recorded on a running engine, read in a release's source or artifact, or stated by the documentation page."""

Confidence: TypeAlias = Literal["certain", "likely", "unknown"]
"""How certain it is that a release behaves as an overlay action says. Recorded behaviour is always `certain`."""


class Level(StrEnum):
    """How binding a clause is: a keyword of RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The source of a statement; `ref` is a recorded step, a heading of the page or a research section."""

    how: How
    ref: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One normative sentence with a permanent id; `operation_id` is None if it applies to several operations.

    `text` shows the value of each fact that it names. The suite detects the release of a target by the clauses
    with `recognises`: their checks need only a few GET requests.
    """

    id: str
    level: Level
    text: str
    evidence: tuple[Evidence, ...]
    operation_id: str | None
    recognises: bool = False

    @property
    def group(self) -> str:
        """The part of the id before the dot: an operation or topic."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class RetiredClause:
    """The id of a removed clause: the day (`2027-01-31`), the reason, and the id of the clause that replaces it."""

    id: str
    when: str
    why: str
    instead: str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision where the page says nothing or contradicts itself (`x-evidence`); `where` is a JSON pointer."""

    text: str
    evidence: Evidence
    where: str


@dataclass(frozen=True, slots=True)
class Deviation:
    """A statement of the documentation page that real engines contradict; `operation_id` is None at document level."""

    id: str
    documented: str
    engine: str
    evidence: tuple[Evidence, ...]
    operation_id: str | None


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
    """An OpenAPI link from a response to another operation, with parameters taken from the exchange.

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

    `published` is its plain OpenAPI document, in which objects of responses may have further members, so that clients
    of one release survive the next. `document` is its strict form, for validation: further members are errors, unless
    the schema allows them. All callers of `load` share both: don't modify them, use `copy_document()`. `behaviour`
    holds the facts of the document level. `clauses` and `deviations` are those of the document level, followed by those
    of the operations. `choices` are the decisions where the documentation page is silent, `retired` the ids that no
    clause may use again, `client_clauses` the sentences for clients of the API.
    """

    release: str
    published: JsonObject = field(repr=False)
    document: JsonObject = field(repr=False)
    operations: tuple[Operation, ...] = field(repr=False)
    behaviour: Behaviour = field(repr=False)
    clauses: tuple[Clause, ...] = field(repr=False)
    deviations: tuple[Deviation, ...] = field(repr=False)
    choices: tuple[Choice, ...] = field(repr=False)
    retired: tuple[RetiredClause, ...] = field(repr=False, default=())
    client_clauses: tuple[Clause, ...] = field(repr=False, default=())
    words: Words = field(init=False, repr=False)
    """The names that responses of this release have for members of the contract."""

    def __post_init__(self) -> None:
        # At once, so that it is stored with the contract (`stored.py`): it reads the whole document.
        object.__setattr__(self, "words", Words(self.published))

    def wording(self, operation_id: str, status: int | str = 200) -> Wording | None:
        """Return how a JSON response renames members; None if it renames none, or is not documented."""
        return self.words.of(self.operation(operation_id).response_schema(status))

    def copy_document(self, *, strict: bool = False) -> JsonObject:
        """Return a deep copy of the published document, or of its strict form."""
        copy: JsonObject = copied(self.document if strict else self.published)
        return copy

    def without(self, left_out: Collection[Operation]) -> Self:
        """Return the contract without some operations."""
        published, strict = self.copy_document(), self.copy_document(strict=True)
        for document in (published, strict):
            for operation in left_out:
                del document["paths"][operation.path][operation.method.lower()]
        kept = tuple(one for one in self.operations if one not in left_out)
        return replace(self, published=published, document=strict, operations=kept)

    def operation(self, operation_id: str) -> Operation:
        """Return an operation by its id, or raise `UnknownOperation`."""
        for operation in self.operations:
            if operation.id == operation_id:
                return operation
        raise UnknownOperation(operation_id, (operation.id for operation in self.operations))

    def list_order(self, operation_id: str) -> str:
        """Return the fact `listOrder` of an operation that lists jobs: its own, or else that of `get_finished_jobs`."""
        facts = self.operation(operation_id).behaviour
        if "listOrder" not in facts:
            facts = self.operation("get_finished_jobs").behaviour
        return facts.choice("listOrder")

    def clause(self, clause_id: str) -> Clause:
        """Return a clause by its id, or raise `ContractLookupError`."""
        for clause in self.clauses:
            if clause.id == clause_id:
                return clause
        raise ContractLookupError(
            f"Unknown clause {clause_id!r}.", hint=meant(clause_id, (clause.id for clause in self.clauses))
        )

    def schema(self, name: str) -> JsonObject:
        """Return a schema of the components, with its references, or raise `ContractLookupError`."""
        schemas: dict[str, JsonObject] = self.document.get("components", {}).get("schemas", {})
        if name not in schemas:
            raise ContractLookupError(f"Unknown schema {name!r}.", hint=meant(name, schemas, "Known schemas"))
        return schemas[name]

    def resolve(self, node: Any) -> Any:
        """Return a node of the document, or what it refers to if it is a `$ref`; chains of references are followed.

        References deeper inside the node are kept. Raises `DocumentError`.
        """
        return resolve(self.document, node)

    def forms(self, schema: Any) -> list[JsonObject]:
        """Return the `oneOf` or `anyOf` of a schema or reference; an empty list if one is not an object or array."""
        resolved = self.resolve(schema)
        forms: list[JsonObject] = resolved.get("oneOf") or resolved.get("anyOf") or []
        return forms if all(self.resolve(form).get("type") in {"object", "array"} for form in forms) else []

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
