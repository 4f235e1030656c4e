"""`Endpoint`: an operation with everything that serves it. `Call`: a request to an operation, as handlers see it."""

from __future__ import annotations

import asyncio
import builtins
import inspect
import keyword
import re
from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final, TypeVar

from starlette.types import Scope

from seatunnel_openapi import words
from seatunnel_openapi.contract import Behaviour, Contract, Operation
from seatunnel_openapi.files import json_or
from seatunnel_server.api.present import Presenter
from seatunnel_server.api.validation import ResponseValidator, Schema, SchemaCompiler
from seatunnel_server.engine.config import ShadeRules
from seatunnel_server.engine.domain import LogFile
from seatunnel_server.engine.errors import IllegalArgument, InvalidNumber
from seatunnel_server.engine.port import Engine, Node
from seatunnel_server.errors import UnsupportedContentType
from seatunnel_server.http.replies import Handler, Reading, Reply
from seatunnel_server.http.request import (
    NO_MEDIA_TYPE,
    TEXT_LIMIT,
    BrokenQuery,
    MediaType,
    QueryParameters,
    RequestBody,
    TextTooLong,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter: where its text is read from, and the schema that the text must pass."""

    argument: str
    name: str
    read: Callable[[Call], Any] = field(repr=False)
    required: bool = False
    kind: str = "string"
    schema: Schema | None = field(default=None, repr=False)
    in_query: bool = False

    def check(self, call: Call) -> None:
        """Validate the request's value. Raises `IllegalArgument`."""
        value = self.read(call)
        if value is None or (value == "" and self.required):
            if self.required:
                raise IllegalArgument(f"The {self.name} must not be empty.")
        elif self.schema is not None and self.schema.refusal(typed(value, self.kind)) is not None:
            raise InvalidNumber(value)


@dataclass(frozen=True, eq=False)
class Endpoint:
    """An operation, the node that serves it, and how its requests are read and its responses written."""

    operation: Operation
    node: Node
    handler: Handler = field(repr=False)
    reading: Reading
    presenter: Presenter = field(repr=False)
    parameters: tuple[Parameter, ...]
    body_schema: Schema | None = field(repr=False)
    shade: ShadeRules
    content_types: tuple[str, ...] = ()
    """The content types that a body may have; empty if any is accepted."""
    validator: ResponseValidator | None = field(default=None, repr=False)
    """The validator of responses; None if they are not validated."""
    absent: Mapping[str, None] = field(init=False, repr=False)
    """The handler's arguments for parameters that this release does not have, each with the value None."""

    def __post_init__(self) -> None:
        known = {parameter.argument for parameter in self.parameters}
        absent = dict.fromkeys(name for name in inspect.signature(self.handler).parameters if name not in known)
        object.__setattr__(self, "absent", absent)

    @property
    def takes_body(self) -> bool:
        """Whether a request has a body that is read."""
        return self.operation.request_body is not None

    def check(self, call: Call) -> None:
        """Validate the parameters of a request.

        Raises what `Parameter.check` raises, and `BrokenQuery` even if no parameter is read from the query.
        """
        if call.scope["query_string"] and not self.reading.body_first:
            call.query  # noqa: B018 - reading it may raise `BrokenQuery`
        for parameter in self.parameters:
            if not (self.reading.late if parameter.in_query else self.reading.own_path):
                parameter.check(call)

    def arguments(self, call: Call) -> dict[str, Any]:
        """Return the handler's arguments: each parameter as text, None when it was not sent or does not exist.

        If the query can't be read, a handler that reads the body first gets None for all parameters. Later, it raises
        `BrokenQuery` when it reads `Call.query`.
        """
        try:
            return {**self.absent, **{parameter.argument: parameter.read(call) for parameter in self.parameters}}
        except BrokenQuery:
            if not self.reading.body_first:
                raise
            return {**self.absent, **{parameter.argument: None for parameter in self.parameters}}


_T = TypeVar("_T")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:\d+)?", re.ASCII)
_LARGE: Final = 2**16
"""The most bytes of a body that is parsed in the event loop."""
# Bodies are read one after the other: several at once would only hold more memory and share one interpreter.
_READER: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")


@dataclass(slots=True, eq=False)
class Call:
    """One request to one operation, from its routing to its response; query and body are read when they are needed.

    `path_value` is the value of the operation's path parameter: decoded, except where the handler reads the raw path.
    `content` is the request body's bytes, `media_type` their content type. `refusal` says why the contract's schema
    refuses the body; it is None until `body` has read the body. The response to a request with a refusal must not be a
    success.
    """

    endpoint: Endpoint
    scope: Scope
    loop: AbstractEventLoop
    path_value: str = ""
    content: bytes = b""
    media_type: MediaType = NO_MEDIA_TYPE
    refusal: str | None = None
    _query: QueryParameters | None = None

    @property
    def query(self) -> QueryParameters:
        """The query parameters. Raises `BrokenQuery` when they are first read."""
        if self._query is None:
            self._query = QueryParameters(self.scope["query_string"])
        return self._query

    def header(self, wanted: bytes) -> str:
        """Return the value of the first header with a name, given in lower case; empty if there is none."""
        return next((value.decode("latin-1") for name, value in self.scope["headers"] if name == wanted), "")

    def address_of(self, file: LogFile) -> str:
        """Return the URL of a log file: at its node, or at the gateway by the client's scheme and host."""
        scheme, host = self.scope["scheme"], file.node
        if file.linked_at:
            named = self.header(b"host")
            scheme = "https" if self.header(b"x-forwarded-proto") == "https" else scheme
            host = named if _HOST.fullmatch(named) else file.linked_at
        return f"{scheme}://{host}{self.present.context_path}/logs/{file.name}"

    async def read(self, read: Callable[[], _T]) -> _T:
        """Return the result of `read`, which parses the request body; for a large body it is called in a thread."""
        if len(self.content) <= _LARGE:
            return read()
        return await asyncio.get_running_loop().run_in_executor(_READER, read)

    def text(self) -> str:
        """Return the request body as text, its line breaks kept. Raises `UnknownCharset` and `TextTooLong`."""
        if len(self.content) > TEXT_LIMIT:
            raise TextTooLong
        return self.content.decode(self.media_type.codec(), "replace")

    @property
    def node(self) -> Node:
        """The node that the request was sent to."""
        return self.endpoint.node

    @property
    def engine(self) -> Engine:
        """The engine that the node belongs to."""
        return self.endpoint.node.engine

    @property
    def facts(self) -> Behaviour:
        """The facts of the operation."""
        return self.endpoint.operation.behaviour

    @property
    def present(self) -> Presenter:
        """The presenter, which makes responses of this operation from values of the engine."""
        return self.endpoint.presenter

    @property
    def shade(self) -> ShadeRules:
        """The options of a job configuration that are encrypted."""
        return self.endpoint.shade

    def check_query(self) -> None:
        """Validate the query's parameters, for handlers that read the body first. Raises `InvalidNumber`."""
        for parameter in self.endpoint.parameters:
            if parameter.in_query:
                parameter.check(self)

    async def validated(self, reply: Reply) -> Reply:
        """Return the response if it conforms to the contract. Raises `ContractViolation`."""
        validator = self.endpoint.validator
        return reply if validator is None else await validator.validated(reply, self.refusal)

    def body(self) -> RequestBody:
        """Read the request body as the engine does, and set `refusal` if the contract's schema refuses it.

        Raises what `RequestBody.read` raises, and `UnsupportedContentType` where the contract demands a content type.
        """
        accepted = self.endpoint.content_types
        if accepted and self.media_type.name not in accepted:
            raise UnsupportedContentType(self.media_type.name, accepted)
        body = RequestBody.read(self.content, self.media_type)
        schema = self.endpoint.body_schema
        # Blanks are not a JSON value, so no schema applies to them.
        self.refusal = schema.refusal(body.document) if schema is not None and not body.is_blank else None
        return body


# A context variable is not state of an app: each request runs in its own context.
_CALL: ContextVar[Call] = ContextVar("seatunnel_call")


def current() -> Call:
    """Return the request that is being handled. Raises `LookupError` if there is none."""
    return _CALL.get()


def enter(call: Call) -> None:
    """Make `call` the current call in the context of this task."""
    _CALL.set(call)


def parameters_of(
    operation: Operation, reading: Reading, contract: Contract, schemas: SchemaCompiler
) -> tuple[Parameter, ...]:
    """Return the parameters of an operation, in the contract's order."""
    return tuple(_parameter(raw, operation, reading, contract, schemas) for raw in operation.parameters)


def _parameter(
    raw: Mapping[str, Any], operation: Operation, reading: Reading, contract: Contract, schemas: SchemaCompiler
) -> Parameter:
    name, schema = raw["name"], contract.resolve(raw["schema"])
    argument = snake_case(name)
    if raw["in"] == "path":
        read: Callable[[Call], Any] = attrgetter("path_value")
    elif schema.get("type") == "object":
        # All parameters of the query are part of the value, whatever their names, so there is nothing to validate.
        return Parameter(argument, name, lambda call: call.query.all())
    else:
        read = _value_of(name, first=reading.first)
    compiled = schemas.compile(raw["schema"], f"{operation.id} parameter {name}")
    required, in_query = raw.get("required", False), raw["in"] == "query"
    return Parameter(argument, name, read, required, schema.get("type", "string"), compiled, in_query)


def _value_of(name: str, *, first: bool) -> Callable[[Call], str | None]:
    return (lambda call: call.query.first(name)) if first else (lambda call: call.query.last(name))


def typed(text: str, kind: str) -> Any:
    """Return a parameter's text parsed as JSON; the text itself for a string parameter or if it is not JSON."""
    return text if kind == "string" else json_or(text, text)


def snake_case(name: str) -> str:
    """Return the name of a handler's argument: `jobIdOrFile` becomes `job_id_or_file`, `format` becomes `format_`."""
    snake = words.snake_case(name).replace("-", "_")
    return f"{snake}_" if keyword.iskeyword(snake) or hasattr(builtins, snake) else snake
