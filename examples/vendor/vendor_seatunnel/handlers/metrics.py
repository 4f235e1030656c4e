"""The operations tagged metrics. Edit this file: the generator only appends functions of new operations."""

from __future__ import annotations

from seatunnel_server.hosting import Answer


async def get_metrics() -> str | Answer:
    """Get the metrics of a node: GET /metrics.

    Clauses:
    - metrics.text (MUST): The response is `text/plain` in the format of Prometheus, and empty while telemetry is
      off.
    - metrics.accept-ignored (SHOULD): A client that accepts OpenMetrics still gets the format of Prometheus.
    - metrics.jobs-by-state (SHOULD): With telemetry on, the master counts its jobs by state under `job_count`.
    """
    return Answer("", content_type="text/plain")


async def get_openmetrics() -> str | Answer:
    """Get the metrics of a node as OpenMetrics: GET /openmetrics.

    Clauses:
    - openmetrics.text (MUST): The response is `text/plain` in the format of OpenMetrics, and only its end mark
      while telemetry is off.
    """
    return Answer("# EOF\n", content_type="text/plain")
