"""Two reports beside each other: what broke between them, what got fixed, what is not checked any more."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

from seatunnel_conformance.report.events import Report, RunStarted
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.verdicts import RunExit, Verdict
from seatunnel_conformance.report.words import counted, headline, incomplete, summary
from seatunnel_conformance.text.visible import line
from seatunnel_openapi.clauses import Level


class Kind(StrEnum):
    """What became of a check, the worst first."""

    BROKE = "broke"
    UNDECIDED = "newly inconclusive"
    SKIPPED = "newly skipped"
    GONE = "gone"
    KNOWN = "newly a known deviation"
    STALE = "newly stale in the baseline"
    FIXED = "fixed"
    PASSES = "newly passed"
    NEW = "new"


_KINDS: Final = {
    Verdict.FAIL: Kind.BROKE,
    Verdict.KNOWN: Kind.KNOWN,
    Verdict.STALE: Kind.STALE,
    Verdict.SKIPPED: Kind.SKIPPED,
    Verdict.INCONCLUSIVE: Kind.UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One check whose verdict is not what it was; None stands for a report that lacks the check."""

    id: str
    level: Level
    kind: Kind
    old: Verdict | None
    new: Verdict | None
    reason: str

    @property
    def is_regression(self) -> bool:
        """Whether a MUST clause fails that did not fail before; it may not have been checked before."""
        return self.new is Verdict.FAIL and self.level is Level.MUST


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two reports, and what changed from the old one to the new one."""

    old: Report
    new: Report
    changes: tuple[Change, ...]

    @property
    def regressions(self) -> int:
        """How many changes are regressions."""
        return sum(change.is_regression for change in self.changes)

    @property
    def exit(self) -> RunExit:
        """1 for regressions; 5 if a report is incomplete and so may hide some; 0 otherwise."""
        if self.regressions:
            return RunExit.DEVIATES
        return RunExit.UNDECIDED if self.old.cut or self.new.cut else RunExit.CONFORMS

    def remarks(self) -> Iterator[str]:
        """Yield what keeps the two from being alike, so that a change may not be the target's."""
        old, new = self.old.header, self.new.header
        for what in ("target", "release", "profile", "suite"):
            if getattr(old, what) != getattr(new, what):
                yield f"another {what}: {line(getattr(old, what))}, then {line(getattr(new, what))}"
        if old.release == new.release and old.contract != new.contract:
            yield "the contract of the release has changed"
        for name, report in (("old", self.old), ("new", self.new)):
            if warning := incomplete(report):
                yield f"the {name} report is incomplete: {warning}"


def compare(old: Report, new: Report) -> Comparison:
    """Compare two reports, check by check."""
    before, after = ({outcome.id: outcome for outcome in report.outcomes} for report in (old, new))
    found = (_change(before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after]))
    changes = [change for change in found if change is not None]
    return Comparison(old, new, tuple(sorted(changes, key=lambda change: (list(Kind).index(change.kind), change.id))))


def _change(old: Outcome | None, new: Outcome | None) -> Change | None:
    known = new or old
    if known is None or (old and new and old.verdict is new.verdict):
        return None
    return Change(
        id=known.id,
        level=known.level,
        kind=_kind(old, new),
        old=old.verdict if old else None,
        new=new.verdict if new else None,
        reason=line(new.reason) if new else "",
    )


def _kind(old: Outcome | None, new: Outcome | None) -> Kind:
    if new is None:
        return Kind.GONE
    if new.verdict is Verdict.PASS:
        return Kind.NEW if old is None else Kind.FIXED if old.verdict is Verdict.FAIL else Kind.PASSES
    if old is None and new.verdict is not Verdict.FAIL:
        return Kind.NEW
    return _KINDS[new.verdict]


def as_lines(comparison: Comparison) -> Iterator[str]:
    """Yield the comparison as lines of text."""
    for name, report in (("old", comparison.old), ("new", comparison.new)):
        yield f"{name}  {_about(report)}"
        yield f"     {headline(report)}: {summary(report)}"
    yield from (f"note: {remark}" for remark in comparison.remarks())
    for kind, changes in _by_kind(comparison.changes):
        yield f"\n{kind} ({len(changes)})"
        for change in changes:
            yield f"  {change.level.value:6}  {change.id}  {_word(change.old)} -> {_word(change.new)}"
            if change.reason:
                yield f"          {change.reason}"
    yield f"\n{_verdict(comparison)}"


def as_markdown(comparison: Comparison) -> str:
    """Return the comparison for a job's summary."""
    lines = [f"## {_verdict(comparison)}", "", *map(_item, (("old", comparison.old), ("new", comparison.new)))]
    lines += [f"- note: {remark}" for remark in comparison.remarks()]
    for kind, changes in _by_kind(comparison.changes):
        lines += ["", f"### {kind.capitalize()}", "", "| check | level | old | new |", "| --- | --- | --- | --- |"]
        lines += [f"| `{one.id}` | {one.level.value} | {_word(one.old)} | {_word(one.new)} |" for one in changes]
    return "\n".join([*lines, ""])


def as_json(comparison: Comparison) -> str:
    """Return the comparison as one JSON object."""
    return json.dumps(
        {
            "old": _header(comparison.old.header),
            "new": _header(comparison.new.header),
            "remarks": list(comparison.remarks()),
            "regressions": comparison.regressions,
            "exit": int(comparison.exit),
            "changes": [_plain(change) for change in comparison.changes],
        },
        indent=1,
    )


def _header(header: RunStarted) -> dict[str, Any]:
    names = ("target", "release", "profile", "seed", "suite", "started", "contract")
    return {name: getattr(header, name) for name in names}


def _plain(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "level": change.level.value,
        "kind": change.kind.value,
        "old": change.old,
        "new": change.new,
        "regression": change.is_regression,
        "reason": change.reason,
    }


def _by_kind(changes: Iterable[Change]) -> Iterator[tuple[Kind, list[Change]]]:
    for kind, found in groupby(changes, key=lambda change: change.kind):
        yield kind, list(found)


def _about(report: Report) -> str:
    header = report.header
    return f"{line(header.target)}, {header.release}, {header.profile}, {header.started[:16]}"


def _item(named: tuple[str, Report]) -> str:
    name, report = named
    return f"- {name}: {_about(report)}: {headline(report)}: {summary(report)}"


def _word(verdict: Verdict | None) -> str:
    return verdict.value if verdict else "not checked"


def _verdict(comparison: Comparison) -> str:
    if comparison.regressions:
        return f"{counted(comparison.regressions, 'regression')}."
    known = "No regression that can be seen" if comparison.exit else "No regression"
    return f"{known}; {counted(len(comparison.changes), 'other change')}."
