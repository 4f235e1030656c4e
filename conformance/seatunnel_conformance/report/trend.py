"""Several runs in the order of their starts: counts, new failures and figures, as text, JSON and a picture."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from seatunnel_conformance.report.diff import ChangeKind, ReportDiff, VerdictChange, compare, header_as_json
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.html import environment
from seatunnel_conformance.report.outcomes import RunExit, VerdictColumn, columns_of
from seatunnel_conformance.report.text import counted, incomplete
from seatunnel_conformance.text.visible import line


@dataclass(frozen=True, slots=True)
class TrendRun:
    """A run of a trend, with its file name. `diff` compares it with the run before; None for the first run."""

    file: str
    report: Report
    diff: ReportDiff | None

    @property
    def started(self) -> str:
        """The start of the run, to the minute."""
        return line(self.report.header.started[:16])

    @property
    def counts(self) -> Counter[VerdictColumn]:
        """The number of checks by column."""
        return Counter(outcome.column for outcome in self.report.outcomes)

    @property
    def new_failures(self) -> tuple[VerdictChange, ...]:
        """The checks of any level that fail, and did not fail or run in the run before."""
        return tuple(change for change in self.diff.changes if change.kind is ChangeKind.BROKE) if self.diff else ()

    @property
    def remarks(self) -> list[str]:
        """Reasons for a difference from the run before, for example another release."""
        if self.diff:
            return list(self.diff.remarks())
        warning = incomplete(self.report)
        return [f"the report is incomplete: {warning}"] if warning else []


def trend_of(reports: Iterable[tuple[str, Report]]) -> tuple[TrendRun, ...]:
    """Return the runs for pairs of file name and report (at least one), in the order of their starts."""
    # The suite writes starts in UTC and in one form, so that their texts are in the order of time.
    ordered = sorted(reports, key=lambda named: named[1].header.started)
    runs = [report for _, report in ordered]
    diffs = [None, *map(compare, runs, runs[1:])]
    return tuple(TrendRun(name, report, diff) for (name, report), diff in zip(ordered, diffs, strict=True))


def exit_of(runs: Sequence[TrendRun]) -> RunExit:
    """Return the exit status of `report diff` for the last two runs. For a single run: 5 if it broke off, else 0."""
    last = runs[-1]
    if last.diff:
        return last.diff.exit
    return RunExit.UNDECIDED if last.report.cut else RunExit.CONFORMS


def as_lines(runs: Sequence[TrendRun]) -> Iterator[str]:
    """Yield a table of the runs, then the new failures and remarks of each run, then the figures of each check."""
    yield f"target: {_targets(runs)}\n"
    yield from _table(runs)
    for run in runs:
        new = run.new_failures
        details = [f"  new failure: {change.level.value:6}  {line(change.id)}" for change in new[:_MOST_NEW]]
        if more := new[_MOST_NEW:]:
            details.append(f"  {counted(len(more), 'more new failure')}; `report diff` lists them all")
        details += [f"  note: {remark}" for remark in run.remarks]
        yield from [f"\n{run.started}", *details] if details else []
    for check_id, found in figures_of(runs).items():
        yield f"\n{line(check_id)}"
        yield from (f"  {runs[at].started}  {line(figure)}" for at, figure in found)


def _targets(runs: Sequence[TrendRun]) -> str:
    return ", ".join(dict.fromkeys(line(run.report.header.target) for run in runs))


def as_json(runs: Sequence[TrendRun]) -> str:
    """Return the runs as one JSON object."""
    return json.dumps({"exit": int(exit_of(runs)), "runs": [_plain(run) for run in runs]}, indent=1)


def _plain(run: TrendRun) -> dict[str, Any]:
    return {
        "file": run.file,
        **header_as_json(run.report.header),
        "cut": run.report.cut,
        "verdict": run.report.footer.verdict.value,
        "counts": {column.value: run.counts[column] for column in VerdictColumn},
        "newFailures": [{"id": change.id, "level": change.level.value} for change in run.new_failures],
        "remarks": run.remarks,
        "figures": {outcome.id: list(outcome.figures) for outcome in run.report.outcomes if outcome.figures},
    }


def _table(runs: Sequence[TrendRun]) -> Iterator[str]:
    """Yield the lines of the table: texts are aligned on the left, numbers on the right."""
    columns = columns_of({run.file: run.counts for run in runs})
    head = ["started", "release", *(column.value for column in columns), "new failures"]
    rows = [head, *(_row(run, columns) for run in runs)]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        texts = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        yield "  ".join([*texts, *(cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True))])


def _row(run: TrendRun, columns: Iterable[VerdictColumn]) -> list[str]:
    counts = run.counts
    new = str(len(run.new_failures)) if run.diff else "-"
    return [run.started, line(run.report.header.release), *(str(counts[column]) for column in columns), new]


def figures_of(runs: Sequence[TrendRun]) -> dict[str, list[tuple[int, str]]]:
    """Return the figures by check id, each with the index of its run in `runs`."""
    found: dict[str, list[tuple[int, str]]] = {}
    for at, run in enumerate(runs):
        for outcome in run.report.outcomes:
            for figure in outcome.figures:
                found.setdefault(outcome.id, []).append((at, figure))
    return found


_MOST_NEW: Final = 10
"""Maximum number of new failures of a run that are listed."""

_BAR: Final = 240
"""The width of the bar of a run with the most checks, in pixels."""
_LEAST: Final = 5
"""The minimum width of a part of a bar, so that a single failure is visible."""
_CURVE: Final = (640, 50)
"""Width and height of a curve."""
_TIME: Final = re.compile(r"(\d+(?:\.\d+)?) ms\b")


def as_svg(runs: Sequence[TrendRun]) -> str:
    """Return an SVG image of at least one run.

    It loads nothing, follows the reader's colour scheme, and has the table as alternative text.
    """
    columns = columns_of({run.file: run.counts for run in runs})
    counts = [{column.value: run.counts[column] for column in columns} for run in runs]
    most = max(sum(numbers.values()) for numbers in counts) or 1
    return (
        environment()
        .get_template("trend.svg")
        .render(
            runs=[(run, numbers, list(_parts(numbers, most))) for run, numbers in zip(runs, counts, strict=True)],
            targets=_targets(runs),
            words=[column.value for column in columns],
            curves=dict(_curves(runs)),
            text="\n".join(as_lines(runs)),
            bar=_BAR,
            height=_CURVE[1],
        )
    )


def _parts(counts: Mapping[str, int], most: int) -> Iterator[tuple[str, float, float]]:
    """Yield the parts of a bar: word, left edge, width. Passed and skipped checks come last, so failures line up."""
    left = 0.0
    for word, number in sorted(counts.items(), key=lambda one: one[0] in {"pass", "kept", "skipped"}):
        if number:
            width = max(_LEAST, round(number / most * _BAR, 1))
            yield word, left, width
            left += width


def _curves(runs: Sequence[TrendRun]) -> Iterator[tuple[str, list[tuple[float, float, str]]]]:
    """Yield a curve for each check with times as figures: its title, and its points (x, y, text of the figure)."""
    width, height = _CURVE
    step = width / max(1, len(runs) - 1)
    for check_id, figures in figures_of(runs).items():
        times = [(at, float(found[1]), text) for at, text in figures if (found := _TIME.search(text))]
        highest = max((time for _, time, _ in times), default=0) or 1
        points = [(at * step, height - time / highest * height, text) for at, time, text in times]
        if points:
            yield f"{check_id}, at most {highest:g} ms", points
