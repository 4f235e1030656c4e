"""`GET /openmetrics`: the metrics of the node in the OpenMetrics format."""

from __future__ import annotations

from seatunnel_conformance.checks.metrics import samples
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target


@check("openmetrics.text")
def text(target: Target) -> None:
    """A scraper takes a text without the end mark for one that was cut off, and discards it."""
    response = target.get("/openmetrics")
    found = samples(response)
    *lines, end = response.text.splitlines()
    assert end == "# EOF", response
    assert response.text.endswith("\n"), response
    assert {"", "# EOF"}.isdisjoint(lines), "an empty line, or an end mark that is not at the end"
    assert found or not lines, f"no sample, but not only an end mark: {response!r}"
