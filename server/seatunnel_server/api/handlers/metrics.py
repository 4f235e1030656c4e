"""What the node measures, for monitoring systems, in Prometheus' text format and as OpenMetrics.

The engine writes a comma behind the last label of the former, counts as floating point, and sends neither of the two
with a content type of its own (`metrics/metrics-enabled`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from seatunnel_server.api.diagnosis import MeasuredWindow
from seatunnel_server.api.endpoints import current
from seatunnel_server.engine.domain import Family, JobId
from seatunnel_server.engine.errors import InvalidNumber
from seatunnel_server.engine.javatext import double_text
from seatunnel_server.errors import ContainerRefusal
from seatunnel_server.http.reading import reads
from seatunnel_server.http.replies import Reply

_DEFAULT_WINDOW: Final = 180_000
_LARGEST_WINDOW: Final = 600_000
"""Milliseconds."""

_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


class Prometheus:
    """Prometheus' text format."""

    last_comma = ","
    end = ""

    def write(self, families: Iterable[Family]) -> str:
        """Return the samples as text."""
        return "".join(f"{line}\n" for family in families for line in self._lines(family)) + self.end

    def _lines(self, family: Family) -> Iterator[str]:
        heads = [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        yield from self.ordered(heads)
        for labels, value in family.samples:
            named = ",".join(f'{name}="{text.translate(_ESCAPES)}"' for name, text in labels.items())
            suffix = "_total" if family.kind == "counter" else ""
            yield f"{family.name}{suffix}{{{named}{self.last_comma}}} {double_text(value)}"

    def ordered(self, heads: list[str]) -> list[str]:
        """Return the two lines above the samples in the order of the format."""
        return heads


class OpenMetrics(Prometheus):
    """OpenMetrics: no comma behind the last label, an end mark, the type before the help."""

    last_comma = ""
    end = "# EOF\n"

    def ordered(self, heads: list[str]) -> list[str]:
        """Return the type before the help."""
        return heads[::-1]


async def get_metrics() -> Reply:
    """The samples in Prometheus' text format; nothing when telemetry is off."""
    call = current()
    return call.present.text(Prometheus().write(await call.node.samples()))


async def get_openmetrics() -> Reply:
    """The samples as OpenMetrics; only their end when telemetry is off."""
    call = current()
    return call.present.text(OpenMetrics().write(await call.node.samples()))


async def get_realtime_jobs() -> Reply:
    """The running jobs; this engine measures the flow of none of them."""
    call = current()
    return call.present.render(await call.engine.running_jobs())


@reads(late=True, own_path=True)
async def get_realtime_vertices(*, job_id: str, window_ms: str | None) -> Reply:
    """How busy the vertices of a job were: of a running job nothing is measured here, of others nothing is known."""
    return await _window(job_id, window_ms)


@reads(late=True, own_path=True)
async def get_realtime_edges(*, job_id: str, window_ms: str | None) -> Reply:
    """How full the queues of a job were, likewise."""
    return await _window(job_id, window_ms)


async def _window(job_id: str, window_ms: str | None) -> Reply:
    call = current()
    try:
        wanted = JobId.parse(job_id)
    except InvalidNumber:
        raise ContainerRefusal(400, "Invalid jobId") from None
    if wanted not in [job.id for job in await call.engine.running_jobs()]:
        return call.present.render(None)
    now = (await call.engine.queue()).now
    return call.present.render(MeasuredWindow.of(now, _milliseconds(window_ms)))


def _milliseconds(text: str | None) -> int:
    """Return the length of a window: the default for what is no number, and at most the largest."""
    try:
        return _DEFAULT_WINDOW if text is None else min(max(JobId.parse(text).number, 0), _LARGEST_WINDOW)
    except InvalidNumber:
        return _DEFAULT_WINDOW
