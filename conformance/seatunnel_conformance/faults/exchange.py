"""A request and its response in the proxy, with methods to change them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, Self, TypeAlias
from urllib.parse import parse_qsl, urlencode

from seatunnel_conformance.faults.messages import Message, make_response, status_line
from seatunnel_conformance.target import routes
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.target.exchange import is_readable
from seatunnel_openapi import Contract
from seatunnel_openapi.files import json_or
from seatunnel_openapi.words import Wording

JSON: Final = "application/json"
ERROR: Final = "application/json;charset=utf-8"

BAD_REQUEST: Final = 400
NOT_FOUND: Final = 404
METHOD_NOT_ALLOWED: Final = 405
SERVER_ERROR: Final = 500
NOT_IMPLEMENTED: Final = 501


class Cut(Enum):
    """The ways in which a connection ends before the response is complete."""

    CLOSE = "close"
    RESET = "reset"


Piece: TypeAlias = bytes | float | Cut
"""A step of the delivery of a response: bytes to send, seconds to wait, or an end of the connection."""


@dataclass(frozen=True, slots=True)
class ProxiedExchange:
    """A request and, once the target has responded, its response.

    `context_path` is the prefix of every path of the API. `delivery` has the steps of sending the response; if it is
    empty, the response is sent at once. `document` and `with_json` use the documented names of members. If the release
    of `connection` spells them otherwise, they are translated.
    """

    contract: Contract
    request: Message
    response: Message | None = None
    context_path: str = ""
    delivery: tuple[Piece, ...] = ()
    connection: Connection = Connection()

    # The request.

    @property
    def method(self) -> str:
        """The request's method."""
        return self.request.line.partition(" ")[0]

    @property
    def target(self) -> str:
        """The request target: path and query as sent."""
        return self.request.line.split(" ")[1]

    @property
    def is_inside(self) -> bool:
        """Whether the path is below the context path."""
        return self.target.startswith(f"{self.context_path}/")

    @property
    def path(self) -> str:
        """The path as sent, without context path and query; empty if it is not below the context path."""
        return self.target.partition("?")[0].removeprefix(self.context_path) if self.is_inside else ""

    @property
    def query(self) -> list[tuple[str, str]]:
        """The decoded query parameters, in order."""
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    @property
    def parameters(self) -> dict[str, str]:
        """The query parameters by name; if a name is repeated, its last value."""
        return dict(self.query)

    @property
    def operation_id(self) -> str:
        """The id of the requested operation; empty if no operation has this method and path."""
        operation, _ = routes.find(self.contract, self.method, self.path)
        return operation.id if operation else ""

    @property
    def value(self) -> str:
        """The decoded value of the path parameter; empty if the path has none."""
        return routes.find(self.contract, self.method, self.path)[1]

    @property
    def request_json(self) -> Any:
        """The JSON body of the request; None if it is not JSON."""
        return _json(self.request.body)

    def is_for(self, *operation_ids: str) -> bool:
        """Return whether the request is for one of these operations."""
        return self.operation_id in operation_ids

    def with_request(self, *, path: str | None = None, query: Iterable[tuple[str, str]] | None = None) -> Self:
        """Return the exchange with another path of the API or another query in the request."""
        kept = self.target.partition("?")[2]
        text = kept if query is None else urlencode(list(query))
        return self.with_target(
            self.context_path + (self.path if path is None else path) + (f"?{text}" if text else "")
        )

    def with_target(self, target: str) -> Self:
        """Return the exchange with another request target."""
        line = f"{self.method} {target} {self.request.line.rpartition(' ')[2]}"
        return self if line == self.request.line else replace(self, request=self.request.with_line(line))

    def with_request_body(self, body: Any) -> Self:
        """Return the exchange with another request body: bytes or a JSON document. The same body changes nothing."""
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        is_json = not isinstance(body, bytes) and self.request_json is not None
        same = _encoded(body) == _encoded(self.request_json) if is_json else content == self.request.body
        return self if same else replace(self, request=self.request.with_body(content))

    def with_request_header(self, name: str, value: str | None) -> Self:
        """Return the exchange with another value of a request header; None removes it."""
        request = self.request.without_header(name) if value is None else self.request.with_header(name, value)
        return replace(self, request=request)

    # The response.

    @property
    def received(self) -> Message:
        """The response. Raises `ValueError` if there is none yet."""
        if self.response is None:
            raise ValueError(f"{self.request.line} has no response yet")
        return self.response

    @property
    def status(self) -> int:
        """The status of the response."""
        return int(self.received.line.split(" ")[1])

    @property
    def ok(self) -> bool:
        """Whether the status is 200."""
        return self.status == HTTPStatus.OK

    @property
    def media_type(self) -> str:
        """The media type of the response in lower case, without parameters."""
        return self.received.header("content-type").partition(";")[0].strip().lower()

    @property
    def document(self) -> Any:
        """The JSON body of the response; None if it is not JSON."""
        found = _json(self.received.body) if self.media_type == JSON else None
        return self._wording.read(found) if self._wording else found

    @property
    def _wording(self) -> Wording | None:
        status = self.status if self.response else HTTPStatus.OK
        return self.connection.wording(self.method, self.path, status)

    def in_words_of_target(self, document: Any) -> Any:
        """Return a document with the names of members that the deployment uses instead of the documented ones."""
        return self._wording.write(document) if self._wording else document

    def _encoded(self, document: Any) -> bytes:
        return _encoded(self.in_words_of_target(document))

    @property
    def is_error(self) -> bool:
        """Whether the response is an error with a JSON object."""
        return not self.ok and isinstance(self.document, dict)

    def with_response(self, response: Message) -> Self:
        """Return the exchange with another response."""
        return replace(self, response=response)

    def with_status(self, status: int) -> Self:
        """Return the exchange with another status."""
        return replace(self, response=self.received.with_line(status_line(status)))

    def with_body(self, body: bytes) -> Self:
        """Return the exchange with another response body. For HEAD, nothing changes: its response has no body."""
        return self if self.method == "HEAD" else replace(self, response=self.received.with_body(body))

    def with_text(self, text: str) -> Self:
        """Return the exchange with another text as response body, encoded in the charset of the response."""
        return self.with_body(text.encode("latin-1" if "8859" in self.received.header("content-type") else "utf-8"))

    def with_json(self, document: Any) -> Self:
        """Return the exchange with another document as response body. The same document changes nothing."""
        # Compared as text, because 1, 1.0 and True are equal in Python. Most bodies are as they are encoded here.
        encoded = self._encoded(document)
        if encoded == self.received.body and self.media_type == JSON:
            return self
        found = self.document
        return self if found is not None and encoded == self._encoded(found) else self.with_body(encoded)

    def with_header(self, name: str, value: str | None) -> Self:
        """Return the exchange with another value of a response header; None removes it."""
        response = self.received.without_header(name) if value is None else self.received.with_header(name, value)
        return replace(self, response=response)

    def with_reply(self, status: int, document: Any, kind: str = JSON) -> Self:
        """Return the exchange with a new JSON response of the content type `kind`."""
        fields = (("Content-Type", kind),)
        return replace(
            self, response=make_response(status, fields, b"" if self.method == "HEAD" else self._encoded(document))
        )

    def with_error(self, status: int, message: str | None = "refused") -> Self:
        """Return the exchange with a new JSON response that is an error as in the contract."""
        return self.with_reply(status, {"status": "fail", "message": message}, ERROR)

    def with_delivery(self, *pieces: Piece) -> Self:
        """Return the exchange with other delivery steps."""
        return replace(self, delivery=pieces)


def _json(body: bytes) -> Any:
    return json_or(body) if is_readable(body) else None


def _encoded(document: Any) -> bytes:
    # As engines write JSON: without blanks, and with characters instead of escapes.
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def without(members: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return a copy of an object without the members of these names."""
    return {name: value for name, value in members.items() if name not in names}
