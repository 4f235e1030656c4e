"""The metrics of the node for Prometheus, sent as plain text, and the measurements of running jobs."""

from __future__ import annotations

from typing import Final

from seatunnel_server.api.endpoints import current
from seatunnel_server.api.members import milliseconds
from seatunnel_server.engine.domain import JobId
from seatunnel_server.engine.errors import InvalidNumber
from seatunnel_server.engine.javatext import LONG_RANGE, parsed
from seatunnel_server.errors import ContainerRefusal
from seatunnel_server.http.replies import Reply, reads

_DEFAULT_WINDOW: Final = 180_000
_LARGEST_WINDOW: Final = 600_000
"""The longest window for measurements, in milliseconds, like the default."""


async def get_metrics() -> Reply:
    """The samples in Prometheus' text format; empty if telemetry is off."""
    call = current()
    return call.present.text(await call.node.metrics(openmetrics=False))


async def get_openmetrics() -> Reply:
    """The samples in the OpenMetrics format; only the line `# EOF` if telemetry is off."""
    call = current()
    return call.present.text(await call.node.metrics(openmetrics=True))


async def get_realtime_jobs() -> Reply:
    """The running jobs, each with `enabled: false`, since this engine takes no measurements."""
    call = current()
    if call.path_value and call.facts.choice("subPaths") == "unknown":
        for text in call.path_value.rstrip("/").split("/")[1:2]:
            _job_id(text)
        raise ContainerRefusal(404, "Unsupported endpoint")
    return call.present.render(await call.engine.running_jobs())


@reads(late=True, own_path=True)
async def get_realtime_vertices(*, job_id: str, window_ms: str | None) -> Reply:
    """The load of a running job's vertices, with no measurements; an empty object for other jobs."""
    return await _window(job_id, window_ms)


@reads(late=True, own_path=True)
async def get_realtime_edges(*, job_id: str, window_ms: str | None) -> Reply:
    """The load of a running job's queues, with no measurements; an empty object for other jobs."""
    return await _window(job_id, window_ms)


async def _window(job_id: str, window_ms: str | None) -> Reply:
    call, wanted = current(), _job_id(job_id)
    if wanted not in [job.id for job in await call.engine.running_jobs()]:
        return call.present.render(None)
    now = milliseconds((await call.engine.queue()).now)
    return call.present.render((now - _window_length(window_ms), now))


def _job_id(text: str) -> JobId:
    try:
        return JobId.parse(text)
    except InvalidNumber:
        raise ContainerRefusal(400, "Invalid jobId") from None


def _window_length(text: str | None) -> int:
    """Return the length of a window in milliseconds, at most `_LARGEST_WINDOW`; the default if it is not a number."""
    try:
        return _DEFAULT_WINDOW if text is None else min(max(parsed(text, LONG_RANGE), 0), _LARGEST_WINDOW)
    except InvalidNumber:
        return _DEFAULT_WINDOW
