"""The middlewares of a gateway, and its page of metrics."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatunnel_openapi.contract import Contract, Operation
from seatunnel_server.api.endpoints import Call, current
from seatunnel_server.api.middlewares import OwnPages
from seatunnel_server.api.validation import ResponseValidator, SchemaCompiler
from seatunnel_server.engine.zeta.bridge import KEPT, PINNED, PURE, passes_on
from seatunnel_server.engine.zeta.cluster import ChangeBody, ClusterClient, NodeResponse, is_of_the_api
from seatunnel_server.engine.zeta.engine import ZetaEngine
from seatunnel_server.engine.zeta.metrics import GatewayMetrics, Metric
from seatunnel_server.engine.zeta.wire import excess_of
from seatunnel_server.errors import ClusterResponseInvalid, ContractViolation, OperationForbidden
from seatunnel_server.gateway.rules import GatewayRules, OnViolation
from seatunnel_server.http.error_responses import status_of
from seatunnel_server.http.replies import JSON, Reply

logger = logging.getLogger(__name__)

HEADER: Final = b"x-seatunnel-violation"
"""The header of a marked response, with the violation as its value."""

_SHOWN: Final = 200
_QUIET_SECONDS: Final = 60.0
"""The least seconds between two log lines about violations of an operation."""
_VERDICTS: Final = 512
"""The most responses whose result of validation is cached."""
_OWN_HEADERS: Final = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"),
        *(b"content-length", b"content-type", b"date", b"server", b"set-cookie"),
        *(b"www-authenticate", b"proxy-authenticate"),
    }
)
"""Headers of the cluster's responses that are not sent to clients: they are for one connection, or set here."""
_UNRESERVED: Final = "/:@!$&'()*+,="
"""Characters of a path parameter that are not escaped."""


class PassThrough:
    """Sends requests to the cluster, and its responses to the client, without calling a handler.

    Requests for logs are passed on to the handlers: links must lead to the gateway, and each node has its own logs.
    """

    def __init__(
        self, app: ASGIApp, *, cluster: ClusterClient, contract: Contract, on_violation: OnViolation, validates: bool
    ) -> None:
        self._app = app
        self._cluster = cluster
        self._on_violation = on_violation
        self._release = contract.release
        schemas = SchemaCompiler.of(contract, masks_values=True)
        operations = contract.operations if validates else ()
        self._rules = {each.id: _Rules(each, contract, schemas) for each in operations if each.id not in KEPT}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the cluster's response, or pass a request for logs on. Raises `ClusterError`."""
        request = current() if scope["type"] == "http" else None
        if request is None or request.endpoint.operation.id in KEPT:
            await self._app(scope, receive, send)
            return
        rules = self._rules.get(request.endpoint.operation.id)
        answer = await self._asked(request, rules)
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED}:
            raise ClusterResponseInvalid(f"The node {answer.node} answered {answer.status}.")
        problem = rules.problem(answer) if rules is not None else None
        await self._reply(request, answer, problem).send(send)

    async def _asked(self, request: Call, rules: _Rules | None) -> NodeResponse:
        operation = request.endpoint.operation
        target = _target(request, operation)
        url = self._cluster.address.urls[0] if operation.id in PINNED else ""
        if operation.method == "GET":
            accept, answers = request.header(b"accept"), rules.answers if rules is not None else is_of_the_api
            if url:
                return await self._cluster.read_at(url, target, accept, answers=answers)
            return await self._cluster.read_target(target, accept, answers=answers)
        send = self._cluster.send_once if operation.id in PURE else self._cluster.change
        body = ChangeBody(request.content, request.media_type.header)
        return await send(operation.method, target, body, url=url)

    def _reply(self, request: Call, answer: NodeResponse, problem: str | None) -> Reply:
        headers = tuple(it for it in answer.headers if it[0] not in _OWN_HEADERS)
        if problem is not None:
            operation = request.endpoint.operation
            self._report(operation.id, answer, problem)
            if self._on_violation is OnViolation.REFUSE:
                made = "" if operation.method == "GET" or operation.id in PURE else " The change may have been made."
                raise ClusterResponseInvalid(
                    f"The response of the node {answer.node} breaks the contract of {self._release}: {problem}.{made}"
                )
            if self._on_violation is OnViolation.MARK:
                headers = (*headers, (HEADER, problem.encode("ascii", "replace")))
        return Reply((answer.body,), answer.content_type or None, answer.status, headers)

    def _report(self, operation_id: str, answer: NodeResponse, problem: str) -> None:
        metrics = self._cluster.metrics
        metrics.add(Metric.VIOLATIONS, operation=operation_id)
        if self._rules[operation_id].may_be_logged():
            number = metrics.value(Metric.VIOLATIONS, operation=operation_id)
            logger.warning(
                "Contract violation %d of %s, by the node %s with status %d: %s",
                *(number, operation_id, answer.node, answer.status, problem),
            )


def _target(request: Call, operation: Operation) -> str:
    """Return the path in a normalized form, which gateway and cluster read in the same way, and the query unchanged."""
    before, brace, behind = operation.path.partition("{")
    path = before + (quote(request.path_value, _UNRESERVED) + behind.partition("}")[2] if brace else "")
    query = request.scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


class _Rules:
    """Validates the responses of an operation; the results are cached."""

    def __init__(self, operation: Operation, contract: Contract, schemas: SchemaCompiler) -> None:
        self._validator = ResponseValidator(operation, contract, schemas)
        self._verdicts: dict[tuple[int, str, int], str | None] = {}
        self._logged = -_QUIET_SECONDS

    def problem(self, answer: NodeResponse) -> str | None:
        """Return the violation in a response, without values from the response; None if it is valid."""
        key = answer.status, answer.content_type, hash(answer.body)
        if key not in self._verdicts:
            if len(self._verdicts) >= _VERDICTS:
                self._verdicts.clear()
            found = excess_of(answer.body) if JSON in answer.content_type.lower() else None
            found = found or self._validator.problem(answer.status, answer.headers, answer.body)
            self._verdicts[key] = found and " ".join(found.split())[:_SHOWN]
        return self._verdicts[key]

    def answers(self, answer: NodeResponse) -> bool:
        """Return whether a server error is a response of the API: it has the error format, or is documented."""
        return is_of_the_api(answer) or self.problem(answer) is None

    def may_be_logged(self) -> bool:
        """Return whether the last logged violation is old enough to log another one now; if so, remember the time."""
        now = time.monotonic()
        if now - self._logged < _QUIET_SECONDS:
            return False
        self._logged = now
        return True


class Operations:
    """Refuses operations that are not allowed, and counts requests by operation and status."""

    def __init__(self, app: ASGIApp, *, allowed: Container[str] | None, metrics: GatewayMetrics) -> None:
        """Take the ids of the allowed operations, None for all."""
        self._app = app
        self._allowed = allowed
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on. Raises `OperationForbidden`, and `ClusterResponseInvalid` for a `ContractViolation`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, operation = time.monotonic(), 0, current().endpoint.operation

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            self._require_allowed(operation.id)
            await self._app(scope, receive, noting)
        except ContractViolation:
            status = HTTPStatus.BAD_GATEWAY
            self._metrics.add(Metric.VIOLATIONS, operation=operation.id)
            made = "" if operation.method == "GET" else " The change may have been made."
            raise ClusterResponseInvalid(f"What the cluster answered to {operation.id} is not valid.{made}") from None
        except Exception as error:  # counted, whatever it is, and raised again
            status = status or status_of(error)
            raise
        finally:
            self._metrics.add(Metric.REQUESTS, operation=operation.id, status=str(int(status)))
            self._metrics.add(Metric.SECONDS, time.monotonic() - started, operation=operation.id)

    def _require_allowed(self, operation_id: str) -> None:
        if self._allowed is not None and operation_id not in self._allowed:
            raise OperationForbidden(operation_id)


METRICS_PATH: Final = "/_gateway/metrics"
"""The path of the gateway's metrics; `/metrics` is an operation of most releases."""


@dataclass(frozen=True, slots=True, eq=False)
class Gateway:
    """The middlewares of a gateway to a cluster."""

    engine: ZetaEngine
    rules: GatewayRules = field(default_factory=GatewayRules)

    def page(self, context_path: str) -> Callable[[ASGIApp], ASGIApp]:
        """Return the middleware that serves the page of metrics."""
        metrics = self.engine.cluster.metrics

        def counted() -> Reply:
            return Reply((metrics.exposition().encode(),), metrics.CONTENT_TYPE)

        return partial(OwnPages, path=context_path + METRICS_PATH, status=counted, find=lambda _: None)

    def counted(self) -> Callable[[ASGIApp], ASGIApp]:
        """Return the middleware after the routing, which counts requests and refuses operations."""
        return partial(Operations, allowed=self.rules.allowed, metrics=self.engine.cluster.metrics)

    def passed_on(self, contract: Contract, *, validates: bool) -> list[Callable[[ASGIApp], ASGIApp]]:
        """Return the middleware that sends requests to a cluster; empty if the cluster has another release."""
        if not passes_on(contract, self.engine.contract):
            return []
        cluster = self.engine.cluster
        return [
            partial(
                PassThrough,
                cluster=cluster,
                contract=contract,
                on_violation=self.rules.on_violation,
                validates=validates,
            )
        ]
