"""The differences between two runs: new failures, fixed failures, checks that no longer run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

from seatunnel_conformance.report.events import Report, RunStarted
from seatunnel_conformance.report.outcomes import Outcome, RunExit, Verdict
from seatunnel_conformance.report.text import counted, headline, incomplete, summary
from seatunnel_conformance.text.visible import line
from seatunnel_openapi.contract import Level


class ChangeKind(StrEnum):
    """The ways in which a verdict can change, the worst first. Between two releases, `GONE` comes last."""

    BROKE = "broke"
    UNDECIDED = "newly inconclusive"
    SKIPPED = "newly skipped"
    GONE = "gone"
    KNOWN = "newly a known deviation"
    STALE = "newly stale in the baseline"
    UNSCORED = "newly not scored"
    FIXED = "fixed"
    PASSES = "newly passed"
    NEW = "new"


_KINDS: Final = {
    Verdict.FAIL: ChangeKind.BROKE,
    Verdict.KNOWN: ChangeKind.KNOWN,
    Verdict.STALE: ChangeKind.STALE,
    Verdict.SKIPPED: ChangeKind.SKIPPED,
    Verdict.INCONCLUSIVE: ChangeKind.UNDECIDED,
    Verdict.NOT_SCORED: ChangeKind.UNSCORED,
}


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A check with a changed verdict; None stands for a report without the check."""

    id: str
    level: Level
    kind: ChangeKind
    old: Verdict | None
    new: Verdict | None
    reason: str

    @property
    def is_regression(self) -> bool:
        """Whether a MUST clause newly fails, even if it was not checked before."""
        return self.new is Verdict.FAIL and self.level is Level.MUST


@dataclass(frozen=True, slots=True)
class ReportDiff:
    """Two reports, and the verdicts that changed."""

    old: Report
    new: Report
    changes: tuple[VerdictChange, ...]

    @property
    def regressions(self) -> int:
        """The number of regressions."""
        return sum(change.is_regression for change in self.changes)

    @property
    def exit(self) -> RunExit:
        """The exit status: 1 for regressions; 5 if an incomplete report can hide them; else 0."""
        if self.regressions:
            return RunExit.DEVIATES
        return RunExit.UNDECIDED if self.old.cut or self.new.cut else RunExit.CONFORMS

    @property
    def headline(self) -> str:
        """The result as a sentence."""
        if self.regressions:
            return f"{counted(self.regressions, 'regression')}."
        known = "No regression in the checks that ended in both runs" if self.exit else "No regression"
        return f"{known}; {counted(len(self.changes), 'other change')}."

    def by_kind(self) -> Iterator[tuple[ChangeKind, list[VerdictChange]]]:
        """Yield each kind that occurs, the worst first, with its changes."""
        for kind, found in groupby(self.changes, key=lambda change: change.kind):
            yield kind, list(found)

    def remarks(self) -> Iterator[str]:
        """Yield the differences between the runs that can explain a changed verdict."""
        old, new = self.old.header, self.new.header
        for what in ("target", "release", "profile", "suite", "scoring"):
            if getattr(old, what) != getattr(new, what):
                yield f"another {what}: {line(getattr(old, what))}, then {line(getattr(new, what))}"
        if old.release == new.release and old.contract != new.contract:
            yield "the contract of the release has changed"
        for name, report in (("old", self.old), ("new", self.new)):
            if warning := incomplete(report):
                yield f"the {name} report is incomplete: {warning}"


def compare(old: Report, new: Report) -> ReportDiff:
    """Compare two reports, check by check."""
    before, after = ({outcome.id: outcome for outcome in report.outcomes} for report in (old, new))
    found = (_change(before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after]))
    changes = [change for change in found if change is not None]
    kinds, levels = list(ChangeKind), list(Level)
    if old.header.release != new.header.release:
        # Most checks that only one of the releases has are recordings: their absence says nothing about the target.
        kinds.append(kinds.pop(kinds.index(ChangeKind.GONE)))
    changes.sort(key=lambda change: (kinds.index(change.kind), levels.index(change.level), change.id))
    return ReportDiff(old, new, tuple(changes))


def _change(old: Outcome | None, new: Outcome | None) -> VerdictChange | None:
    known = new or old
    if known is None or (old and new and old.verdict is new.verdict):
        return None
    return VerdictChange(
        id=known.id,
        level=known.level,
        kind=_kind(old, new),
        old=old.verdict if old else None,
        new=new.verdict if new else None,
        reason=line(new.reason) if new else "",
    )


def _kind(old: Outcome | None, new: Outcome | None) -> ChangeKind:
    if new is None:
        return ChangeKind.GONE
    if new.verdict is Verdict.PASS:
        return ChangeKind.NEW if old is None else ChangeKind.FIXED if old.verdict is Verdict.FAIL else ChangeKind.PASSES
    if old is None and new.verdict is not Verdict.FAIL:
        return ChangeKind.NEW
    return _KINDS[new.verdict]


def as_lines(diff: ReportDiff) -> Iterator[str]:
    """Yield the differences as lines of text."""
    for name, report in (("old", diff.old), ("new", diff.new)):
        yield f"{name}  {_about(report)}"
        yield f"     {headline(report)}: {summary(report)}"
    yield from (f"note: {remark}" for remark in diff.remarks())
    for kind, changes in diff.by_kind():
        yield f"\n{kind} ({len(changes)})"
        for change in changes:
            yield f"  {change.level.value:6}  {change.id}  {_word(change.old)} -> {_word(change.new)}"
            if change.reason:
                yield f"          {change.reason}"
    yield f"\n{diff.headline}"


def as_markdown(diff: ReportDiff) -> str:
    """Return the differences as Markdown, for the summary of a CI job."""
    lines = [f"## {diff.headline}", "", *map(_item, (("old", diff.old), ("new", diff.new)))]
    lines += [f"- note: {remark}" for remark in diff.remarks()]
    for kind, changes in diff.by_kind():
        lines += ["", f"### {kind.capitalize()}", "", "| check | level | old | new |", "| --- | --- | --- | --- |"]
        lines += [f"| `{one.id}` | {one.level.value} | {_word(one.old)} | {_word(one.new)} |" for one in changes]
    return "\n".join([*lines, ""])


def as_json(diff: ReportDiff) -> str:
    """Return the differences as one JSON object."""
    return json.dumps(
        {
            "old": header_as_json(diff.old.header),
            "new": header_as_json(diff.new.header),
            "remarks": list(diff.remarks()),
            "regressions": diff.regressions,
            "exit": int(diff.exit),
            "changes": [{**asdict(change), "regression": change.is_regression} for change in diff.changes],
        },
        indent=1,
    )


def header_as_json(header: RunStarted) -> dict[str, Any]:
    """Return the members of a header that identify a run."""
    names = ("target", "release", "profile", "seed", "suite", "started", "contract")
    return {name: getattr(header, name) for name in names}


def _about(report: Report) -> str:
    header = report.header
    return f"{line(header.target)}, {header.release}, {header.profile}, {header.started[:16]}"


def _item(named: tuple[str, Report]) -> str:
    name, report = named
    return f"- {name}: {_about(report)}: {headline(report)}: {summary(report)}"


def _word(verdict: Verdict | None) -> str:
    return verdict.value if verdict else "not checked"
