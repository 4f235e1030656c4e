"""What the node measures, for monitoring systems, in Prometheus' text format and as OpenMetrics.

The engine writes a comma behind the last label of the former, counts as floating point, and sends neither of the two
with a content type of its own (`metrics/metrics-enabled`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from seatunnel_server.api.endpoints import current
from seatunnel_server.engine.domain import Family
from seatunnel_server.engine.javatext import double_text
from seatunnel_server.errors import ContainerRefusal
from seatunnel_server.http.replies import Reply

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


class NotMeasured(ContainerRefusal):
    """This engine has no realtime metrics."""

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
