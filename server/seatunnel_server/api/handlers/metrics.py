"""What the node measures, for monitoring systems."""

from __future__ import annotations

from seatunnel_server.api.endpoints import current
from seatunnel_server.api.exposition import OpenMetrics, Prometheus
from seatunnel_server.errors import ContainerRefusal
from seatunnel_server.http.replies import Reply


class NotMeasured(ContainerRefusal):
    """The flow of jobs is asked for, and this engine does not measure it."""

    def __init__(self) -> None:
        super().__init__(503, "Realtime metrics are disabled")


async def get_metrics() -> Reply:
    """The samples in Prometheus' text format; nothing when telemetry is off."""
    call = current()
    return call.present.text(Prometheus().write(await call.engine.samples()))


async def get_openmetrics() -> Reply:
    """The samples as OpenMetrics; only their end when telemetry is off."""
    call = current()
    return call.present.text(OpenMetrics().write(await call.engine.samples()))


async def get_realtime_jobs() -> Reply:
    """The jobs whose flow is measured; this engine measures none."""
    raise NotMeasured


async def get_realtime_vertices(*, job_id: str, window_ms: str | None) -> Reply:  # noqa: ARG001 - as above
    """How busy the vertices of a job were."""
    raise NotMeasured


async def get_realtime_edges(*, job_id: str, window_ms: str | None) -> Reply:  # noqa: ARG001 - as above
    """How full the queues of a job were."""
    raise NotMeasured
