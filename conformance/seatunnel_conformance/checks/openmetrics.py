"""`GET /openmetrics`: the metrics of the node in the OpenMetrics format."""

from __future__ import annotations

from seatunnel_conformance.checks.metrics import samples
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target


@check("openmetrics.text")
def text(target: Target) -> None:
    """A scraper takes a text without its end mark for one that was cut off."""
    response = target.get("/openmetrics")
    samples(response)
    assert response.text.endswith("# EOF\n")
