"""Waiting for free slots: on workers with a fixed number, a job without enough slots fails at once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.target.deployment import Target

NEEDED: Final = 2
"""Slots that one job of the suite needs."""

WANTED: Final = 3 * NEEDED
"""Free slots to wait for: the suite starts at most three jobs at once."""

PATIENCE: Final = 5.0
"""Seconds to wait: ended jobs release their slots within one second, running foreign jobs don't."""

_PAUSE: Final = 0.1


@dataclass(slots=True)
class Slots:
    """The slots of a target.

    `fixed` becomes true when the target reports a free slot, which one with dynamic slots never does. `wanted` is the
    number to wait for, for `patience` seconds.
    """

    fixed: bool = False
    wanted: int = WANTED
    patience: float = PATIENCE

    def wait(self, target: Target) -> None:
        """Wait until enough slots are free, for `patience` seconds at most; don't wait for dynamic slots.

        After a time-out, `wanted` is lowered to the number of free slots, but not below that of one job.
        """
        deadline = time.monotonic() + self.patience
        while (free := self._free(target)) is not None and free < self.wanted:
            if time.monotonic() > deadline:
                self.wanted = max(free, NEEDED)
                return
            time.sleep(_PAUSE)

    def _free(self, target: Target) -> int | None:
        """Return the number of free slots; None if it is not known, or slots are dynamic."""
        try:
            free = int(target.get("/overview").members["unassignedSlot"])
        except (Inconclusive, AssertionError, LookupError, TypeError, ValueError):
            # Other checks cover the overview.
            return None
        self.fixed |= free > 0
        return free if self.fixed else None
