"""The summary of a run of faults: results by kind, the score, and unexpected results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from seatunnel_conformance.faults.catalogue import GENERATED, Expected
from seatunnel_conformance.faults.results import FaultResult, FaultStatus, is_as_expected
from seatunnel_conformance.report.outcomes import RunExit

_OUTSIDE: Final = frozenset({FaultStatus.UNOBSERVABLE, FaultStatus.IDLE})
"""The statuses of faults that could not be tried, and are not counted."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A number of results, and the number of all results."""

    part: int
    whole: int

    @classmethod
    def of(cls, results: Iterable[FaultResult]) -> Self:
        """Count the expected results, of the faults that could be tried."""
        tried = [result for result in results if result.fate not in _OUTSIDE]
        return cls(sum(is_as_expected(result.due, result.fate) for result in tried), len(tried))

    @property
    def percent(self) -> float:
        """The ratio in percent; 100 if there are no results."""
        return 100 * self.part / self.whole if self.whole else 100.0

    def __str__(self) -> str:
        # Rounded down, so that 100 % means all.
        return f"{self.part} of {self.whole} ({int(self.percent * 10) / 10:g} %)"


@dataclass(frozen=True, slots=True)
class KindRow:
    """The results of one kind."""

    kind: str
    results: tuple[FaultResult, ...]

    def count(self, *fates: FaultStatus) -> int:
        """Return the number of results with one of these statuses."""
        return sum(result.fate in fates for result in self.results)


@dataclass(frozen=True, slots=True)
class Score:
    """All results of a run; `ended` says why not every fault was tried."""

    results: tuple[FaultResult, ...]
    ended: str = ""

    @property
    def rows(self) -> list[KindRow]:
        """A row for each kind, generated and harmless kinds last."""
        kinds = dict.fromkeys(result.kind for result in sorted(self.results, key=_place))
        return [KindRow(kind, tuple(result for result in self.results if result.kind == kind)) for kind in kinds]

    def written(self, due: Expected = Expected.DETECTED) -> list[FaultResult]:
        """Return the results of the catalogue's faults with this expected effect."""
        return [result for result in self.results if result.due is due and result.kind not in GENERATED]

    @property
    def binding(self) -> Ratio:
        """The killed ones of the faults that break a MUST clause."""
        return Ratio.of(result for result in self.written() if result.must)

    @property
    def every(self) -> Ratio:
        """The killed ones of the faults that break any clause."""
        return Ratio.of(self.written())

    @property
    def undecided(self) -> Ratio:
        """The share of undecided faults among those that can't be distinguished from network errors."""
        return Ratio.of(self.written(Expected.UNDECIDED))

    @property
    def ignored(self) -> Ratio:
        """The harmless changes for which no check failed."""
        return Ratio.of(self.written(Expected.IGNORED))

    @property
    def false_alarms(self) -> Sequence[FaultResult]:
        """The harmless changes for which a check failed."""
        return [result for result in self.written(Expected.IGNORED) if result.is_false_alarm]

    @property
    def found(self) -> Ratio:
        """The generated faults that a check of the broken clause or operation found, of those that should be found."""
        tried = (result for result in self.results if result.kind in GENERATED)
        return Ratio.of(result for result in tried if result.due is Expected.DETECTED)

    @property
    def equivalent(self) -> int:
        """The number of generated faults that no clause forbids, each with the reason in its description."""
        tried = (result for result in self.results if result.kind in GENERATED and result.fate not in _OUTSIDE)
        return sum(result.due is Expected.IGNORED for result in tried)

    @property
    def unexpected(self) -> Sequence[FaultResult]:
        """The unexpected results, and the faults of the catalogue that changed no exchange."""
        return [
            result
            for result in self.results
            if (result.fate not in _OUTSIDE and not is_as_expected(result.due, result.fate))
            or (result.fate is FaultStatus.IDLE and result.kind not in GENERATED)
        ]

    @property
    def proven(self) -> frozenset[str]:
        """The clauses whose own checks killed a fault."""
        return frozenset(
            check_id
            for result in self.results
            if result.fate is FaultStatus.KILLED and result.kind not in GENERATED
            for check_id in result.killers
            if check_id in result.breaks
        )

    @property
    def is_perfect(self) -> bool:
        """Whether every fault of a MUST clause was killed, and no check failed for a harmless change."""
        return all(share.part == share.whole for share in (self.binding, self.ignored))

    @property
    def exit(self) -> RunExit:
        """The exit status of the command."""
        if not self.is_perfect:
            return RunExit.DEVIATES
        return RunExit.UNDECIDED if self.ended else RunExit.CONFORMS


def _place(result: FaultResult) -> tuple[bool, bool]:
    return result.kind in GENERATED, result.due is not Expected.DETECTED
