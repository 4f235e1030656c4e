"""How long a run will take yet, told from the checks that have ended: each kind of check takes its own time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from seatunnel_conformance.report.check_ids import group
from seatunnel_conformance.report.outcomes import Outcome

ENOUGH = 5
"""Checks that have to have ended before anything is said."""


class Estimate:
    """Knows which checks are to come, and how long those of their groups took."""

    def __init__(self, checks: Iterable[str]) -> None:
        self.coming = Counter(map(group, checks))
        self.took: defaultdict[str, list[float]] = defaultdict(list)

    def heard(self, outcome: Outcome) -> None:
        """Take note of a check that has ended."""
        self.coming[outcome.group] -= 1
        self.took[outcome.group].append(outcome.seconds)

    def remaining(self) -> float | None:
        """Return seconds; None as long as there is too little to go by."""
        every = [seconds for took in self.took.values() for seconds in took]
        if len(every) < ENOUGH:
            return None
        return sum(number * _mean(self.took.get(name) or every) for name, number in self.coming.items() if number > 0)


def _mean(seconds: list[float]) -> float:
    return sum(seconds) / len(seconds)


def in_words(seconds: float | None) -> str:
    """Return a time as somebody would say it who does not know better."""
    match seconds:
        case None:
            return ""
        case _ if seconds < 1:
            return "almost done"
        case _ if seconds < 20:  # noqa: PLR2004 - below this a second counts
            return f"about {seconds:.0f} s left"
        case _ if seconds < 90:  # noqa: PLR2004 - below this, minutes are too coarse
            return f"about {round(seconds, -1):.0f} s left"
    return f"about {seconds / 60:.0f} min left"
