"""Our suite beside other judges, on the same faults: the published lines, and what they add up to.

    judges-started   what was tried on what, with which versions
    clean-run        what a judge complains about on the reference server, where nothing is wrong
    fault-judged     what a judge made of one fault

`python -m bench.judges` writes them to `judges.ndjson`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import ClassVar, Final, Self, TypeAlias

from seatunnel_conformance.faults.catalogue import GENERATED, Expected
from seatunnel_conformance.faults.status import FaultStatus

JUDGES: Final = "judges.ndjson"

EXAMPLES: Final = 10
"""Random cases that stock schemathesis tries for each operation and phase."""
"""The published lines, beside the guides."""

SUITE, SCHEMATHESIS, RESPECT, PRISM = "suite", "schemathesis", "respect", "prism"


@dataclass(frozen=True, slots=True)
class JudgesStarted:
    """The header: what makes lines comparable. `faults` is the sample in its order, `limit` the seconds of one run."""

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
    """One run of a judge on a server without any fault: each of its complaints is a false alarm."""

    KIND: ClassVar = "clean-run"

    judge: str
    complaints: tuple[tuple[str, str], ...]
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge made of one fault. `complaints` are those that it does not have without the fault, by operation.

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


def encode(line: Line) -> str:
    """Return a line as JSON, without the line's end."""
    return json.dumps({"event": line.KIND, **asdict(line)}, ensure_ascii=False)


def decode(text: str) -> Line:
    """Read a line. Raises `ValueError` for one that is none."""
    plain = json.loads(text)
    kind = plain.pop("event", None)
    if kind == JudgesStarted.KIND:
        return JudgesStarted(**{**plain, "faults": tuple(plain["faults"])})
    if kind == CleanRun.KIND:
        return CleanRun(**{**plain, "complaints": tuple((one, other) for one, other in plain["complaints"])})
    if kind == Judged.KIND:
        return Judged(**{**plain, "due": Expected(plain["due"]), "fate": FaultStatus(plain["fate"])})
    raise ValueError(f"{kind!r} is no line of judges")


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    def __str__(self) -> str:
        return f"{self.part} of {self.whole}"


@dataclass(frozen=True, slots=True)
class Account:
    """What one judge's lines add up to."""

    judge: str
    clean: tuple[CleanRun, ...]
    judged: tuple[Judged, ...]

    @property
    def alarms(self) -> list[tuple[str, str]]:
        """The false alarms on the clean server, whichever run had them."""
        return sorted({complaint for run in self.clean for complaint in run.complaints})

    @property
    def seconds(self) -> float | None:
        """The seconds of its fastest run on the clean server: what else the machine did only adds to them."""
        return min((run.seconds for run in self.clean), default=None)

    @property
    def usual_seconds(self) -> float:
        """The median of its seconds under faults."""
        return median(one.seconds for one in self.judged) if self.judged else 0.0

    def found(self, *, generated: bool | None = None) -> Share:
        """Return the faults that it found for the right reason, of all or of those that were (not) generated."""
        return self._share(generated, FaultStatus.KILLED)

    def noticed(self, *, generated: bool | None = None) -> Share:
        """Return the faults under which it complained about something new, whatever that was."""
        return self._share(generated, FaultStatus.KILLED, FaultStatus.KILLED_ELSEWHERE)

    @property
    def unmet(self) -> int:
        """How many faults that are to be found it has asked nothing for."""
        return sum(one.fate is FaultStatus.IDLE for one in self._broken(None))

    @property
    def harmless(self) -> Share:
        """The harmless changes that it complained about."""
        found = [one for one in self.judged if one.due is Expected.IGNORED]
        return Share(sum(one.fate in {FaultStatus.KILLED, FaultStatus.KILLED_ELSEWHERE} for one in found), len(found))

    def of_kind(self, kind: str) -> Share:
        """Return the faults of a kind that it found for the right reason."""
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
    """Everything that was measured."""

    header: JudgesStarted
    clean: tuple[CleanRun, ...]
    judged: tuple[Judged, ...]

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Self | None:
        """Gather lines; None if there is no header among them."""
        every = tuple(lines)
        headers = [line for line in every if isinstance(line, JudgesStarted)]
        clean = tuple(line for line in every if isinstance(line, CleanRun))
        judged = tuple(line for line in every if isinstance(line, Judged))
        return cls(headers[0], clean, judged) if headers else None

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Read a file, cut off or not; None if there is none, or it holds no header."""
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
        # The last line may have been cut off by whatever ended the run; a whole line ends.
        return cls.of(decode(line) for line in lines if line.endswith("\n"))

    @property
    def judges(self) -> list[str]:
        """The judges, in the order of the header's versions."""
        return [judge for judge in self.header.versions if any(one.judge == judge for one in self.judged)]

    @property
    def complete(self) -> frozenset[str]:
        """The faults that every judge has tried."""
        by_judge = [{one.fault for one in self.judged if one.judge == judge} for judge in self.judges]
        return frozenset[str].intersection(*map(frozenset, by_judge)) if by_judge else frozenset()

    def account(self, judge: str) -> Account:
        """Return a judge's account, of the faults that every judge has tried."""
        common, whole = self.complete, self.whole_account(judge)
        return replace(whole, judged=tuple(one for one in whole.judged if one.fault in common))

    def whole_account(self, judge: str) -> Account:
        """Return a judge's account, of all faults that it has tried."""
        clean = tuple(run for run in self.clean if run.judge == judge)
        return Account(judge, clean, tuple(one for one in self.judged if one.judge == judge))

    def rows(self) -> dict[str, dict[str, Judged]]:
        """Return what each judge made of each fault, by fault in the sample's order and by judge."""
        found = {fault: self._by_judge(fault) for fault in self.header.faults}
        return {fault: by_judge for fault, by_judge in found.items() if by_judge}

    def by(self, judge: str) -> dict[str, Judged]:
        """Return what a judge made of faults, by fault."""
        return {one.fault: one for one in self.judged if one.judge == judge}

    def _by_judge(self, fault: str) -> dict[str, Judged]:
        return {one.judge: one for one in self.judged if one.fault == fault}
