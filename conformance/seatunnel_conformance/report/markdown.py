"""The report as Markdown, for the summary of a job on a CI server: short, failures first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from seatunnel_conformance.report.diagnosis import diagnosis
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.plain import ASIDE, sections
from seatunnel_conformance.report.visible import line, visible_report
from seatunnel_conformance.report.words import by_weight, counted, headline, incomplete, next_step, summary
from seatunnel_conformance.verdicts import Verdict

LIMIT: Final = 900_000
"""Bytes of a summary; GitHub takes no more than 1 MiB."""

EXPLAINED: Final = 20
"""Checks that are explained; of the others only their names are given."""

_LONGEST: Final = 2_000
"""Characters of one text that are shown."""


def as_markdown(report: Report) -> str:
    """Return the report as GitHub-flavoured Markdown of at most `LIMIT` bytes."""
    kept: list[str] = []
    left = LIMIT
    for block in _blocks(visible_report(report)):
        left -= len(block.encode()) + 1
        if left < 0:
            kept.append("*The rest does not fit here: the other reports have it.*\n")
            break
        kept.append(block)
    return "\n".join(kept)


def _blocks(report: Report) -> Iterator[str]:
    header, footer = report.header, report.footer
    yield f"## {headline(report)}\n"
    if warning := incomplete(report):
        yield f"> [!WARNING]\n> {warning}\n"
    facts = f"contract {header.release}, profile {header.profile}, seed {header.seed}"
    yield f"{_code(header.target)} against {facts}, in {footer.seconds:.1f} s: **{summary(report)}**.\n"
    if found := diagnosis(report):
        yield f"{found.sentence}\n"
    for verdict in (Verdict.FAIL, Verdict.STALE, Verdict.INCONCLUSIVE, Verdict.KNOWN):
        yield from _unpassed([outcome for outcome in by_weight(report.outcomes) if outcome.verdict is verdict])
    yield _table(report)
    reasons = Counter(outcome.reason for outcome in report.outcomes if outcome.verdict is Verdict.SKIPPED)
    yield from (f"- {number} skipped: {line(reason)}" for reason, number in reasons.most_common())
    yield f"\nNext: {next_step(report)}\n"


def _unpassed(outcomes: list[Outcome]) -> Iterator[str]:
    if outcomes:
        yield f"### {counted(len(outcomes), 'check')} {outcomes[0].verdict.value}\n"
    yield from map(_explained, outcomes[:EXPLAINED])
    if outcomes[EXPLAINED:]:
        yield f"And {', '.join(_code(outcome.id) for outcome in outcomes[EXPLAINED:])}.\n"


def _explained(outcome: Outcome) -> str:
    lines = [f"<details><summary><code>{outcome.id}</code> {outcome.level.value}: {_escaped(outcome.text)}</summary>\n"]
    for title, text in sections(outcome):
        lines += [f"{title}: {_escaped(line(text, _LONGEST))}\n"] if title in ASIDE else [f"{title}:\n", _fenced(text)]
    return "\n".join([*lines, "</details>\n"])


def _table(report: Report) -> str:
    verdicts = list(Verdict)
    rows = [["group", *(verdict.value for verdict in verdicts)], ["---", *("---:" for _ in verdicts)]]
    for name, outcomes in groupby(sorted(report.outcomes, key=_group), key=_group):
        found = Counter(outcome.verdict for outcome in outcomes)
        rows.append([name, *(str(found[verdict] or "") for verdict in verdicts)])
    return "\n".join(["### All checks\n", *(f"| {' | '.join(row)} |" for row in rows), ""])


def _group(outcome: Outcome) -> str:
    return outcome.group


def _code(text: str) -> str:
    return f"`{text.replace('`', chr(0x2019))}`"


def _escaped(text: str) -> str:
    """Return a sentence of ours as Markdown that means nothing else: `code` stays code."""
    return re.sub(r"([\\*_\[\]#|@])", r"\\\1", text).replace("<", "&lt;").replace(">", "&gt;")


def _fenced(text: str) -> str:
    """Return a text as a block of code that ends where we say."""
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown}\n{fence}\n"
