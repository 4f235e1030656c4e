"""Waits for states that may never come, for free slots and for two equal reads; and measures response times."""

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
"""Seconds to wait for something if an earlier wait for it was unsuccessful."""

FIRST: Final = 5.0
"""Seconds of the first wait for something if unsuccessful waits for other things have used up the limit."""

HOPELESS: Final = 3
"""After this many unsuccessful waits for something that never came, no check waits for it again."""

MARGIN: Final = 3.0
"""After an unsuccessful wait, a later one may take this many times as long as the longest successful one."""


def polled(read: Callable[[], _Read], is_so: Callable[[_Read], object], seconds: float, pause: float) -> _Read:
    """Call `read` until `is_so` returns true for its result, or the time is over, and return the last result."""
    until = time.monotonic() + seconds
    while not is_so(found := read()) and time.monotonic() < until:
        time.sleep(pause)
    return found


@dataclass(slots=True)
class Patience:
    """Decides how long a run waits, in seconds. Each wait has a name, such as "the end of a job".

    `limit` is the maximum length of a wait. When unsuccessful waits have taken `limit` seconds in total, later waits
    are short. The class is thread-safe.
    """

    limit: float = 30.0
    _vain: Counter[str] = field(default_factory=Counter)
    _causes: dict[str, str] = field(default_factory=dict)
    _longest: dict[str, float] = field(default_factory=dict)
    _spent: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def seconds(self, awaited: str, most: float | None = None) -> float:
        """Return the number of seconds to wait for something; the first time, at most `most` or the limit."""
        full = self.limit if most is None else min(most, self.limit)
        with self._lock:
            vain, longest = self._vain[awaited], self._longest.get(awaited)
            if not vain:
                return full if self._spent < self.limit else min(full, max(FIRST, MARGIN * (longest or 0.0)))
            if longest is None and vain >= HOPELESS:
                return 0.0
            return min(full, max(SHORT, MARGIN * (longest or 0.0)))

    def timed_out(self, awaited: str, seconds: float, see: str = "") -> str:
        """Record an unsuccessful wait, and return the `see` of the first unsuccessful one, which is the cause.

        `see` is the id of the clause or check that reports the cause.
        """
        with self._lock:
            if awaited in self._longest:
                self._causes.pop(awaited, None)
            self._vain[awaited] += 1
            self._spent += seconds
            return self._causes.setdefault(awaited, see)

    def came(self, awaited: str, seconds: float) -> None:
        """Record a successful wait of this length."""
        with self._lock:
            self._longest[awaited] = max(seconds, self._longest.get(awaited, 0.0))

    def poll(
        self, awaited: str, most: float, read: Callable[[], _Read], is_so: Callable[[_Read], bool], pause: float
    ) -> _Read:
        """Call `read` until `is_so` returns true for its result, or the wait is over, and return the last result."""
        begun = time.monotonic()
        found = polled(read, is_so, self.seconds(awaited, most), pause)
        waited = time.monotonic() - begun
        self.came(awaited, waited) if is_so(found) else self.timed_out(awaited, waited)
        return found

    def is_hopeless(self, awaited: str) -> bool:
        """Return whether the run has already waited for something, and never with success."""
        with self._lock:
            return bool(self._vain[awaited]) and awaited not in self._longest


NEEDED: Final = 2
"""The number of slots for one job of the suite."""

WANTED: Final = 3 * NEEDED
"""The number of free slots to wait for: a check starts at most three jobs at once."""

FEWEST: Final = 2 * NEEDED
"""The minimum number of free slots for checks of jobs: for the shared running job, and another one."""

SLOT_PATIENCE: Final = 5.0
"""Seconds to wait for free slots. Ended jobs release their slots within one second, running foreign jobs don't."""

_PAUSE: Final = 0.1


@dataclass(slots=True)
class Slots:
    """The slots of a target.

    `fixed` becomes true when the target reports a free slot; targets with dynamic slots report none. `dynamic` is true
    if it reports no slots at all. `wanted` is the number of free slots to wait for, for `patience` seconds. `at_once`
    is the number of checks that can have jobs at the same time, besides the shared running job; None: no limit.
    """

    fixed: bool = False
    dynamic: bool = False
    wanted: int = WANTED
    patience: float = SLOT_PATIENCE
    at_once: int | None = None

    def wait(self, target: Target) -> None:
        """Wait until enough slots are free, for at most `patience` seconds; with dynamic slots, don't wait.

        After a timeout, `wanted` is lowered to the number of free slots, but not below one job's, and later waits are
        short.
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
        """Return the number of free slots; None if unknown, or if the slots are dynamic."""
        try:
            shown = target.get("/overview").members
            free = int(shown["unassignedSlot"])
        except (Inconclusive, AssertionError, LookupError, TypeError, ValueError):
            # Errors of the overview are reported by its checks.
            return None
        self.fixed |= free > 0
        self.dynamic = str(shown.get("totalSlot")) == "0"
        return free if self.fixed else None


LIMIT: Final = 10.0
"""The maximum number of seconds to wait for two equal reads."""

PAUSE: Final = 0.1


def at_rest(read: Callable[[], _Read], between: Callable[[], Any]) -> tuple[_Read, Any]:
    """Call `read`, `between` and `read` again until both reads are equal. Return the read and the result of `between`.

    Equal reads mean that nothing changed while `between` was called. Raises `LimitMissed` if the cluster keeps
    changing.
    """
    before, found, after = polled(lambda: (read(), between(), read()), lambda each: each[0] == each[2], LIMIT, PAUSE)
    if before != after:
        raise LimitMissed("a moment in which no job of the cluster starts or ends", LIMIT, str(after)[:200])
    return before, found


_MORE_READS: Final = 3


def settled(
    read: Callable[[], tuple[_Read, _Read]], agree: Callable[[_Read, _Read], bool] = operator.eq, pause: float = PAUSE
) -> tuple[_Read, _Read]:
    """Return the two values that `read` returns. If they differ, `read` is called up to three more times.

    The values can differ because a job starts or ends between their requests, but hardly each time.
    """
    found, expected = read()
    for _ in range(_MORE_READS):
        if agree(found, expected):
            break
        time.sleep(pause)
        found, expected = read()
    return found, expected


LIST_LIMIT: Final = 5.0
"""The maximum number of seconds for a list of jobs (`running-jobs.response-time`)."""

UNKNOWN_LIMIT: Final = 1.0
"""The number of seconds that the response for an unknown id may take longer than that for a known one."""

_READINGS: Final = 3


def median_seconds(read: Callable[[], Response]) -> float:
    """Return the median of the times of a few responses, so that one slow response does not count."""
    return median(read().seconds for _ in range(_READINGS))


def milliseconds(seconds: float) -> str:
    """Return a number of seconds as text in milliseconds."""
    return f"{1000 * seconds:.0f} ms"


def list_seconds(target: Target, path: str, figures: list[str]) -> float:
    """Return the response time of a list of jobs in seconds, and add it as text to `figures`.

    It is the time of the last read of the list by any check. If this read was slow, the list is read again, up to
    twice.
    """
    read = target.listed(path, 0.0)
    for _ in range(_READINGS - 1):
        if read.seconds < LIST_LIMIT:
            break
        read = target.get(path)
    figures.append(f"{milliseconds(read.seconds)} for {counted(len(read.items), 'job')}")
    return read.seconds
