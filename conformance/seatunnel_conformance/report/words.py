"""The few sentences that sum a run up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.standing import RARE, Standing, standing
from seatunnel_conformance.report.verdicts import RunExit, RunVerdict, Verdict
from seatunnel_openapi.clauses import Level

_WORDS: Final = {
    RunVerdict.CONFORMS: "The target conforms to what was checked",
    RunVerdict.DEVIATES: "The target deviates from the contract",
    RunVerdict.STALE: "The baseline is out of date: it lists what the target keeps",
    RunVerdict.UNDECIDED: "Undecided: not every check came to a verdict",
    RunVerdict.EMPTY: "Nothing was checked",
}

_TAGS: Final = {RunVerdict.STALE: "baseline out of date", RunVerdict.EMPTY: "nothing checked"}
"""Verdicts that are told in other words where there is room for some."""

_NEXT: Final = {
    RunVerdict.DEVIATES: "Take the first failure and repeat it with its curl line.",
    RunVerdict.STALE: "Strike what is stale off the baseline, or write it anew with --write-baseline.",
    RunVerdict.UNDECIDED: "Look at why checks are inconclusive; a slow target may need a longer --wait.",
    RunVerdict.EMPTY: "Select something: --only and --skip take clauses, groups, operations, levels and tags.",
}

CUT: Final = "Incomplete: the run broke off"


def headline(report: Report) -> str:
    """Return what a run came to as a sentence without a full stop."""
    return CUT if report.cut else _WORDS[report.footer.verdict]


def tag(report: Report) -> str:
    """Return what a run came to in a word or two."""
    verdict = report.footer.verdict
    return "incomplete" if report.cut else _TAGS.get(verdict, verdict.value)


def incomplete(report: Report) -> str | None:
    """Return what has to be said before everything else about a run that broke off; None for a whole one."""
    if not report.cut:
        return None
    ended, selected = len(report.outcomes), report.header.selected
    return f"The run broke off after {ended} of {selected} checks: what the others would have said, nobody knows."


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 check`, `2 checks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary(report: Report) -> str:
    """Return the numbers behind the verdict in one line, skipped and missing checks included."""
    counts = Counter(map(standing, report.outcomes))
    parts = [f"{counts[Standing.PASS] + counts[Standing.KEPT]} passed", f"{counts[Standing.FAIL]} failed"]
    parts += [f"{counted(advice, 'recommendation')} not kept"] if (advice := counts[Standing.NOT_KEPT]) else []
    others = (Standing.KNOWN, Standing.STALE, Standing.SKIPPED, Standing.INCONCLUSIVE)
    parts += [f"{counts[one]} {one.value}" for one in others if counts[one] or one not in RARE]
    parts += [f"{report.footer.missing} never ended"] if report.footer.missing else []
    return ", ".join(parts)


def by_weight(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return outcomes in the order of what they weigh: failures first, MUST before SHOULD and MAY.

    A clause says more than generated requests do, so it comes before them.
    """
    order = [Verdict.FAIL, Verdict.STALE, Verdict.INCONCLUSIVE]
    return sorted(
        outcomes,
        key=lambda one: (
            order.index(one.verdict) if one.verdict in order else len(order),
            one.level is not Level.MUST,
            " " in one.id,
        ),
    )


def next_step(report: Report) -> str:
    """Return what somebody who has read the report should do now."""
    if report.cut:
        return "Run again: a run that broke off proves nothing."
    if report.footer.exit is RunExit.INTERRUPTED:
        return "Run again: this run was interrupted."
    if report.footer.verdict is not RunVerdict.CONFORMS:
        return _NEXT[report.footer.verdict]
    return _beyond_conforming(report)


def _beyond_conforming(report: Report) -> str:
    if report.footer.counts.get(Verdict.KNOWN):
        return "Tell clients of the known deviations: the baseline hides them here, not from them."
    if any(standing(outcome) is Standing.NOT_KEPT for outcome in report.outcomes):
        return "Look at the recommendations that are not kept; none of them makes the target deviate."
    if report.footer.counts[Verdict.SKIPPED]:
        return "The skipped checks say what they need; with it, run again."
    return "Nothing: keep this run in CI."
