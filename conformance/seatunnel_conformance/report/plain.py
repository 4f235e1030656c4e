"""One outcome in words, for everything that shows text."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.verdicts import Verdict

TRY_IT, ONLY_THIS = "Try it", "Only this check"

LINE = "\n"

COPYABLE = frozenset({TRY_IT, ONLY_THIS})
"""Headings of commands, which are to be copied as they stand."""

_SENTENCES = {
    Verdict.FAIL: "The contract says",
    Verdict.INCONCLUSIVE: "What was to be checked",
    Verdict.SKIPPED: "What was to be checked",
    Verdict.PASS: "What was checked",
}


def sections(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield what there is to say about an outcome, as headings and texts, the most important first."""
    yield _SENTENCES[outcome.verdict], outcome.text
    if not outcome.findings and outcome.reason:
        yield "Why there is no verdict", outcome.reason
    if outcome.why:
        yield "Why it matters", outcome.why
    for finding in outcome.findings:
        yield "What came back", finding.summary
        if finding.detail:
            yield "Expected and found", finding.detail
        if finding.curl:
            yield TRY_IT, finding.curl
    yield ONLY_THIS, outcome.only


def explain(outcome: Outcome) -> str:
    """Return all that there is to say about an outcome as plain text."""
    head = f"{outcome.level.value} {outcome.verdict.value}: {outcome.reason.partition(LINE)[0]}"
    return "\n".join([head, *(f"{title}:\n{indent(text, '    ')}" for title, text in sections(outcome))])
