"""Workers with a fixed number of slots: a job that finds too few of them fails at once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.target.deployment import Target

NEEDED: Final = 2
"""Slots of one job of the suite."""

WANTED: Final = 3 * NEEDED
"""Free slots before a job is submitted: the suite never begins more than three jobs at once."""

PATIENCE: Final = 5.0
"""Seconds for which it is waited for them: ended jobs give theirs back within one, other people keep theirs."""

_PAUSE: Final = 0.1


@dataclass(slots=True)
class Slots:
    """What is known of the slots of a target.

    `fixed` is true once one was seen to be free, which dynamic ones never are; `wanted` is what is waited for, for
    `patience` seconds.
    """

    fixed: bool = False
    wanted: int = WANTED
    patience: float = PATIENCE

    def wait(self, target: Target) -> None:
        """Wait until enough slots are free; never for long, and not at all where they are dynamic.

        What did not come in time is not waited for again, as long as it is enough for one job.
        """
        deadline = time.monotonic() + self.patience
        while (free := self._free(target)) is not None and free < self.wanted:
            if time.monotonic() > deadline:
                self.wanted = max(free, NEEDED)
                return
            time.sleep(_PAUSE)

    def _free(self, target: Target) -> int | None:
        """Return how many slots are free; None where nobody knows."""
        try:
            free = int(target.get("/overview").members["unassignedSlot"])
        except (Inconclusive, AssertionError, LookupError, TypeError, ValueError):
            # The overview has checks of its own.
            return None
        self.fixed |= free > 0
        return free if self.fixed else None
