"""The published results of the suite and other tools on the same faults, and their totals.

    judges-started   the faults, the settings and the versions of the tools
    clean-run        the complaints of a tool about the reference server without a fault
    fault-judged     the result of a tool for one fault

`python -m bench.judges` writes them to `judges.ndjson`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import ClassVar, Final, Self, TypeAlias

from seatunnel_conformance.faults.catalogue import GENERATED, Expected
from seatunnel_conformance.faults.results import FaultStatus
from seatunnel_conformance.text.events import event_in, event_line

JUDGES: Final = "judges.ndjson"
"""The file of the published results, in the folder of the guides."""

EXAMPLES: Final = 10
"""Number of random cases of stock schemathesis per operation and phase."""

SUITE, SCHEMATHESIS, RESPECT, PRISM = "suite", "schemathesis", "respect", "prism"


@dataclass(frozen=True, slots=True)
class JudgesStarted:
    """The settings of all lines. `faults` is the sample in its order, `limit` the seconds that one run may take."""

    KIND: ClassVar = "judges-started"

    date: str
    release: str
    profile: str
    seed: int
    per_kind: int
    limit: int
    faults: tuple[str, ...]
    versions: Mapping[str, str]
    machine: str


@dataclass(frozen=True, slots=True)
class CleanRun:
    """One run of a tool against a server without a fault: each complaint is a false alarm."""

    KIND: ClassVar = "clean-run"

    judge: str
    complaints: tuple[tuple[str, str], ...]
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """The result of a tool for one fault. `complaints` are the new ones, by operation.

    `altered` counts the exchanges that the fault has changed: none means that the judge asked for nothing of the kind.
    """

    KIND: ClassVar = "fault-judged"

    judge: str
    fault: str
    kind: str
    sentence: str
    due: Expected
    fate: FaultStatus
    complaints: Mapping[str, str] = field(default_factory=dict)
    altered: int = 0
    seconds: float = 0.0
    note: str = ""


Line: TypeAlias = JudgesStarted | CleanRun | Judged


_KINDS: Final[Mapping[str, type[Line]]] = {one.KIND: one for one in (JudgesStarted, CleanRun, Judged)}


def encode(line: Line) -> str:
    """Return a line as JSON, without a line end."""
    return event_line(line.KIND, asdict(line))


@dataclass(frozen=True, slots=True)
class Share:
    """A number of items out of a total."""

    part: int
    whole: int

    def __str__(self) -> str:
        return f"{self.part} of {self.whole}"


@dataclass(frozen=True, slots=True)
class Account:
    """The totals of one tool."""

    judge: str
    clean: tuple[CleanRun, ...]
    judged: tuple[Judged, ...]

    @property
    def alarms(self) -> list[tuple[str, str]]:
        """The false alarms of all runs without a fault."""
        return sorted({complaint for run in self.clean for complaint in run.complaints})

    @property
    def seconds(self) -> float | None:
        """The seconds of the fastest run without a fault, which is the least affected by other load."""
        return min((run.seconds for run in self.clean), default=None)

    @property
    def usual_seconds(self) -> float:
        """The median of the seconds of the runs with a fault."""
        return median(one.seconds for one in self.judged) if self.judged else 0.0

    def found(self, *, generated: bool | None = None) -> Share:
        """Return the faults found for the right reason, of all faults or of those that were (not) generated."""
        return self._share(generated, FaultStatus.KILLED)

    def noticed(self, *, generated: bool | None = None) -> Share:
        """Return the faults with any new complaint."""
        return self._share(generated, FaultStatus.KILLED, FaultStatus.KILLED_ELSEWHERE)

    @property
    def unmet(self) -> int:
        """The number of faults that affect none of the requests of the tool."""
        return sum(one.fate is FaultStatus.IDLE for one in self._broken(None))

    @property
    def harmless(self) -> Share:
        """The harmless changes with a complaint."""
        found = [one for one in self.judged if one.due is Expected.IGNORED]
        return Share(sum(one.fate in {FaultStatus.KILLED, FaultStatus.KILLED_ELSEWHERE} for one in found), len(found))

    def of_kind(self, kind: str) -> Share:
        """Return the faults of a kind that were found for the right reason."""
        found = [one for one in self._broken(None) if one.kind == kind]
        return Share(sum(one.fate is FaultStatus.KILLED for one in found), len(found))

    def _share(self, generated: bool | None, *fates: FaultStatus) -> Share:  # noqa: FBT001 - a choice of three
        found = self._broken(generated)
        return Share(sum(one.fate in fates for one in found), len(found))

    def _broken(self, generated: bool | None) -> list[Judged]:  # noqa: FBT001 - as above
        every = (one for one in self.judged if one.due is Expected.DETECTED)
        return [one for one in every if generated is None or (one.kind in GENERATED) is generated]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All results."""

    header: JudgesStarted
    clean: tuple[CleanRun, ...]
    judged: tuple[Judged, ...]

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Self | None:
        """Collect lines; None if there is no header."""
        every = tuple(lines)
        headers = [line for line in every if isinstance(line, JudgesStarted)]
        clean = tuple(line for line in every if isinstance(line, CleanRun))
        judged = tuple(line for line in every if isinstance(line, Judged))
        return cls(headers[0], clean, judged) if headers else None

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Read a file, which may be truncated; None if it does not exist or has no header."""
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
        # The last line may have been cut off by whatever ended the run; a whole line ends.
        return cls.of(event_in(line, _KINDS) for line in lines if line.endswith("\n"))

    @property
    def judges(self) -> list[str]:
        """The judges, in the order of the header's versions."""
        return [judge for judge in self.header.versions if any(one.judge == judge for one in self.judged)]

    @property
    def complete(self) -> frozenset[str]:
        """The faults that all tools ran against."""
        by_judge = [{one.fault for one in self.judged if one.judge == judge} for judge in self.judges]
        return frozenset[str].intersection(*map(frozenset, by_judge)) if by_judge else frozenset()

    def account(self, judge: str) -> Account:
        """Return the totals of a tool for the faults that all tools ran against."""
        common, whole = self.complete, self.whole_account(judge)
        return replace(whole, judged=tuple(one for one in whole.judged if one.fault in common))

    def whole_account(self, judge: str) -> Account:
        """Return the totals of a tool for all its faults."""
        clean = tuple(run for run in self.clean if run.judge == judge)
        return Account(judge, clean, tuple(one for one in self.judged if one.judge == judge))

    def rows(self) -> dict[str, dict[str, Judged]]:
        """Return the results by fault, in the order of the sample, and by tool."""
        found: dict[str, dict[str, Judged]] = {fault: {} for fault in self.header.faults}
        for one in self.judged:
            if one.fault in found:
                found[one.fault][one.judge] = one
        return {fault: by_judge for fault, by_judge in found.items() if by_judge}

    def by(self, judge: str) -> dict[str, Judged]:
        """Return the results of a tool by fault."""
        return {one.fault: one for one in self.judged if one.judge == judge}
