"""`GET /openmetrics`: what the node measures, in the format of OpenMetrics."""

from __future__ import annotations

from seatunnel_conformance.checks.metrics import samples
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target


@check("openmetrics.text")
def text(target: Target) -> None:
    """A scraper takes a text without its end mark for one that was cut off."""
    answer = target.get("/openmetrics")
    samples(answer)
    assert answer.text.endswith("# EOF\n")
