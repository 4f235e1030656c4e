"""How long a run waits: once for each cause, and shortly afterwards."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

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

    `limit` is the longest wait. All waits in vain together take about as long; those that follow are short.
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

    def in_vain(self, awaited: str, seconds: float, see: str = "") -> str:
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
        """Return whether something was waited for in vain, and never came."""
        with self._lock:
            return bool(self._vain[awaited]) and awaited not in self._longest
