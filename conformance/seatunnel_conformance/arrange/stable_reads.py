"""Repeated reads: until two agree, on a cluster on which foreign jobs start and end, or for a median time."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable
from statistics import median
from typing import Any, Final, TypeVar

from seatunnel_conformance.errors import LimitMissed
from seatunnel_conformance.report.text import counted
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response

LIMIT: Final = 10.0
"""Seconds to wait for two equal reads."""

PAUSE: Final = 0.1

_Read = TypeVar("_Read")


def at_rest(read: Callable[[], _Read], between: Callable[[], Any]) -> tuple[_Read, Any]:
    """Call `read`, `between` and `read` until both reads are equal; return the read and the result of `between`.

    Raises `LimitMissed` on a cluster that changes all the time.
    """
    deadline = time.monotonic() + LIMIT
    while True:
        before, found, after = read(), between(), read()
        if before == after:
            return before, found
        if time.monotonic() > deadline:
            raise LimitMissed("a moment in which no job of the cluster starts or ends", LIMIT, str(after)[:200])
        time.sleep(PAUSE)


_MORE_READS: Final = 3


def settled(
    read: Callable[[], tuple[_Read, _Read]], agree: Callable[[_Read, _Read], bool] = operator.eq, pause: float = PAUSE
) -> tuple[_Read, _Read]:
    """Return the two values of `read`, which is called a few times more while they do not agree.

    Between two parts of one read a job may start, end, or begin to wait, but hardly in every attempt.
    """
    found, expected = read()
    for _ in range(_MORE_READS):
        if agree(found, expected):
            break
        time.sleep(pause)
        found, expected = read()
    return found, expected


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
    """Return the time of a list of jobs, and add it to the figures with the number of jobs.

    It is that of the last read of any check; if that was slow, another read may show that it was an exception.
    """
    read = target.listed(path, 0.0)
    for _ in range(_READINGS - 1):
        if read.seconds < LIST_LIMIT:
            break
        read = target.get(path)
    figures.append(f"{milliseconds(read.seconds)} for {counted(len(read.items), 'job')}")
    return read.seconds
