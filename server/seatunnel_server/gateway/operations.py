"""Requests to operations of a gateway: which are allowed, and how they are counted."""

from __future__ import annotations

import time
from collections.abc import Container

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatunnel_server.engine.zeta.metrics import GatewayMetrics, Metric
from seatunnel_server.errors import OperationForbidden
from seatunnel_server.http.error_responses import status_of
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
        started, status, operation_id = time.monotonic(), 0, current_request().endpoint.operation.id

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            self._require_allowed(operation_id)
            await self._app(scope, receive, noting)
        except Exception as error:
            status = status or status_of(error)
            raise
        finally:
            self._metrics.add(Metric.REQUESTS, operation=operation_id, status=str(int(status)))
            self._metrics.add(Metric.SECONDS, time.monotonic() - started, operation=operation_id)

    def _require_allowed(self, operation_id: str) -> None:
        if self._allowed is not None and operation_id not in self._allowed:
            raise OperationForbidden(operation_id)
