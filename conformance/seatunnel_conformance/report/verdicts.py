"""The verdicts of checks, and the verdict and exit status of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, Self

from seatunnel_openapi.clauses import Level


class Verdict(StrEnum):
    """The verdict of a check."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    KNOWN = "known deviation"
    """It failed, and the baseline of the run accepts that."""
    STALE = "stale"
    """It passed, although the baseline of the run lists it as a known deviation."""
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"
    NOT_SCORED = "not scored"
    """It came later than the requirement set that the run was scored by."""


class Column(StrEnum):
    """A column of the tables that count checks: a verdict, with columns of their own for SHOULD and MAY."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    KEPT = "kept"
    NOT_KEPT = "not kept"
    KNOWN = "known deviation"
    STALE = "stale"
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"
    NOT_SCORED = "not scored"

    @classmethod
    def of(cls, level: Level, verdict: Verdict) -> Self:
        """Return the column for a verdict on a clause of a level."""
        if level is not Level.MUST and verdict in {Verdict.PASS, Verdict.FAIL}:
            return cls.KEPT if verdict is Verdict.PASS else cls.NOT_KEPT
        return cls(verdict.value)

    @property
    def word(self) -> str:
        """The word for a single check: a kept recommendation has passed, one that is not kept has not failed."""
        return Verdict.PASS.value if self is Column.KEPT else self.value


RARE: Final = frozenset({Column.KNOWN, Column.STALE, Column.NOT_SCORED})
"""Columns that only runs with a baseline or a requirement set need."""


class RunVerdict(StrEnum):
    """The verdict of a run about the target."""

    CONFORMS = "conforms"
    DEVIATES = "deviates"
    STALE = "stale"
    UNDECIDED = "undecided"
    EMPTY = "empty"


class RunExit(IntEnum):
    """The exit statuses that results of the suite have; the command documents all of them."""

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
    """The numbers of checks by level and verdict, and of selected checks that did not end."""

    counts: Mapping[tuple[Level, Verdict], int]
    missing: int = 0

    @classmethod
    def of(cls, results: Iterable[tuple[Level, Verdict]], *, missing: int = 0) -> Self:
        """Count results."""
        return cls(Counter(results), missing)

    def count(self, verdict: Verdict, *, binding: bool | None = None) -> int:
        """Return the number of checks with a verdict: of all clauses, of MUST clauses only, or of the others only."""
        return sum(
            number
            for (level, found), number in self.counts.items()
            if found is verdict and binding in {None, level is Level.MUST}
        )

    @property
    def total(self) -> int:
        """The number of checks that ended, skipped ones included."""
        return sum(self.counts.values())

    @property
    def verdict(self) -> RunVerdict:
        """The verdict of the run.

        One broken MUST clause makes it deviate. A stale entry of the baseline, whatever its level, would hide the next
        failure. Inconclusive or missing checks leave it undecided. A run without a passed or failed check is empty.
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
