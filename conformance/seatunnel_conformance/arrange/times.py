"""The time that a target takes for a response. Figures are for the report; the limits are far above what is usual."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Final

from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response

LIST_LIMIT: Final = 5.0
"""Seconds for a list of jobs."""

UNKNOWN_LIMIT: Final = 1.0
"""Seconds that the response for an unknown id may take longer than that for a known one."""

_READINGS: Final = 3


def median_seconds(read: Callable[[], Response]) -> float:
    """Return the median of the times of a few responses, so that a single slow one does not count."""
    return median(read().seconds for _ in range(_READINGS))


def milliseconds(seconds: float) -> str:
    """Return a time for a figure."""
    return f"{1000 * seconds:.0f} ms"


def list_seconds(target: Target, path: str, figures: list[str]) -> float:
    """Return the time of a list of jobs, and add it to the figures with the number of jobs."""
    number = len(target.get(path).items)
    seconds = median_seconds(lambda: target.get(path))
    figures.append(f"{milliseconds(seconds)} for {number} jobs")
    return seconds
