"""Schemas of the OpenAPI 3.0 document, compiled once for jsonschema-rs, and the validation of responses against them.

The document is converted as a whole, with its `$ref`s, so that schemas may be recursive. OpenAPI 3.0 is based on draft
4 of JSON Schema (`exclusiveMinimum` is a boolean there). Its additions, `nullable` and the ranges of `int32` and
`int64`, are converted to draft 4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from http import HTTPStatus
from typing import Any, Final

import jsonschema_rs
import orjson

from seatunnel_openapi.contract import Contract, Operation
from seatunnel_server.errors import ContractViolation, SchemaBroken
from seatunnel_server.http.replies import JSON, Reply
from seatunnel_server.http.request import MediaType

_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLES = ("items", "additionalProperties", "not")
_INNER = frozenset({*_LISTS, "items", "properties", "additionalProperties", "nullable"})
_SAYS_NOTHING = frozenset({"type", "items", "description", "title", "example", "default"})
_SHOWN = 200
_HOME = "urn:contract"
"""The URI of the components, by which all schemas refer to them."""


class Schema:
    """A compiled schema. `item` is the schema of the items of an array that has no other rules, or None.

    `accepts` returns whether it accepts a parsed JSON value; `any_text` says whether it accepts every string.
    """

    __slots__ = ("_first_error", "accepts", "any_text", "item", "where")

    def __init__(
        self,
        accepts: Callable[[Any], bool],
        first_error: Callable[[Any], tuple[str, str]],
        where: str,
        item: Schema | None,
        *,
        any_text: bool = False,
    ) -> None:
        self._first_error = first_error
        self.accepts = accepts
        self.where = where
        self.item = item
        self.any_text = any_text

    def refusal(self, value: Any) -> str | None:
        """Return why the schema refuses a parsed JSON value, in one line; None when it accepts it."""
        try:
            if self.accepts(value):
                return None
            message, path = self._first_error(value)
        except ValueError as problem:  # not JSON: a lone surrogate, nesting beyond the validator's own limit
            return f"not a JSON value: {problem}"[:_SHOWN]
        return f"{message.splitlines()[0][:_SHOWN]} at {path or '/'}"


class SchemaCompiler:
    """Compiles schemas of one document; each schema object is compiled only once.

    With `masks_values`, refusals don't show the value that was refused.
    """

    def __init__(self, document: Mapping[str, Any], *, masks_values: bool = False) -> None:
        self._mask = "the value" if masks_values else None
        self._raw = document.get("components", {}).get("schemas", {})
        components = {"schemas": {name: converted(schema) for name, schema in self._raw.items()}}
        self._registry = jsonschema_rs.Registry([(_HOME, {"components": components})], draft=jsonschema_rs.Draft4)
        self._compiled: dict[int, tuple[Mapping[str, Any], Schema]] = {}

    @classmethod
    @cache
    def of(cls, contract: Contract, *, masks_values: bool = False) -> SchemaCompiler:
        """Return the compiler of a contract's document, which all apps of the contract share."""
        return cls(contract.document, masks_values=masks_values)

    def compile(self, schema: Mapping[str, Any], where: str) -> Schema:
        """Return the compiled form of a schema of the document. Raises `SchemaBroken`."""
        schema = self.resolved(schema)
        known = self._compiled.get(id(schema))
        if known is not None:
            return known[1]
        try:
            validator = self._validator(schema)
        except (ValueError, jsonschema_rs.ValidationError) as problem:
            raise SchemaBroken(where, str(problem).splitlines()[0]) from problem
        item = None
        if schema.get("type") == "array" and "items" in schema and all(map(_says_nothing, schema)):
            item = self.compile(schema["items"], f"{where} item")
        # The raw schema is kept with its id, so that no other object can come to have that id.
        any_text = schema.get("type") == "string" and all(map(_says_nothing, schema))
        compiled = Schema(validator.is_valid, partial(self._first_error, schema), where, item, any_text=any_text)
        self._compiled[id(schema)] = (schema, compiled)
        return compiled

    def _validator(self, schema: Mapping[str, Any]) -> jsonschema_rs.Draft4Validator:
        return jsonschema_rs.Draft4Validator(
            converted(schema), validate_formats=True, registry=self._registry, offline=True, mask=self._mask
        )

    def _first_error(self, schema: Mapping[str, Any], value: Any, path: str = "") -> tuple[str, str]:
        """Return the error in the first part of a value that a schema refuses, and the path of that part.

        jsonschema-rs collects all errors before it returns the first one, which may take minutes and gigabytes.
        """
        schema = self.resolved(schema)
        for step, inner, part in _parts(schema, value):
            if not self.compile(inner, path).accepts(part):
                return self._first_error(inner, part, path + step)
        own = {key: each for key, each in schema.items() if key not in _INNER}
        own["properties"] = {name: {} for name in schema.get("properties", ())}
        own["additionalProperties"] = bool(schema.get("additionalProperties", True))
        if error := next(self._validator(own).iter_errors(value), None):
            return error.message, path
        alternatives = [self.resolved(each) for key in ("oneOf", "anyOf") for each in schema.get(key, ())]
        if len(fitting := [each for each in alternatives if self._is_of_type(each, value)]) == 1:
            return self._first_error(fitting[0], value, path)
        return "the value is not valid under any of the alternatives", path

    def _is_of_type(self, schema: Mapping[str, Any], value: Any) -> bool:
        return "type" not in schema or self._validator({"type": schema["type"]}).is_valid(value)

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the component that a reference names; any other schema as it is."""
        while "$ref" in schema:
            schema = self._raw[schema["$ref"].rpartition("/")[2]]
        return schema

    def properties(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties of a schema's `allOf` parts, followed by those that it declares itself."""
        schema = self.resolved(schema)
        found: dict[str, Any] = {}
        for part in schema.get("allOf", ()):
            found |= self.properties(part)
        found |= schema.get("properties", {})
        return found

    def properties_of_all(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties of a schema, or of all its alternatives if the first is an object."""
        alternatives = [self.properties(each) for each in (schema.get("oneOf") or schema.get("anyOf", ()))]
        if not alternatives or not alternatives[0]:
            return self.properties(schema)
        return {name: each for properties in reversed(alternatives) for name, each in properties.items()}

    def item_properties(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties of all alternatives of a schema, or, for an array, of its items."""
        schema = self.resolved(schema)
        item = self.resolved(schema.get("items", {})) if schema.get("type") == "array" else schema
        forms = [self.properties(each) for each in item.get("oneOf", (item,))]
        return {name: each for form in forms for name, each in form.items()}


def _parts(schema: Mapping[str, Any], value: Any) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Yield the subschemas for a value and its parts: the step of the path to the part, the subschema, the part."""
    yield from (("", inner, value) for inner in schema.get("allOf", ()))
    if isinstance(value, list) and "items" in schema:
        yield from ((f"/{at}", schema["items"], item) for at, item in enumerate(value))
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, member in value.items():
            if isinstance(inner := known.get(name, others), Mapping):
                yield f"/{name}", inner, member


def _says_nothing(keyword: str) -> bool:
    """Return whether a keyword adds no rule for the array as a whole, or for the content of a string."""
    return keyword in _SAYS_NOTHING or keyword.startswith("x-")


def converted(schema: Any) -> Any:
    """Return a schema of OpenAPI 3.0 as one of JSON Schema, draft 4."""
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        return {"$ref": _HOME + schema["$ref"]}
    result = {key: value for key, value in schema.items() if not key.startswith("x-") and key != "example"}
    for key in _SINGLES:
        if key in result:
            result[key] = converted(result[key])
    for key in _LISTS:
        if key in result:
            result[key] = [converted(part) for part in result[key]]
    if "properties" in result:
        result["properties"] = {name: converted(part) for name, part in result["properties"].items()}
    low, high = _RANGES.get(result.get("format", ""), (None, None))
    if low is not None:
        result.setdefault("minimum", low)
        result.setdefault("maximum", high)
    return {"anyOf": [{"type": "null"}, result]} if result.pop("nullable", False) else result


_HTML: Final = "text/html"


@dataclass(frozen=True, slots=True)
class DocumentedResponse:
    """The documented response of an operation for one status."""

    schemas: Mapping[str, Schema] = field(repr=False)
    """Schemas by media type; empty if the response has no body."""
    required_headers: frozenset[bytes] = frozenset()

    def takes_any_text(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Return whether every body is valid with these headers."""
        headers = tuple(headers)
        schema = self.schemas.get(MediaType.of(headers).name)
        return schema is not None and schema.any_text and not self.required_headers

    def problem(self, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> str | None:
        """Return why a response violates the contract; None if it doesn't."""
        headers = tuple(headers)
        absent = self.required_headers - {name.lower() for name, _ in headers}
        if absent:
            return f"the header {min(absent).decode('latin-1')} is missing"
        if not self.schemas:
            return "a body where none is documented" if body else None
        media_type = MediaType.of(headers)
        if not body and not media_type.name and (JSON not in self.schemas or _HTML in self.schemas):
            return None  # an error without a page: the servlet container has none that the client accepts
        schema = self.schemas.get(media_type.name)
        if schema is None:
            return f"the content type {media_type.name or 'of nothing'!r} is not documented"
        return _refusal(schema, media_type, body)


def _refusal(schema: Schema, media_type: MediaType, body: bytes) -> str | None:
    """Return why a body is refused. A body is text if its content type is not JSON, even if its content is JSON."""
    if media_type.name != JSON:
        return schema.refusal(body.decode(media_type.charset or "utf-8", "replace"))
    try:
        return schema.refusal(orjson.loads(body))
    except orjson.JSONDecodeError as problem:
        return f"no JSON: {problem}"


class ResponseValidator:
    """Validates the responses of one operation."""

    def __init__(self, operation: Operation, contract: Contract, schemas: SchemaCompiler) -> None:
        self._operation_id = operation.id
        self._answers = {
            int(status): _documented(response, f"{operation.id} {status}", contract, schemas)
            for status, response in operation.responses.items()
            if status.isdecimal()
        }

    async def validated(self, reply: Reply, refusal: str | None) -> Reply:
        """Return the response if it is valid. Raises `ContractViolation`.

        `refusal` says why the request's body is refused, if so.
        """
        if refusal is None and self._is_validated(reply):
            return reply
        reply = await reply.collected()
        problem = self.problem(reply.status, reply.all_headers, reply.body, refusal=refusal)
        if problem is not None:
            raise ContractViolation(self._operation_id, problem)
        return reply

    def _is_validated(self, reply: Reply) -> bool:
        """Return whether a body needs no validation: every body is valid, or its schema has already accepted it."""
        answer = self._answers.get(reply.status)
        if answer is None:
            return False
        if reply.validated_by is not None:
            return answer.schemas.get(JSON) is reply.validated_by
        return answer.takes_any_text(reply.all_headers)

    def problem(
        self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes, *, refusal: str | None = None
    ) -> str | None:
        """Return why a response violates the contract; None if it doesn't.

        `refusal` says why the request's body is refused, if so. A success then violates the contract, too.
        """
        if refusal is not None and status < HTTPStatus.BAD_REQUEST:
            return f"a request body that the contract refuses was answered {status}: {refusal}"
        answer = self._answers.get(status)
        return f"the status {status} is not documented" if answer is None else answer.problem(headers, body)


def _documented(
    response: Mapping[str, Any], where: str, contract: Contract, schemas: SchemaCompiler
) -> DocumentedResponse:
    content = response.get("content", {})
    headers = {name: contract.resolve(header) for name, header in response.get("headers", {}).items()}
    return DocumentedResponse(
        {MediaType.parse(name).name: schemas.compile(body.get("schema", {}), where) for name, body in content.items()},
        frozenset(name.lower().encode("latin-1") for name, header in headers.items() if header.get("required")),
    )
