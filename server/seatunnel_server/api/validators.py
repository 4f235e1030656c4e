"""What holds requests and answers against the contract, per operation, in the shape of connexion's `validator_map`.

Compiled once at start; nothing is built for a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson

from seatunnel_openapi.contract import Contract, Operation
from seatunnel_server.api.schemas import Schema, SchemaCompiler
from seatunnel_server.http.bodies import MediaType
from seatunnel_server.http.replies import JSON

if TYPE_CHECKING:
    from seatunnel_server.api.endpoints import Endpoint

_NO_BODY: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


_HTML: Final = "text/html"


@dataclass(frozen=True, slots=True)
class DocumentedAnswer:
    """What the contract says about one status of an operation."""

    schemas: Mapping[str, Schema] = field(repr=False)
    """By media type; none when the answer has no body."""
    required_headers: frozenset[bytes] = frozenset()

    def takes_any_text(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Tell whether every body is the documented one, by these headers."""
        headers = tuple(headers)
        schema = self.schemas.get(MediaType.of(headers).name)
        return schema is not None and schema.any_text and not self.required_headers

    def problem(self, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> str | None:
        """Return why an answer is not the documented one; None when it is."""
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
    """Return why a body is refused. What is no JSON by its content type is text, whatever it looks like."""
    if media_type.name != JSON:
        return schema.refusal(body.decode(media_type.charset or "utf-8", "replace"))
    try:
        return schema.refusal(orjson.loads(body))
    except orjson.JSONDecodeError as problem:
        return f"no JSON: {problem}"


class ResponseValidator:
    """Holds the answers of one operation against what is documented."""

    def __init__(self, operation: Operation, contract: Contract, schemas: SchemaCompiler) -> None:
        self.operation_id = operation.id
        self._answers = {
            int(status): _documented(response, f"{operation.id} {status}", contract, schemas)
            for status, response in operation.responses.items()
            if status.isdecimal()
        }

    def is_proven(self, status: int, headers: Iterable[tuple[bytes, bytes]], proof: object) -> bool:
        """Tell whether a body needs no look: any text will do, or `proof` is the very schema that it has to pass."""
        answer = self._answers.get(status)
        if answer is None:
            return False
        return answer.schemas.get(JSON) is proof if proof is not None else answer.takes_any_text(headers)

    def problem(
        self, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes, *, refusal: str | None = None
    ) -> str | None:
        """Return why an answer breaks the contract; None when it keeps it.

        `refusal` is why the request's body is refused: such a request must not have been answered with success.
        """
        if refusal is not None and status < HTTPStatus.BAD_REQUEST:
            return f"a request body that the contract refuses was answered {status}: {refusal}"
        answer = self._answers.get(status)
        return f"the status {status} is not documented" if answer is None else answer.problem(headers, body)


def _documented(
    response: Mapping[str, Any], where: str, contract: Contract, schemas: SchemaCompiler
) -> DocumentedAnswer:
    content = response.get("content", {})
    headers = {name: contract.resolve(header) for name, header in response.get("headers", {}).items()}
    return DocumentedAnswer(
        {MediaType.parse(name).name: schemas.compile(body.get("schema", {}), where) for name, body in content.items()},
        frozenset(name.lower().encode("latin-1") for name, header in headers.items() if header.get("required")),
    )


def validator_map(
    endpoints: Mapping[str, Endpoint], contract: Contract, schemas: SchemaCompiler
) -> dict[str, Mapping[str, Any]]:
    """Return the validators of all operations, by kind as connexion names them, then by operation id.

    The body's validator is its schema: a body is read by the handler, because only the handler knows what the engine
    says to a wrong one.
    """
    return {
        "parameter": dict(endpoints),
        "body": {name: endpoint.body_schema for name, endpoint in endpoints.items()},
        "response": {
            name: ResponseValidator(endpoint.operation, contract, schemas) for name, endpoint in endpoints.items()
        },
    }
