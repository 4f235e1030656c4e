"""Serves a contract with functions of another project in place of the reference server's handlers.

    async def get_overview(*, tags: dict[str, str]) -> types.Overview: ...

    app = create_hosted_app(contract, {"get_overview": get_overview, ...})

Each operation is a plain function of typed arguments. Paths, methods, parameters, bodies and responses are validated
against the contract, as in the reference server. `seatunnel-v2 stubs` writes such a project.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial, wraps
from http import HTTPStatus
from typing import Any, Final, Generic, Self, TypeAlias, TypeVar, cast

import orjson
import uvicorn

from seatunnel_openapi.contract import Behaviour, Contract, Operation
from seatunnel_server.api.binding import AbstractApp, Framework
from seatunnel_server.api.endpoints import current, snake_case, typed
from seatunnel_server.app import ServerSettings, assembled
from seatunnel_server.engine.errors import EngineFailure, IllegalArgument
from seatunnel_server.engine.port import Node
from seatunnel_server.errors import ContainerRefusal, HandlerMissing, HandlerSignature, ServletRefusal, Unimplemented
from seatunnel_server.http.error_responses import ERROR_TYPE
from seatunnel_server.http.protocol import protocol_of
from seatunnel_server.http.replies import JSON, ORDINARY, Handler, Reply, reading_of, reads

__all__ = [
    "Answer",
    "EngineFailure",
    "IllegalArgument",
    "Request",
    "Unimplemented",
    "create_hosted_app",
    "reads",
    "run",
]

_Document = TypeVar("_Document")

Function: TypeAlias = Callable[..., Any]

BODY: Final = "request"
"""The name of the argument with the request's body."""


@dataclass(frozen=True, slots=True)
class Request(Generic[_Document]):
    """The body of a request; `content_type` is its media type in lower case, without parameters."""

    content: bytes = field(repr=False)
    content_type: str

    def json(self) -> _Document:
        """Return the JSON value, validated against the contract. Raises exceptions that become a 400."""
        call = current()
        document = call.body().document
        if call.refusal is not None:
            raise IllegalArgument(call.refusal)
        return cast("_Document", document)

    def text(self) -> str:
        """Return the text, decoded by the content type's charset."""
        return current().text()


@dataclass(frozen=True, slots=True)
class Answer:
    """A response with a status and a content type. If the type is None, it is the first documented one."""

    body: Any = None
    status: int = 200
    content_type: str | None = None


def create_hosted_app(
    contract: Contract,
    functions: Mapping[str, Function],
    *,
    settings: ServerSettings | None = None,
    framework: Framework = "async",
) -> AbstractApp:
    """Return an ASGI app that serves a contract with functions, by operation id.

    A function takes the operation's parameters by keyword, in snake case, and `request` if there is a body. A parameter
    that was not sent has its default, or is None. A function, plain or async, returns a value to be sent as JSON, a
    string to be sent as text, or an `Answer`. Raises `HandlerMissing` and `HandlerSignature` if the functions don't fit
    the contract.
    """
    handlers = {operation.id: _hosted(operation, functions, contract) for operation in contract.operations}
    return assembled(contract, cast(Node, Functions()), handlers, settings=settings, framework=framework)


def run(app: AbstractApp, contract: Contract, *, host: str, port: int) -> None:
    """Serve an app until interrupted; malformed requests are refused as in the contract's release."""
    sys.stdout.write(f"Serving the API of {contract.release} on http://{host}:{port}\n")
    sys.stdout.flush()
    uvicorn.run(app, host=host, port=port, http=protocol_of(contract), log_level="warning", server_header=False)


class Functions:
    """Stands for a node and its engine, which hosted functions don't use."""

    @property
    def engine(self) -> Self:
        """This object, which `/_reference` names as the engine."""
        return self


def arguments_of(operation: Operation) -> tuple[str, ...]:
    """Return the names of the arguments that the function of an operation takes."""
    names = tuple(snake_case(parameter["name"]) for parameter in operation.parameters)
    return names if operation.request_body is None else (*names, BODY)


def _hosted(operation: Operation, functions: Mapping[str, Function], contract: Contract) -> Handler:
    function = functions.get(operation.id)
    if function is None:
        raise HandlerMissing(operation.id, "functions")
    found = inspect.signature(function).parameters
    wanted = arguments_of(operation)
    if set(found) != set(wanted):
        raise HandlerSignature(operation.id, wanted, found)

    schemas = {snake_case(each["name"]): contract.resolve(each["schema"]) for each in operation.parameters}
    # A function that is declared with `reads` validates its parameters itself.
    refused = _refusal(operation, contract) if reading_of(function) is ORDINARY else None

    @wraps(function)
    async def handler(**sent: Any) -> Reply:
        if refused is not None:
            try:
                for parameter in current().endpoint.parameters:
                    parameter.check(current())
            except IllegalArgument as problem:
                raise refused(problem.message) from None
        arguments = {name: _value(sent[name], schema) for name, schema in schemas.items()}
        if operation.request_body is not None:
            call = current()
            arguments[BODY] = Request(call.content, call.media_type.name)
        answer = function(**arguments)
        return _reply(await answer if isinstance(answer, Awaitable) else answer, operation, contract.behaviour)

    return handler if refused is None else reads(late=True, own_path=True)(handler)


def _refusal(operation: Operation, contract: Contract) -> Callable[[str], Exception] | None:
    """Return a function that makes the error for a wrong parameter; None for an operation with the usual `Error`.

    It makes the servlet container's page, or an error with another word as its `status`.
    """
    content = operation.responses.get("400", {}).get("content", {})
    schema = content.get(JSON, {}).get("schema", {})
    if not content or schema.get("$ref") == "#/components/schemas/Error":
        return None
    words = contract.resolve(schema).get("properties", {}).get("status", {}).get("enum")
    return partial(ServletRefusal, 400, word=words[0]) if words else partial(ContainerRefusal, 400)


def _value(text: Any, schema: Mapping[str, Any]) -> Any:
    if text is None:
        return schema.get("default")
    return typed(text, schema.get("type", "string")) if isinstance(text, str) else text


def _reply(found: Any, operation: Operation, facts: Behaviour) -> Reply:
    answer = found if isinstance(found, Answer) else Answer(found)
    if answer.body is None and answer.content_type is None:
        return Reply(status=answer.status)
    content_type = answer.content_type or _content_type(operation, answer, facts)
    if isinstance(answer.body, bytes):
        return Reply((answer.body,), content_type, answer.status)
    if not isinstance(answer.body, str) or content_type.startswith(JSON):
        return Reply((orjson.dumps(answer.body),), content_type, answer.status)
    charset = content_type.partition("charset=")[2] or "utf-8"
    return Reply((answer.body.encode(charset, "replace"),), content_type, answer.status)


def _content_type(operation: Operation, answer: Answer, facts: Behaviour) -> str:
    """Return the first documented text type for a string, otherwise JSON, with the charset of the release."""
    documented = operation.responses.get(str(answer.status), {}).get("content", {})
    textual = [name for name in documented if not name.startswith(JSON)]
    if isinstance(answer.body, str) and textual:
        plain = textual[0] == "text/plain"
        return f"{textual[0]};charset={facts.choice('textCharset') if plain else 'utf-8'}"
    if answer.status != HTTPStatus.OK:
        return ERROR_TYPE
    charset = facts.choice("jsonCharset")
    return JSON if charset == "none" else f"{JSON};charset={charset}"
