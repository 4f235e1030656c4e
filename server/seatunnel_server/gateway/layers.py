"""What makes a gateway of an app: layers around its operations, and a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from starlette.types import ASGIApp

from seatunnel_openapi.contract import Contract
from seatunnel_server.engine.zeta.address import GatewayRules
from seatunnel_server.engine.zeta.bridge import passes_on
from seatunnel_server.engine.zeta.engine import ZetaEngine
from seatunnel_server.gateway.operations import Operations
from seatunnel_server.gateway.passing import PassThrough
from seatunnel_server.http.middlewares import OwnPages
from seatunnel_server.http.replies import Reply

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
