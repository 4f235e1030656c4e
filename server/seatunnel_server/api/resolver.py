"""Handlers, found by operation id and proven to fit before anything is served."""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connexion.operations import AbstractOperation
from connexion.resolver import Resolution, Resolver
from werkzeug.wrappers import Response

from seatunnel_openapi.contract import Operation
from seatunnel_server.api.endpoints import current, snake_case
from seatunnel_server.errors import HandlerMissing, HandlerSignature
from seatunnel_server.http.reading import Handler
from seatunnel_server.http.replies import Reply

CONTROLLER = "x-openapi-router-controller"


def handlers_of(operations: Iterable[Operation]) -> dict[str, Handler]:
    """Return the handler of each operation, by operation id. Raises `HandlerMissing` and `HandlerSignature`."""
    return {operation.id: _fitting(operation) for operation in operations}


def left_over(operations: Iterable[Operation]) -> set[str]:
    """Return the handlers, dotted, that belong to none of the operations, though they stand beside handlers that do.

    What one release has no operation for another may have: ask with the operations of all of them.
    """
    named = {f"{operation.document[CONTROLLER]}.{operation.id}": operation for operation in operations}
    modules = {operation.document[CONTROLLER]: operation for operation in named.values()}
    return {
        f"{controller}.{name}"
        for controller, operation in modules.items()
        for name in _public_functions(controller, operation)
    } - named.keys()


def _public_functions(controller: str, operation: Operation) -> dict[str, Handler]:
    """Return the functions that a module defines itself and does not hide behind an underscore."""
    try:
        module = importlib.import_module(controller)
    except ModuleNotFoundError:
        raise HandlerMissing(operation.id, controller) from None
    return {
        name: function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == controller and not name.startswith("_")
    }


def _fitting(operation: Operation) -> Handler:
    controller = operation.document[CONTROLLER]
    handler = _public_functions(controller, operation).get(operation.id)
    if handler is None:
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
