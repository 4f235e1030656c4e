"""Replacements for parts of connexion: handlers by operation id, and operations and middlewares that run them.

Connexion decorates a handler for every request: it inspects its signature, parses parameters, infers a content type.
Handlers of this server take their arguments from the call and return ready bytes, so all that is left is to send them.
Its validating middlewares build a validator for every request, skip bodies whose content type has a capital letter, and
let undocumented statuses, empty bodies and text pass. These have validators that were compiled once at start.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from connexion.apps.asynchronous import AsyncApi
from connexion.operations import AbstractOperation
from connexion.resolver import Resolution, Resolver
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.wrappers import Response

from seatunnel_openapi.contract import Operation
from seatunnel_server.api.endpoints import current, snake_case
from seatunnel_server.api.validation import ResponseValidator
from seatunnel_server.errors import ClusterError, ContractViolation, HandlerMissing, HandlerSignature, Unimplemented
from seatunnel_server.http.error_responses import ErrorResponses, RequestInfo
from seatunnel_server.http.replies import Handler, Reply, messages


class BoundOperation:
    """One operation: its handler, and nothing in between."""

    __slots__ = ("_answer",)

    def __init__(self, answer: Callable[[], Awaitable[Reply]]) -> None:
        self._answer = answer

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer the current call."""
        reply = await self._answer()
        await reply.send(send)


class BoundApi(AsyncApi):
    """Connexion's async API; the resolver still says which function an operation is bound to."""

    def make_operation(self, operation: AbstractOperation) -> BoundOperation:
        """Return the operation without connexion's decorators."""
        return BoundOperation(operation.function)


CONTROLLER = "x-openapi-router-controller"


def handlers_of(operations: Iterable[Operation]) -> dict[str, Handler]:
    """Return the handler of each operation, by operation id. Raises `HandlerMissing` and `HandlerSignature`."""
    return {operation.id: _fitting(operation) for operation in operations}


def _fitting(operation: Operation) -> Handler:
    controller = operation.document[CONTROLLER]
    try:
        handler = getattr(importlib.import_module(controller), operation.id, None)
    except ModuleNotFoundError:
        raise HandlerMissing(operation.id, controller) from None
    # A function that the module only imports is no handler.
    if not inspect.isfunction(handler) or handler.__module__ != controller:
        raise HandlerMissing(operation.id, controller)
    wanted = [snake_case(parameter["name"]) for parameter in operation.parameters]
    signature = inspect.signature(handler).parameters
    keyword_only = all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in signature.values())
    # A handler may know parameters that only other releases have.
    if not inspect.iscoroutinefunction(handler) or not keyword_only or not signature.keys() >= set(wanted):
        raise HandlerSignature(operation.id, wanted, signature)
    return handler


class HandlerResolver(Resolver):
    """Connexion's resolver over handlers that are known already: an operation is known by its plain `operationId`."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__()
        self._functions = functions

    def resolve(self, operation: AbstractOperation) -> Resolution:
        """Return the function of an operation."""
        name = operation._operation["operationId"]  # noqa: SLF001 - the public property is set from this very call
        return Resolution(self._functions[name], name)


def awaited(handler: Handler) -> Callable[[], Any]:
    """Return a handler as an async function of no arguments, which takes them from the current call."""

    async def answer() -> Reply:
        call = current()
        return await handler(**call.endpoint.arguments(call))

    return answer


def blocking(handler: Handler) -> Callable[[], Response]:
    """Return a handler as a plain function, for frameworks that run in threads.

    The engine lives on the loop that received the request; the handler runs there while this thread waits.
    """
    answer = awaited(handler)

    async def collected() -> Reply:
        reply: Reply = await answer()
        return await reply.collected()

    def wait(**_path_parameters: Any) -> Response:
        reply: Reply = asyncio.run_coroutine_threadsafe(collected(), current().loop).result()
        response = Response(reply.body, int(reply.status), content_type=reply.content_type)
        if reply.content_type is None:
            del response.headers["content-type"]  # werkzeug's own default
        return response

    return wait


class RequestCheck:
    """Refuses a request whose parameters are not what the contract declares."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on. Raises what `Endpoint.check` raises."""
        if scope["type"] == "http":
            call = current()
            call.endpoint.check(call)
        await self._app(scope, receive, send)


class ResponseGuard:
    """Sends a response only if the contract has it; turns exceptions into responses first.

    Without `validators`, which are those of the operations by their ids, it only does the latter.
    """

    def __init__(self, app: ASGIApp, *, validators: Mapping[str, ResponseValidator], answers: ErrorResponses) -> None:
        self._app = app
        self._validators = validators
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its response back. Raises `ContractViolation`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = _Gate(self._validators[current().endpoint.operation.id], send).pass_on if self._validators else send
        try:
            await self._app(scope, receive, guarded)
        except (ClusterError, ContractViolation, Unimplemented):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler raises has a response in the table
            reply = self._answers.to(error, RequestInfo(scope["method"], scope["path"], _accept(scope)))
            await reply.send(guarded)


def _accept(scope: Scope) -> str | None:
    return next((value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"accept"), None)


class _Gate:
    """Delays one response until it is validated."""

    __slots__ = ("_body", "_open", "_send", "_start", "_validator")

    def __init__(self, validator: ResponseValidator, send: Send) -> None:
        self._validator = validator
        self._send = send
        self._start: Message | None = None
        self._body: list[bytes] = []
        self._open = False

    async def pass_on(self, message: Message) -> None:
        """Pass a message on, now or, when it must be looked at first, with the last one. Raises `ContractViolation`."""
        if self._open:
            await self._send(message)
        elif message["type"] == "http.response.start":
            self._start = message
            validated_by = message.pop("validated_by", None)
            if current().refusal is None:
                self._open = self._validator.is_validated(message["status"], message["headers"], validated_by)
            if self._open:
                await self._send(message)
        else:
            self._body.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._check_and_send()

    async def _check_and_send(self) -> None:
        if self._start is None:
            raise ContractViolation(self._validator.operation_id, "a body without a status")
        body, start = b"".join(self._body), self._start
        problem = self._validator.problem(start["status"], start["headers"], body, refusal=current().refusal)
        if problem is not None:
            raise ContractViolation(self._validator.operation_id, problem)
        await self._send(start)
        for message in messages(body):
            await self._send(message)
