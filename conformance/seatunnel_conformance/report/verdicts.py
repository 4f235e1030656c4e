"""What a check can come to, and what the verdicts of all checks add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Self

from seatunnel_openapi.clauses import Level


class Verdict(StrEnum):
    """The end of one check."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    KNOWN = "known deviation"
    """It failed, and the run's baseline says so, with the reason."""
    STALE = "stale"
    """It passed, and the run's baseline still lists it as a known deviation."""
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"


class RunVerdict(StrEnum):
    """What a whole run says about the target."""

    CONFORMS = "conforms"
    DEVIATES = "deviates"
    STALE = "stale"
    UNDECIDED = "undecided"
    EMPTY = "empty"


class RunExit(IntEnum):
    """The exit status that belongs to a run's verdict; the command documents all of them."""

    CONFORMS = 0
    DEVIATES = 1
    UNREACHABLE = 3
    EMPTY = 4
    UNDECIDED = 5
    INTERRUPTED = 130


_EXITS = {
    RunVerdict.CONFORMS: RunExit.CONFORMS,
    RunVerdict.DEVIATES: RunExit.DEVIATES,
    RunVerdict.STALE: RunExit.DEVIATES,
    RunVerdict.EMPTY: RunExit.EMPTY,
    RunVerdict.UNDECIDED: RunExit.UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many checks of each level came to each verdict, and how many never came to an end."""

    counts: Mapping[tuple[Level, Verdict], int]
    missing: int = 0

    @classmethod
    def of(cls, results: Iterable[tuple[Level, Verdict]], *, missing: int = 0) -> Self:
        """Count results."""
        return cls(Counter(results), missing)

    def count(self, verdict: Verdict, *, binding: bool | None = None) -> int:
        """Return how many checks came to `verdict`: of all clauses, of MUST clauses only, or of the others only."""
        return sum(
            number
            for (level, found), number in self.counts.items()
            if found is verdict and binding in {None, level is Level.MUST}
        )

    @property
    def total(self) -> int:
        """All checks that came to an end, skipped ones included."""
        return sum(self.counts.values())

    @property
    def verdict(self) -> RunVerdict:
        """Judge the run: one broken MUST clause settles it; whatever was not decided keeps it from conforming.

        So does a baseline that is out of date, whatever the level of what it lists: it would hide the next failure. A
        run in which nothing passed or failed has proved nothing, whatever the reason.
        """
        if self.count(Verdict.FAIL, binding=True):
            return RunVerdict.DEVIATES
        if self.count(Verdict.STALE):
            return RunVerdict.STALE
        if self.count(Verdict.INCONCLUSIVE) or self.missing:
            return RunVerdict.UNDECIDED
        if not sum(map(self.count, (Verdict.PASS, Verdict.FAIL, Verdict.KNOWN))):
            return RunVerdict.EMPTY
        return RunVerdict.CONFORMS

    @property
    def exit(self) -> RunExit:
        """The exit status of the run."""
        return _EXITS[self.verdict]
