"""One outcome in words, for everything that shows text."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent
from typing import Final

from seatunnel_conformance.report.outcomes import Finding, Outcome
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.text.visible import visible

TRY_IT, ONLY_THIS, READ_MORE = "Try it", "Only this check", "Read more"

LINE = "\n"

COPYABLE: Final = frozenset({TRY_IT, ONLY_THIS})
"""Headings of commands, which are to be copied as they stand."""

_SENTENCES = {
    Verdict.FAIL: "The contract says",
    Verdict.KNOWN: "The contract says",
    Verdict.STALE: "What was checked",
    Verdict.PASS: "What was checked",
}
_TO_BE_CHECKED, _NO_VERDICT, _WHY = "What was to be checked", "Why there is no verdict", "Why it matters"
_ACCEPTED, _TO_DO = "Why the baseline lists it", "What is to be done"

ASIDE: Final = frozenset({*_SENTENCES.values(), _TO_BE_CHECKED, _NO_VERDICT, _WHY, _ACCEPTED, _TO_DO, READ_MORE})
"""Headings of sentences; under the others stands what was sent, what came back, or what is to be typed."""


def sentence_title(outcome: Outcome) -> str:
    """Return the heading under which the sentence of an outcome's clause stands."""
    return _SENTENCES.get(outcome.verdict, _TO_BE_CHECKED)


def sections(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield what there is to say about an outcome, as headings and texts, the most important first."""
    yield sentence_title(outcome), outcome.text
    if outcome.accepted:
        yield _ACCEPTED, outcome.accepted
    if not outcome.findings and outcome.reason:
        yield _TO_DO if outcome.verdict is Verdict.STALE else _NO_VERDICT, outcome.reason
    if outcome.why:
        yield _WHY, outcome.why
    for finding in outcome.findings:
        yield from _of_finding(finding)
    yield ONLY_THIS, outcome.only
    if outcome.docs:
        yield READ_MORE, f"seatunnel-v2 explain {outcome.id}, or {outcome.docs} in the documentation"


def _of_finding(finding: Finding) -> Iterator[tuple[str, str]]:
    yield "What came back", finding.summary
    if finding.differences or finding.detail:
        yield "Expected and found", LINE.join(map(str, finding.differences)) or finding.detail
    if finding.curl:
        yield TRY_IT, finding.curl


def explain(outcome: Outcome) -> str:
    """Return all that there is to say about an outcome as plain, visible text."""
    head = f"{outcome.level.value} {outcome.verdict.value}: {outcome.reason.partition(LINE)[0]}"
    return visible("\n".join([head, *(f"{title}:\n{indent(text, '    ')}" for title, text in sections(outcome))]))
