"""The adapter over connexion, which binds each `operationId` to a handler.

Where this server departs from connexion, and why:

- Routing is that of `api/routing.py`, since the engine's servlets also answer paths below their own.
- Handlers take arguments from the current call: connexion inspects signatures and parses parameters at each request.
- Validation is that of `api/middlewares.py`: connexion builds validators at each request, skips bodies whose content
  type has a capital letter, and lets undocumented statuses, empty bodies and text pass.
- An operation is found by its plain `operationId`: connexion would put the name of the module in front.
- Credentials are checked by `http/auth.py`, since the engine requires them before it looks at the path.
- There is no Swagger page; `reference/` has one.
- A document is first validated by a compiled validator (`_validate`): connexion's validator takes half of the time of a
  start.
- The response to each exception is that of `http/error_responses.py`, since it depends on the release.
- Modules that connexion imports but a server never uses are replaced by stand-ins (`api/__init__.py`).
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

import jsonschema_rs
from connexion.apps.abstract import AbstractApp
from connexion.apps.asynchronous import AsyncApi, AsyncApp
from connexion.exceptions import ProblemException
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.exceptions import ExceptionMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.operations import AbstractOperation
from connexion.resolver import Resolver
from connexion.spec import OpenAPISpecification
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send
from werkzeug.wrappers import Response

from seatunnel_openapi.contract import Contract, Operation
from seatunnel_openapi.documents import JsonObject, walk, without_extensions
from seatunnel_server.api.endpoints import current, snake_case
from seatunnel_server.errors import FrameworkMissing, HandlerMissing, HandlerSignature
from seatunnel_server.http.error_responses import ErrorResponses, RequestInfo
from seatunnel_server.http.replies import Handler, Reply

__all__ = ["AbstractApp", "ExceptionMiddleware", "Framework", "connexion_app", "handlers_of", "routed"]

Framework: TypeAlias = Literal["async", "flask"]
Middlewares: TypeAlias = Sequence[Callable[[ASGIApp], ASGIApp]]


def connexion_app(
    contract: Contract,
    handlers: Mapping[str, Handler],
    layers: Middlewares,
    answers: ErrorResponses,
    framework: Framework,
) -> AbstractApp:
    """Return an app for the operations of a contract; `handlers` maps their ids to functions.

    `layers` are the middlewares around it, the outermost first. Raises `FrameworkMissing`.
    """
    layers = [*layers, LifespanMiddleware]
    if framework == "async":
        app, bind = AsyncApp(__name__, middlewares=layers), awaited
        app.middleware.app.api_cls = BoundApi
    else:
        # Flask is an optional dependency.
        try:
            from connexion.apps.flask import FlaskApp  # noqa: PLC0415
        except ImportError:
            raise FrameworkMissing(framework) from None
        app, bind = FlaskApp(__name__, middlewares=[*layers, ContextMiddleware]), blocking

    async def answer(request: ConnexionRequest, error: Exception) -> ConnexionResponse:
        accept, version = request.headers.get("accept"), request.scope.get("http_version", "")
        reply = answers.to(error, RequestInfo.of(request.scope, accept, version))
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reply.headers}
        if reply.content_type is not None:
            headers["content-type"] = reply.content_type
        return ConnexionResponse(status_code=reply.status, body=reply.body, headers=headers)

    for kind in (ProblemException, HTTPException, Exception):
        app.add_error_handler(kind, answer)
    functions = {name: bind(handler) for name, handler in handlers.items()}
    # A dict: connexion renders a file as a Jinja template, and job configurations hold braces.
    document = without_extensions(contract.published)
    app.add_api(document, base_path="", resolver=PlainResolver(functions.__getitem__))
    return app


_OPENAPI: Final = jsonschema_rs.Draft4Validator(OpenAPISpecification.openapi_schema)
_VALIDATE_SLOWLY: Final = OpenAPISpecification._validate_spec  # noqa: SLF001 - see `_validate`


def _validate(document: JsonObject) -> None:
    """Validate an OpenAPI document and its defaults as connexion does. Raises `InvalidSpecification`."""
    defaults = [node for _, node in walk(document) if isinstance(node, dict) and "default" in node]
    with suppress(ValueError):  # of a schema that can't be compiled
        plain = all("$ref" not in str(node) for node in defaults) and _OPENAPI.is_valid(document)
        if plain and all(jsonschema_rs.Draft4Validator(node).is_valid(node["default"]) for node in defaults):
            return
    _VALIDATE_SLOWLY(document)


OpenAPISpecification._validate_spec = staticmethod(_validate)  # noqa: SLF001 - as above


def routed(scope: Scope, operation: Operation, path: str) -> Scope:
    """Return the scope of a request for an operation, with the entries that connexion's own routing would add."""
    inner = {**scope, **_marks(operation, path)}
    if "extensions" in scope:
        inner["extensions"] = {**scope["extensions"], **inner["extensions"]}
    return inner


@lru_cache(maxsize=256)
def _marks(operation: Operation, path: str) -> Scope:
    mark = {ROUTING_CONTEXT: {"api_base_path": "", "operation_id": operation.id}}
    method = operation.method.upper()
    return {"path": path, "raw_path": path.encode(), "root_path": "", "method": method, "extensions": mark}


class PlainResolver(Resolver):
    """Connexion's resolver, without the module in front of an `operationId`."""

    def resolve_operation_id(self, operation: AbstractOperation) -> str:
        """Return the id of an operation."""
        return str(operation.operation_id)


class BoundApi(AsyncApi):
    """Connexion's async API. Its operations call the function that the resolver found, and nothing else."""

    def make_operation(self, operation: AbstractOperation) -> BoundOperation:
        """Return the operation without connexion's decorators."""
        return BoundOperation(operation.function)


class BoundOperation:
    """One operation as an ASGI app: calls its handler and sends the response."""

    __slots__ = ("_answer",)

    def __init__(self, answer: Callable[[], Awaitable[Reply]]) -> None:
        self._answer = answer

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer the current call."""
        reply = await self._answer()
        await reply.send(send)


def awaited(handler: Handler) -> Callable[[], Any]:
    """Return an async function that calls a handler for the current call and validates its response."""

    async def answer() -> Reply:
        call = current()
        return await call.validated(await handler(**call.endpoint.arguments(call)))

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


CONTROLLER = "x-openapi-router-controller"


def without_handlers(operations: Iterable[Operation]) -> list[Operation]:
    """Return the operations that name no module with a handler, such as those drafted by `learn`."""
    return [operation for operation in operations if CONTROLLER not in operation.document]


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
