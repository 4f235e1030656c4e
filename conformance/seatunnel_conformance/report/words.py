"""The few sentences that sum a run up."""

from __future__ import annotations

from typing import Final

from seatunnel_conformance.report.events import Report, tally_of
from seatunnel_conformance.verdicts import RunVerdict, Verdict

_WORDS: Final = {
    RunVerdict.CONFORMS: "The target conforms to what was checked",
    RunVerdict.DEVIATES: "The target deviates from the contract",
    RunVerdict.UNDECIDED: "Undecided: not every check came to a verdict",
    RunVerdict.EMPTY: "Nothing was checked",
}


def verdict_words(verdict: RunVerdict) -> str:
    """Return a run's verdict as a sentence without a full stop."""
    return _WORDS[verdict]


def summary(report: Report) -> str:
    """Return the numbers behind the verdict in one line, skipped and missing checks included."""
    counts, tally = report.footer.counts, tally_of(report.outcomes)
    advice = tally.count(Verdict.FAIL, binding=False)
    parts = [f"{counts['pass']} passed", f"{counts['fail'] - advice} failed"]
    parts += [f"{advice} recommendations not kept"] if advice else []
    parts += [f"{counts['skipped']} skipped", f"{counts['inconclusive']} inconclusive"]
    parts += [f"{report.footer.missing} never ended"] if report.footer.missing else []
    return ", ".join(parts)


def next_step(report: Report, *, html: bool) -> str:
    """Return what somebody who has read the report should do now."""
    match report.footer.verdict:
        case RunVerdict.CONFORMS if report.footer.counts["skipped"]:
            return "The skipped checks say what they need; with it, run again."
        case RunVerdict.CONFORMS:
            return "Nothing: keep this run in CI."
        case RunVerdict.DEVIATES:
            more = "" if html else ", --report-html FILE for all exchanges"
            return f"Take the first failure, repeat it with its curl line{more}."
        case RunVerdict.UNDECIDED:
            return "Look at why checks are inconclusive; a slow target may need a longer --wait."
        case RunVerdict.EMPTY:
            return "Select something: --only takes clause ids, operations and globs."
