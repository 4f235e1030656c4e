"""A request with its answer on the way through the proxy, and what a fault can do to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, Self, TypeAlias
from urllib.parse import parse_qsl, urlencode

from seatunnel_conformance.faults.messages import Message, answer_of, status_line
from seatunnel_conformance.target import routes
from seatunnel_conformance.target.bodies import is_readable
from seatunnel_openapi import Contract

JSON: Final = "application/json"
ERROR: Final = "application/json;charset=utf-8"

BAD_REQUEST: Final = 400
NOT_FOUND: Final = 404
METHOD_NOT_ALLOWED: Final = 405
SERVER_ERROR: Final = 500
NOT_IMPLEMENTED: Final = 501


class Cut(Enum):
    """A connection that ends before the answer does: closed, or reset."""

    CLOSE = "close"
    RESET = "reset"


Piece: TypeAlias = bytes | float | Cut
"""What is done to deliver an answer: bytes are sent, a number of seconds is waited, the connection is ended."""

Change: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and its answer once there is one.

    `context_path` is what stands before every path of the API. `delivery` is how the answer goes over the wire when it
    does not go as it is.
    """

    contract: Contract
    request: Message
    answer: Message | None = None
    context_path: str = ""
    delivery: tuple[Piece, ...] = ()

    # The request.

    @property
    def method(self) -> str:
        """The request's method."""
        return self.request.line.partition(" ")[0]

    @property
    def target(self) -> str:
        """The request's target: path and query as they were sent."""
        return self.request.line.split(" ")[1]

    @property
    def is_inside(self) -> bool:
        """Whether the path lies below the context path."""
        return self.target.startswith(f"{self.context_path}/")

    @property
    def path(self) -> str:
        """The path as it was sent, without context path and query; empty when it lies outside."""
        return self.target.partition("?")[0].removeprefix(self.context_path) if self.is_inside else ""

    @property
    def query(self) -> list[tuple[str, str]]:
        """The parameters of the query, decoded, in their order."""
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the query by name; of those that are repeated the last."""
        return dict(self.query)

    @property
    def operation_id(self) -> str:
        """The id of the operation that the request is for; empty when it is for none."""
        operation, _ = routes.find(self.contract, self.method, self.path)
        return operation.id if operation else ""

    @property
    def value(self) -> str:
        """The decoded value of the path's parameter; empty when it has none."""
        return routes.find(self.contract, self.method, self.path)[1]

    @property
    def sent(self) -> Any:
        """The JSON of the request's body; None when it is none."""
        return _json(self.request.body)

    def about(self, *operation_ids: str) -> bool:
        """Tell whether the request is for one of these operations."""
        return self.operation_id in operation_ids

    def asking(self, *, path: str | None = None, query: Iterable[tuple[str, str]] | None = None) -> Self:
        """Return the exchange with a request for another path (within the API), or with another query."""
        kept = self.target.partition("?")[2]
        text = kept if query is None else urlencode(list(query))
        return self.asking_for(self.context_path + (self.path if path is None else path) + (f"?{text}" if text else ""))

    def asking_for(self, target: str) -> Self:
        """Return the exchange with a request for another target."""
        line = f"{self.method} {target} {self.request.line.rpartition(' ')[2]}"
        return self if line == self.request.line else replace(self, request=self.request.with_line(line))

    def sending(self, body: Any) -> Self:
        """Return the exchange with another request body: bytes, or a document that is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return replace(self, request=self.request.with_body(content))

    def sending_header(self, name: str, value: str | None) -> Self:
        """Return the exchange with another request header, or without it."""
        request = self.request.without_header(name) if value is None else self.request.with_header(name, value)
        return replace(self, request=request)

    # The answer.

    @property
    def received(self) -> Message:
        """The answer, which is there when an answer is looked at."""
        if self.answer is None:
            raise ValueError(f"{self.request.line} is not answered yet")
        return self.answer

    @property
    def status(self) -> int:
        """The answer's status."""
        return int(self.received.line.split(" ")[1])

    @property
    def ok(self) -> bool:
        """Whether the answer's status is 200."""
        return self.status == HTTPStatus.OK

    @property
    def media_type(self) -> str:
        """The answer's media type in lower case, without parameters."""
        return self.received.header("content-type").partition(";")[0].strip().lower()

    @property
    def document(self) -> Any:
        """The JSON of the answer's body; None when it is none."""
        return _json(self.received.body) if self.media_type == JSON else None

    @property
    def is_error(self) -> bool:
        """Whether the answer is an error in the shape that the contract has for them."""
        return not self.ok and isinstance(self.document, dict)

    def with_answer(self, answer: Message) -> Self:
        """Return the exchange with another answer."""
        return replace(self, answer=answer)

    def answering(self, status: int) -> Self:
        """Return the exchange with another status, everything else as it is."""
        return replace(self, answer=self.received.with_line(status_line(status)))

    def with_body(self, body: bytes) -> Self:
        """Return the exchange with another body in the answer; the answer to a HEAD never has one."""
        return self if self.method == "HEAD" else replace(self, answer=self.received.with_body(body))

    def with_text(self, text: str) -> Self:
        """Return the exchange with another text in the answer, in the same charset."""
        return self.with_body(text.encode("latin-1" if "8859" in self.received.header("content-type") else "utf-8"))

    def with_json(self, document: Any) -> Self:
        """Return the exchange with another document in the answer; the same document changes nothing."""
        # Compared as text: to Python, 1 and 1.0 and True are the same.
        same = self.document is not None and _encoded(document) == _encoded(self.document)
        return self if same else self.with_body(_encoded(document))

    def with_header(self, name: str, value: str | None) -> Self:
        """Return the exchange with another header in the answer, or without it."""
        answer = self.received.without_header(name) if value is None else self.received.with_header(name, value)
        return replace(self, answer=answer)

    def edited(self, change: Change) -> Self:
        """Return the exchange with a function done to the document of its answer."""
        return self.with_json(change(self.document))

    def replying(self, status: int, document: Any, kind: str = JSON) -> Self:
        """Return the exchange with an answer that is made up; the target is not asked if it was not already."""
        fields = (("Content-Type", kind),)
        return replace(self, answer=answer_of(status, fields, b"" if self.method == "HEAD" else _encoded(document)))

    def refusing(self, status: int, message: str | None = "refused") -> Self:
        """Return the exchange answered with an error in the contract's shape."""
        return self.replying(status, {"status": "fail", "message": message}, ERROR)

    def delivered(self, *pieces: Piece) -> Self:
        """Return the exchange with its answer delivered in these pieces."""
        return replace(self, delivery=pieces)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if is_readable(body) else None
    except (ValueError, RecursionError):
        return None


def _encoded(document: Any) -> bytes:
    # As engines write it: without blanks, and with every letter as it is.
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def without(members: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return an object without the members of these names."""
    return {name: value for name, value in members.items() if name not in names}
