"""What makes a gateway of an app: layers around its operations, and a page of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatunnel_openapi.contract import Contract, Operation
from seatunnel_server.engine.zeta.address import GatewayRules
from seatunnel_server.engine.zeta.bridge import passes_on
from seatunnel_server.engine.zeta.engine import ZetaEngine
from seatunnel_server.engine.zeta.metrics import GatewayMetrics, Metric
from seatunnel_server.errors import ClusterResponseInvalid, ContractViolation, OperationForbidden
from seatunnel_server.gateway.passing import PassThrough
from seatunnel_server.http.error_responses import status_of
from seatunnel_server.http.middlewares import OwnPages
from seatunnel_server.http.replies import Reply
from seatunnel_server.http.request import current_request


class Operations:
    """Refuses operations that are not allowed, and counts requests by operation and status."""

    def __init__(self, app: ASGIApp, *, allowed: Container[str] | None, metrics: GatewayMetrics) -> None:
        """Take the allowed operations, None for all."""
        self._app = app
        self._allowed = allowed
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on. Raises `OperationForbidden`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, operation = time.monotonic(), 0, current_request().endpoint.operation

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
            raise self._unfit(operation) from None
        except Exception as error:
            status = status or status_of(error)
            raise
        finally:
            self._metrics.add(Metric.REQUESTS, operation=operation.id, status=str(int(status)))
            self._metrics.add(Metric.SECONDS, time.monotonic() - started, operation=operation.id)

    def _unfit(self, operation: Operation) -> ClusterResponseInvalid:
        """Return the error for a response that was read, and can't be written: the cluster's values are not valid."""
        self._metrics.add(Metric.VIOLATIONS, operation=operation.id)
        made = "" if operation.method == "GET" else " The change may have been made."
        return ClusterResponseInvalid(f"What the cluster answered to {operation.id} is not valid.{made}")

    def _require_allowed(self, operation_id: str) -> None:
        if self._allowed is not None and operation_id not in self._allowed:
            raise OperationForbidden(operation_id)


METRICS_PATH: Final = "/_gateway/metrics"
"""Not `/metrics`, which is an operation of most releases."""


@dataclass(frozen=True, slots=True, eq=False)
class Gateway:
    """How a gateway to a cluster behaves."""

    engine: ZetaEngine
    rules: GatewayRules = field(default_factory=GatewayRules)

    def page(self, context_path: str) -> Callable[[ASGIApp], ASGIApp]:
        """Return the layer with the page of metrics."""
        metrics = self.engine.cluster.metrics

        def counted() -> Reply:
            return Reply((metrics.exposition().encode(),), metrics.CONTENT_TYPE)

        return partial(OwnPages, path=context_path + METRICS_PATH, status=counted, find=lambda _: None)

    def counted(self) -> Callable[[ASGIApp], ASGIApp]:
        """Return the layer behind the routing."""
        return partial(Operations, allowed=self.rules.allowed, metrics=self.engine.cluster.metrics)

    def passed_on(self, contract: Contract, *, validates: bool) -> list[Callable[[ASGIApp], ASGIApp]]:
        """Return the layer behind the reader of bodies; none if the cluster has another release."""
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
