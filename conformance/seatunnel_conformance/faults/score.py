"""What a run of faults adds up to: a row for each kind, the score, and what there is to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from seatunnel_conformance.faults.catalogue import GENERATED, Due
from seatunnel_conformance.faults.judging import Fate, is_as_due
from seatunnel_conformance.faults.results import Result
from seatunnel_conformance.report.verdicts import RunExit

_OUTSIDE: Final = frozenset({Fate.UNOBSERVABLE, Fate.IDLE})
"""Fates of faults that could not be tried, and count neither way."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @classmethod
    def of(cls, results: Iterable[Result]) -> Self:
        """Count the results that are as they have to be, of those that could be tried."""
        tried = [result for result in results if result.fate not in _OUTSIDE]
        return cls(sum(is_as_due(result.due, result.fate) for result in tried), len(tried))

    @property
    def percent(self) -> float:
        """The share in percent; of nothing it is all."""
        return 100 * self.part / self.whole if self.whole else 100.0

    def __str__(self) -> str:
        # Rounded down, so that only all are 100 %.
        return f"{self.part} of {self.whole} ({int(self.percent * 10) / 10:g} %)"


@dataclass(frozen=True, slots=True)
class Row:
    """The results of one kind."""

    kind: str
    results: tuple[Result, ...]

    def count(self, *fates: Fate) -> int:
        """Return how many came to one of these fates."""
        return sum(result.fate in fates for result in self.results)


@dataclass(frozen=True, slots=True)
class Score:
    """All results of a run; `ended` says why not every fault was tried."""

    results: tuple[Result, ...]
    ended: str = ""

    @property
    def rows(self) -> list[Row]:
        """A row for each kind, in the order in which kinds come."""
        kinds = dict.fromkeys(result.kind for result in sorted(self.results, key=_place))
        return [Row(kind, tuple(result for result in self.results if result.kind == kind)) for kind in kinds]

    def written(self, due: Due = Due.KILL) -> list[Result]:
        """Return the results of the catalogue's faults of which that is due."""
        return [result for result in self.results if result.due is due and result.kind not in GENERATED]

    @property
    def binding(self) -> Share:
        """Killed faults of those that break a MUST clause."""
        return Share.of(result for result in self.written() if result.must)

    @property
    def every(self) -> Share:
        """Killed faults of those that break any clause."""
        return Share.of(self.written())

    @property
    def doubts(self) -> Share:
        """Runs that were left undecided, of those in which answers did not come."""
        return Share.of(self.written(Due.DOUBT))

    @property
    def silences(self) -> Share:
        """Harmless changes about which the suite did not complain."""
        return Share.of(self.written(Due.SILENCE))

    def generated(self, kind: str) -> Share:
        """Generated faults of a kind that are as they have to be."""
        return Share.of(result for result in self.results if result.kind == kind)

    @property
    def amiss(self) -> Sequence[Result]:
        """The results that are not as they have to be; faults of the catalogue that had nothing to act on, too."""
        return [
            result
            for result in self.results
            if (result.fate not in _OUTSIDE and not is_as_due(result.due, result.fate))
            or (result.fate is Fate.IDLE and result.kind not in GENERATED)
        ]

    @property
    def proved(self) -> frozenset[str]:
        """The clauses whose own checks have killed a fault."""
        return frozenset(
            check_id
            for result in self.results
            if result.fate is Fate.KILLED and result.kind not in GENERATED
            for check_id in result.killers
            if check_id in result.breaks
        )

    @property
    def is_perfect(self) -> bool:
        """Whether every fault that breaks a MUST clause was killed, and nothing harmless was complained about."""
        return all(share.part == share.whole for share in (self.binding, self.silences))

    @property
    def exit(self) -> RunExit:
        """The exit status of the command."""
        if not self.is_perfect:
            return RunExit.DEVIATES
        return RunExit.UNDECIDED if self.ended else RunExit.CONFORMS


def _place(result: Result) -> tuple[bool, bool]:
    return result.kind in GENERATED, result.due is not Due.KILL
