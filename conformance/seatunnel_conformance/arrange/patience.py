"""How long a run waits: once for each cause, then only shortly; and for free slots, where their number is fixed."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.target.deployment import Target

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

    `fixed` becomes true when the target reports a free slot, which one with dynamic slots never does. `wanted` is the
    number to wait for, for `patience` seconds. `at_once` is the number of checks that can have jobs at the same time,
    beside the running job that all share; None for any number.
    """

    fixed: bool = False
    wanted: int = WANTED
    patience: float = SLOT_PATIENCE
    at_once: int | None = None

    def wait(self, target: Target) -> None:
        """Wait until enough slots are free, for `patience` seconds at most; don't wait for dynamic slots.

        After a time-out, `wanted` is lowered to the number of free slots, but not below that of one job, and later
        waits are short.
        """
        deadline = time.monotonic() + self.patience
        while (free := self._free(target)) is not None and free < self.wanted:
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
            free = int(target.get("/overview").members["unassignedSlot"])
        except (Inconclusive, AssertionError, LookupError, TypeError, ValueError):
            # Other checks cover the overview.
            return None
        self.fixed |= free > 0
        return free if self.fixed else None
