"""The sentences of reports: the result of a run in a few words, and the explanation of an outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from textwrap import indent
from typing import Final

from seatunnel_conformance.report.events import CLIENTS, Report
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.verdicts import RARE, Column, RunVerdict, Verdict
from seatunnel_conformance.text.visible import map_texts, visible

_HEADLINES: Final = {
    RunVerdict.CONFORMS: "The target conforms to what was checked",
    RunVerdict.DEVIATES: "The target deviates from the contract",
    RunVerdict.STALE: "The baseline is out of date: it lists deviations that the target no longer has",
    RunVerdict.UNDECIDED: "Undecided: not every check came to a verdict",
    RunVerdict.EMPTY: "Nothing was checked",
}

_OF_CLIENTS: Final = {
    RunVerdict.CONFORMS: "The client keeps the rules that were checked",
    RunVerdict.DEVIATES: "The client breaks rules of the contract",
}

_TAGS: Final = {RunVerdict.STALE: "baseline out of date", RunVerdict.EMPTY: "nothing checked"}
"""Other words for verdicts in tags."""

CUT: Final = "Incomplete: the run broke off"


def visible_report(report: Report) -> Report:
    """Return a report with control characters escaped in all texts: its file can come from anybody."""
    return map_texts(report, visible)


def headline(report: Report) -> str:
    """Return the result of a run as a sentence without a full stop."""
    headlines = {**_HEADLINES, **(_OF_CLIENTS if report.header.profile == CLIENTS else {})}
    return CUT if report.cut else headlines[report.footer.verdict]


def tag(report: Report) -> str:
    """Return the result of a run in a word or two."""
    verdict = report.footer.verdict
    return "incomplete" if report.cut else _TAGS.get(verdict, verdict.value)


def incomplete(report: Report) -> str | None:
    """Return the warning for a run that was cut off, None for a complete run."""
    if not report.cut:
        return None
    ended, selected = len(report.outcomes), report.header.selected
    return f"The run broke off after {ended} of {selected} checks: the results of the others are unknown."


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 check`, `2 checks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary(report: Report) -> str:
    """Return the numbers of outcomes in one line, skipped and missing checks included."""
    counts = Counter(outcome.column for outcome in report.outcomes)
    parts = [f"{counts[Column.PASS] + counts[Column.KEPT]} passed", f"{counts[Column.FAIL]} failed"]
    parts += [f"{counted(advice, 'recommendation')} not kept"] if (advice := counts[Column.NOT_KEPT]) else []
    others = (Column.KNOWN, Column.STALE, Column.SKIPPED, Column.INCONCLUSIVE, Column.NOT_SCORED)
    parts += [f"{counts[one]} {one.value}" for one in others if counts[one] or one not in RARE]
    parts += [f"{report.footer.missing} never ended"] if report.footer.missing else []
    return ", ".join(parts)


TRY_IT, ONLY_THIS, READ_MORE = "Try it", "Only this check", "Read more"

COPYABLE: Final = frozenset({TRY_IT, ONLY_THIS})
"""Titles of commands, which are printed without wrapping."""

_SENTENCES = {
    Verdict.FAIL: "The contract says",
    Verdict.KNOWN: "The contract says",
    Verdict.STALE: "What was checked",
    Verdict.PASS: "What was checked",
}
_TO_BE_CHECKED, _NO_VERDICT, _WHY = "What was to be checked", "Why there is no verdict", "Why it matters"
_ACCEPTED, _TO_DO = "Why the baseline lists it", "What is to be done"

PROSE: Final = frozenset({*_SENTENCES.values(), _TO_BE_CHECKED, _NO_VERDICT, _WHY, _ACCEPTED, _TO_DO, READ_MORE})
"""Titles of sections that are sentences. The other sections are requests, responses and commands."""

_LINE = "\n"


def figures(report: Report) -> list[str]:
    """Return the figures of a run, each with the id of its check."""
    return [f"{outcome.id}: {figure}" for outcome in report.outcomes for figure in outcome.figures]


def sentence_title(outcome: Outcome) -> str:
    """Return the title of the section with the sentence of an outcome's clause."""
    return _SENTENCES.get(outcome.verdict, _TO_BE_CHECKED)


def sections(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield the title and text of each section about an outcome, the most important first."""
    yield sentence_title(outcome), outcome.text
    if outcome.accepted:
        yield _ACCEPTED, outcome.accepted
    if not outcome.findings and outcome.reason:
        yield _TO_DO if outcome.verdict is Verdict.STALE else _NO_VERDICT, outcome.reason
    if outcome.why:
        yield _WHY, outcome.why
    for finding in outcome.findings:
        yield "What came back", finding.summary
        if finding.differences or finding.detail:
            yield "Expected and found", _LINE.join(map(str, finding.differences)) or finding.detail
        if finding.curl:
            yield TRY_IT, finding.curl
    yield ONLY_THIS, outcome.only
    if outcome.docs:
        yield READ_MORE, f"seatunnel-v2 explain {outcome.id}, or {outcome.docs} in the documentation"


def explain(outcome: Outcome) -> str:
    """Return the explanation of an outcome as plain text with control characters escaped."""
    head = f"{outcome.level.value} {outcome.verdict.value}: {outcome.reason.partition(_LINE)[0]}"
    return visible("\n".join([head, *(f"{title}:\n{indent(text, '    ')}" for title, text in sections(outcome))]))
