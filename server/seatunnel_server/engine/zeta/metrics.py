"""The counters of a gateway, and their output in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final


class Metric(StrEnum):
    """The metrics of a gateway. All of them are counters."""

    REQUESTS = "seatunnel_gateway_requests_total"
    SECONDS = "seatunnel_gateway_request_seconds_total"
    ENGINE_REQUESTS = "seatunnel_gateway_engine_requests_total"
    ENGINE_SECONDS = "seatunnel_gateway_engine_seconds_total"
    SHARED = "seatunnel_gateway_shared_reads_total"
    VIOLATIONS = "seatunnel_gateway_violations_total"


_HELP: Final[Mapping[Metric, str]] = {
    Metric.REQUESTS: "Requests of clients, by operation and status.",
    Metric.SECONDS: "Time until requests of clients were answered, in seconds, by operation.",
    Metric.ENGINE_REQUESTS: "Requests to nodes of the cluster, by node and outcome.",
    Metric.ENGINE_SECONDS: "Time of requests to nodes of the cluster, in seconds, by node.",
    Metric.SHARED: "Reads that were answered with the response to another read.",
    Metric.VIOLATIONS: "Responses of the cluster that break the contract of its release, by operation.",
}


class GatewayMetrics:
    """Counters by metric and labels."""

    CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self) -> None:
        self._values: dict[Metric, dict[tuple[tuple[str, str], ...], float]] = {metric: {} for metric in Metric}

    def add(self, metric: Metric, amount: float = 1, **labels: str) -> None:
        """Add an amount to the counter with these labels."""
        values, key = self._values[metric], tuple(labels.items())
        values[key] = values.get(key, 0) + amount

    def value(self, metric: Metric, **labels: str) -> float:
        """Return the value of the counter with these labels; 0 if there is none."""
        return self._values[metric].get(tuple(labels.items()), 0)

    def exposition(self) -> str:
        """Return all counters in the text format of Prometheus."""
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        for metric, values in self._values.items():
            yield f"# HELP {metric} {_HELP[metric]}"
            yield f"# TYPE {metric} counter"
            for labels, value in values.items():
                shown = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels)
                yield f"{metric}{{{shown}}} {value:.9g}" if shown else f"{metric} {value:.9g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
