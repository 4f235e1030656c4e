"""Schemas of the OpenAPI 3.0 document, compiled once for jsonschema-rs, and the validation of responses against them.

The document is converted as a whole, with its `$ref`s, so that schemas may be recursive. OpenAPI 3.0 builds on
JSON Schema's draft 4 (`exclusiveMinimum` is a truth value there); what it adds is said in draft 4's words:
`nullable` and the ranges of `int32` and `int64`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import jsonschema_rs
import orjson

from seatunnel_openapi.contract import Contract, Operation
from seatunnel_server.errors import SchemaBroken
from seatunnel_server.http.replies import JSON
from seatunnel_server.http.request import MediaType

_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLES = ("items", "additionalProperties", "not")
_SAYS_NOTHING = frozenset({"type", "items", "description", "title", "example", "default"})
_SHOWN = 200
_HOME = "urn:contract"
"""Where the components are registered, once for all schemas that refer to them."""


class Schema:
    """A compiled schema. `item` is the schema of an array's items when the array itself demands nothing else.

    `any_text` says that it accepts every string.
    """

    __slots__ = ("_validator", "any_text", "item", "where")

    def __init__(
        self, validator: jsonschema_rs.Draft4Validator, where: str, item: Schema | None, *, any_text: bool = False
    ) -> None:
        self._validator = validator
        self.where = where
        self.item = item
        self.any_text = any_text

    def refusal(self, value: Any) -> str | None:
        """Return why the schema refuses a parsed JSON value, in one line; None when it accepts it."""
        try:
            if self._validator.is_valid(value):
                return None
            error = next(iter(self._validator.iter_errors(value)), None)
        except ValueError as problem:  # not JSON: a lone surrogate, nesting beyond the validator's own limit
            return f"not a JSON value: {problem}"[:_SHOWN]
        if error is None:
            return None
        path = "/".join(map(str, error.instance_path))
        return f"{error.message.splitlines()[0][:_SHOWN]} at /{path}"


class SchemaCompiler:
    """Compiles schemas of one document; one and the same schema object is compiled once.

    With `masks_values`, no refusal has the value that was refused.
    """

    def __init__(self, document: Mapping[str, Any], *, masks_values: bool = False) -> None:
        self._mask = "the value" if masks_values else None
        self._raw = document.get("components", {}).get("schemas", {})
        components = {"schemas": {name: converted(schema) for name, schema in self._raw.items()}}
        self._registry = jsonschema_rs.Registry([(_HOME, {"components": components})], draft=jsonschema_rs.Draft4)
        self._compiled: dict[int, tuple[Mapping[str, Any], Schema]] = {}

    def compile(self, schema: Mapping[str, Any], where: str) -> Schema:
        """Return the compiled form of a schema of the document. Raises `SchemaBroken`."""
        schema = self.resolved(schema)
        known = self._compiled.get(id(schema))
        if known is not None:
            return known[1]
        try:
            validator = jsonschema_rs.Draft4Validator(
                converted(schema), validate_formats=True, registry=self._registry, offline=True, mask=self._mask
            )
        except (ValueError, jsonschema_rs.ValidationError) as problem:
            raise SchemaBroken(where, str(problem).splitlines()[0]) from problem
        item = None
        if schema.get("type") == "array" and "items" in schema and all(map(_says_nothing, schema)):
            item = self.compile(schema["items"], f"{where} item")
        # The raw schema is kept with its id, so that no other object can come to have that id.
        any_text = schema.get("type") == "string" and all(map(_says_nothing, schema))
        compiled = Schema(validator, where, item, any_text=any_text)
        self._compiled[id(schema)] = (schema, compiled)
        return compiled

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the component that a reference names; any other schema as it is."""
        while "$ref" in schema:
            schema = self._raw[schema["$ref"].rpartition("/")[2]]
        return schema

    def properties(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties that a schema declares by itself and through its `allOf` parts, those first."""
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
        """Return the properties of a schema, or of its items when it is an array of objects."""
        schema = self.resolved(schema)
        return self.properties(schema.get("items", {}) if schema.get("type") == "array" else schema)


def _says_nothing(keyword: str) -> bool:
    """Tell whether a keyword of an array's schema says no more than what its items are, and a text's nothing more."""
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
    """The contract of one status of an operation."""

    schemas: Mapping[str, Schema] = field(repr=False)
    """By media type; none when the response has no body."""
    required_headers: frozenset[bytes] = frozenset()

    def takes_any_text(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Tell whether every body is the documented one, by these headers."""
        headers = tuple(headers)
        schema = self.schemas.get(MediaType.of(headers).name)
        return schema is not None and schema.any_text and not self.required_headers

    def problem(self, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> str | None:
        """Return why a response is not the documented one; None when it is."""
        headers = tuple(headers)
        absent = self.required_headers - {name.lower() for name, _ in headers}
        if absent:
            return f"the header {min(absent).decode('latin-1')} is missing"
        if not self.schemas:
            return "a body where none is documented" if body else None
        media_type = MediaType.of(headers)
        if not body and not media_type.name and (JSON not in self.schemas or _HTML in self.schemas):
            return None  # a refusal without a page: the servlet container has none in a form that the client accepts
        schema = self.schemas.get(media_type.name)
        if schema is None:
            return f"the content type {media_type.name or 'of nothing'!r} is not documented"
        return _refusal(schema, media_type, body)


def _refusal(schema: Schema, media_type: MediaType, body: bytes) -> str | None:
    """Return why a body is refused. A body whose content type is not JSON is text, even if its content is JSON."""
    if media_type.name != JSON:
        return schema.refusal(body.decode(media_type.charset or "utf-8", "replace"))
    try:
        return schema.refusal(orjson.loads(body))
    except orjson.JSONDecodeError as problem:
        return f"no JSON: {problem}"


class ResponseValidator:
    """Holds the responses of one operation against what is documented."""

    def __init__(self, operation: Operation, contract: Contract, schemas: SchemaCompiler) -> None:
        self.operation_id = operation.id
        self._answers = {
            int(status): _documented(response, f"{operation.id} {status}", contract, schemas)
            for status, response in operation.responses.items()
            if status.isdecimal()
        }

    def is_validated(self, status: int, headers: Iterable[tuple[bytes, bytes]], validated_by: object) -> bool:
        """Return whether a body needs no validation: every string is valid, or its own schema has accepted it."""
        answer = self._answers.get(status)
        if answer is None:
            return False
        return answer.schemas.get(JSON) is validated_by if validated_by is not None else answer.takes_any_text(headers)

    def problem(
        self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes, *, refusal: str | None = None
    ) -> str | None:
        """Return why a response breaks the contract; None when it keeps it.

        `refusal` is why the request's body is refused: such a request must not have been answered with success.
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
