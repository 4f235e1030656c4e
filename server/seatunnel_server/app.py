"""Makes the ASGI app that serves a contract as a node of an engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from starlette.types import ASGIApp

from seatunnel_openapi.contract import Contract
from seatunnel_server.api.binding import AbstractApp, ExceptionMiddleware, Framework, connexion_app, handlers_of
from seatunnel_server.api.endpoints import Endpoint, parameters_of
from seatunnel_server.api.middlewares import AccessLog, BodyReader, ContractGuard, Delay, OwnPages, PreferredStatus
from seatunnel_server.api.present import EncodingContext, Presenter, require_responses
from seatunnel_server.api.routing import RouteTable, Routing
from seatunnel_server.api.validation import ResponseValidator, SchemaCompiler
from seatunnel_server.engine.config import ShadeRules
from seatunnel_server.engine.port import Node
from seatunnel_server.gateway.layers import Gateway
from seatunnel_server.http.auth import BasicAuthMiddleware, Credentials
from seatunnel_server.http.error_responses import ErrorResponses
from seatunnel_server.http.replies import Handler, reading_of
from seatunnel_server.http.request import BODY_LIMIT
from seatunnel_server.reference.pages import PATH as REFERENCE_PATH
from seatunnel_server.reference.pages import ReferencePages, Status
from seatunnel_server.reference.ui import WebUi

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The settings of an app; the defaults serve the contract unchanged."""

    validate_responses: bool = True
    """Whether every response is validated against the contract before it is sent. Off for load tests only."""
    context_path: str = ""
    """The prefix of every path, `/seatunnel` or empty."""
    body_limit: int = BODY_LIMIT
    """Longest request body in bytes; a longer one is answered 413."""
    bodies_limit: int = 128 * MEBIBYTE
    """Bytes of all request bodies that are held at once; a request that needs more is answered 413."""
    body_seconds: float = 30.0
    """How long a request body may take to arrive; one that takes longer is answered 400."""
    latency: float = 0.0
    """Delay of every response of an operation, in seconds, for authors of clients."""
    credentials: Credentials | None = None
    """The credentials that every request needs, if any."""
    about: Mapping[str, object] = field(default_factory=dict)
    """The description in `/_reference` of how this server runs jobs."""
    access_log: Callable[[str], object] | None = None
    """The function that writes a line of the access log; None for no access log."""
    web_ui: WebUi | None = None
    """The web UI of the engine, at the root."""
    gateway: Gateway | None = None
    """How the app behaves as a gateway to a cluster; None if the engine is in this process."""


def create_app(
    contract: Contract, node: Node, *, settings: ServerSettings | None = None, framework: Framework = "async"
) -> AbstractApp:
    """Return an ASGI app that serves a contract as a node of an engine.

    Several apps in a process share only the engine and compiled schemas. The caller closes the engine after the last
    app. Raises `FrameworkMissing`, or a subclass of `UnfitContract` if this server can't serve the contract.
    """
    handlers = handlers_of(contract.operations)
    require_responses(contract.operations)
    return assembled(contract, node, handlers, settings=settings, framework=framework)


def assembled(
    contract: Contract,
    node: Node,
    handlers: Mapping[str, Handler],
    *,
    settings: ServerSettings | None = None,
    framework: Framework = "async",
) -> AbstractApp:
    """Return the app of `create_app` with other handlers, given by operation id."""
    parts = _AppComponents.of(contract, node, handlers, settings or ServerSettings())
    return connexion_app(contract, handlers, parts.middlewares(), parts.answers, framework)


@dataclass(frozen=True, eq=False)
class _AppComponents:
    """The parts of an app."""

    contract: Contract
    node: Node
    settings: ServerSettings
    answers: ErrorResponses
    endpoints: Mapping[str, Endpoint]

    @classmethod
    def of(
        cls, contract: Contract, node: Node, handlers: Mapping[str, Handler], settings: ServerSettings
    ) -> _AppComponents:
        schemas = SchemaCompiler.of(contract)
        requires_auth = settings.credentials is not None
        context = EncodingContext(contract, schemas, settings.context_path, settings.validate_responses, requires_auth)
        endpoints = {name: _endpoint(name, handler, node, context) for name, handler in handlers.items()}
        return cls(contract, node, settings, ErrorResponses(contract.behaviour), endpoints)

    def middlewares(self) -> list[Callable[[ASGIApp], ASGIApp]]:
        """Return the layers around the operations, outermost first."""
        contract, settings, facts, tally = self.contract, self.settings, self.contract.behaviour, Counter[str]()
        path, gateway, ui = settings.context_path, settings.gateway, settings.web_ui
        return [
            *([partial(AccessLog, write=settings.access_log)] if settings.access_log is not None else []),
            ExceptionMiddleware,
            *(
                [partial(BasicAuthMiddleware, credentials=settings.credentials)]
                if settings.credentials is not None
                else []
            ),
            *([gateway.page(path)] if gateway is not None else []),
            *([partial(OwnPages, path="", status=ui.index, find=ui.find)] if ui is not None else []),
            partial(
                OwnPages,
                path=path + REFERENCE_PATH,
                status=Status(contract, self.node, path, tally, settings.about).reply,
                find=ReferencePages(contract).find,
            ),
            partial(
                Routing, table=RouteTable(self.endpoints.values(), facts), facts=facts, context_path=path, tally=tally
            ),
            *([gateway.counted()] if gateway is not None else []),
            *([partial(Delay, seconds=settings.latency)] if settings.latency else []),
            partial(BodyReader, limit=settings.body_limit, total=settings.bodies_limit, seconds=settings.body_seconds),
            *(gateway.passed_on(contract, validates=settings.validate_responses) if gateway is not None else []),
            partial(ContractGuard, answers=self.answers),
            partial(PreferredStatus, contract=contract),
        ]


def _endpoint(name: str, handler: Handler, node: Node, context: EncodingContext) -> Endpoint:
    contract = context.contract
    operation, reading = contract.operation(name), reading_of(handler)
    body = operation.request_schema()
    checked = contract.behaviour.choice("requestContentType") == "checked"
    return Endpoint(
        operation=operation,
        node=node,
        handler=handler,
        reading=reading,
        presenter=Presenter(operation, context),
        parameters=parameters_of(operation, reading, contract, context.schemas),
        body_schema=context.schemas.compile(body, f"{name} body") if body is not None else None,
        shade=ShadeRules.of(contract.operation("encrypt_config").behaviour),
        content_types=tuple((operation.request_body or {}).get("content", {})) if checked else (),
        validator=ResponseValidator(operation, contract, context.schemas) if context.validate else None,
    )
