"""Waiting: once for each cause, then only shortly; for free slots; until two reads agree; for a median time."""

from __future__ import annotations

import operator
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from threading import Lock
from typing import Any, Final, TypeVar

from seatunnel_conformance.errors import Inconclusive, LimitMissed
from seatunnel_conformance.report.text import counted
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response

_Read = TypeVar("_Read")

SHORT: Final = 1.0
"""Seconds of a wait for something that did not come before."""

FIRST: Final = 5.0
"""Seconds of the first wait for something, if waits for other things have used up the limit."""

HOPELESS: Final = 3
"""After this many waits that reached their limit, no check waits for the same thing again."""

MARGIN: Final = 3.0
"""How many times longer than the longest successful wait a later one may take."""


@dataclass(slots=True)
class Patience:
    """The waits of a run, in seconds, by what is waited for. It can be used by several threads.

    `limit` is the longest wait. Unsuccessful waits together take about as long; later ones are short.
    """

    limit: float = 30.0
    _vain: Counter[str] = field(default_factory=Counter)
    _causes: dict[str, str] = field(default_factory=dict)
    _longest: dict[str, float] = field(default_factory=dict)
    _spent: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def seconds(self, awaited: str, most: float | None = None) -> float:
        """Return how long to wait for something, `most` at first."""
        full = self.limit if most is None else min(most, self.limit)
        with self._lock:
            vain, longest = self._vain[awaited], self._longest.get(awaited)
            if not vain:
                return full if self._spent < self.limit else min(full, max(FIRST, MARGIN * (longest or 0.0)))
            if longest is None and vain >= HOPELESS:
                return 0.0
            return min(full, max(SHORT, MARGIN * (longest or 0.0)))

    def timed_out(self, awaited: str, seconds: float, see: str = "") -> str:
        """Record that something did not come within this time. Returns the cause: `see`, or that of the first time."""
        with self._lock:
            if awaited in self._longest:
                self._causes.pop(awaited, None)
            self._vain[awaited] += 1
            self._spent += seconds
            return self._causes.setdefault(awaited, see)

    def came(self, awaited: str, seconds: float) -> None:
        """Record that something came after this time."""
        with self._lock:
            self._longest[awaited] = max(seconds, self._longest.get(awaited, 0.0))

    def poll(
        self, awaited: str, most: float, read: Callable[[], _Read], is_so: Callable[[_Read], bool], pause: float
    ) -> _Read:
        """Read until something is so, or the run no longer waits for that, and return what was read last."""
        begun, limit = time.monotonic(), self.seconds(awaited, most)
        while not is_so(found := read()):
            if (waited := time.monotonic() - begun) >= limit:
                self.timed_out(awaited, waited)
                return found
            time.sleep(pause)
        self.came(awaited, time.monotonic() - begun)
        return found

    def is_hopeless(self, awaited: str) -> bool:
        """Return whether something was waited for, and never came."""
        with self._lock:
            return bool(self._vain[awaited]) and awaited not in self._longest


NEEDED: Final = 2
"""Slots that one job of the suite needs."""

WANTED: Final = 3 * NEEDED
"""Free slots to wait for: the suite starts at most three jobs at once."""

FEWEST: Final = 2 * NEEDED
"""Free slots without which no check of jobs can run: those of the shared job, and of another one."""

SLOT_PATIENCE: Final = 5.0
"""Seconds to wait: ended jobs release their slots within one second, running foreign jobs don't."""

_PAUSE: Final = 0.1


@dataclass(slots=True)
class Slots:
    """The slots of a target.

    `fixed` becomes true when the target reports a free slot, which one with dynamic slots never does; `dynamic` tells
    that it reports no slots at all. `wanted` is the number to wait for, for `patience`
    seconds. `at_once` is the number of checks that can have jobs at the same time, beside the running job that all
    share; None for any number.
    """

    fixed: bool = False
    dynamic: bool = False
    wanted: int = WANTED
    patience: float = SLOT_PATIENCE
    at_once: int | None = None

    def wait(self, target: Target) -> None:
        """Wait until enough slots are free, for `patience` seconds at most; don't wait for dynamic slots.

        After a time-out, `wanted` is lowered to the number of free slots, but not below that of one job, and later
        waits are short.
        """
        deadline = time.monotonic() + self.patience
        while not self.dynamic and (free := self._free(target)) is not None and free < self.wanted:
            if time.monotonic() > deadline:
                self.wanted, self.patience = max(free, NEEDED), min(self.patience, SHORT)
                return
            time.sleep(_PAUSE)

    def count(self, target: Target) -> None:
        """Set `at_once`, before the run has jobs."""
        if (free := self._free(target)) is not None:
            self.at_once = max(1, (free - NEEDED) // self.wanted) if free >= FEWEST else 0

    def _free(self, target: Target) -> int | None:
        """Return the number of free slots; None if it is not known, or slots are dynamic."""
        try:
            shown = target.get("/overview").members
            free = int(shown["unassignedSlot"])
        except (Inconclusive, AssertionError, LookupError, TypeError, ValueError):
            # Other checks cover the overview.
            return None
        self.fixed |= free > 0
        self.dynamic = str(shown.get("totalSlot")) == "0"
        return free if self.fixed else None


LIMIT: Final = 10.0
"""Seconds to wait for two equal reads."""

PAUSE: Final = 0.1


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
