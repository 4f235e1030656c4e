"""The report as Markdown, for the summary of a job on a CI server: short, failures first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from seatunnel_conformance.report.analysis import FailureGroup, diagnosis, failure_groups
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.outcomes import (
    Outcome,
    Verdict,
    VerdictColumn,
    by_weight,
    columns_of,
    counts_by_group,
)
from seatunnel_conformance.report.text import (
    COPYABLE,
    PROSE,
    commands,
    counted,
    figures,
    headline,
    incomplete,
    next_step,
    sections,
    summary,
    visible_report,
)
from seatunnel_conformance.text.visible import line

LIMIT: Final = 900_000
"""Maximum number of bytes; GitHub accepts 1 MiB."""

EXPLAINED: Final = 20
"""Number of checks that are explained; of the others only ids are listed."""

_LONGEST: Final = 2_000
"""Maximum number of characters of a text."""

_UNPASSED: Final = (
    VerdictColumn.FAIL,
    VerdictColumn.NOT_KEPT,
    VerdictColumn.STALE,
    VerdictColumn.INCONCLUSIVE,
    VerdictColumn.KNOWN,
)

_HEADINGS: Final = {
    VerdictColumn.PASS: "MUST pass",
    VerdictColumn.FAIL: "MUST fail",
    VerdictColumn.KEPT: "SHOULD or MAY kept",
    VerdictColumn.NOT_KEPT: "SHOULD or MAY not kept",
}


def as_markdown(report: Report) -> str:
    """Return the report as GitHub-flavoured Markdown of at most `LIMIT` bytes."""
    kept: list[str] = []
    left = LIMIT
    for block in _blocks(visible_report(report)):
        left -= len(block.encode()) + 1
        if left < 0:
            kept.append("*The rest is left out because it is too long; the other formats contain it.*\n")
            break
        kept.append(block)
    return "\n".join(kept)


def _blocks(report: Report) -> Iterator[str]:
    header, footer = report.header, report.footer
    yield f"## {headline(report)}\n"
    if warning := incomplete(report):
        yield f"> [!WARNING]\n> {warning}\n"
    facts = ", ".join(filter(None, (header.facts, header.scoring, f"in {footer.seconds:.1f} s")))
    yield f"{_code(header.addresses)} against {facts}: **{summary(report)}**.\n"
    if found := diagnosis(report):
        yield f"{found.sentence}\n"
    yield from _causes(failure_groups(report.outcomes))
    for kind in _UNPASSED:
        yield from _unpassed(kind, [outcome for outcome in by_weight(report.outcomes) if outcome.column is kind])
    groups = counts_by_group(report.outcomes)
    shown = columns_of(groups)
    rows = [["group", *(_HEADINGS.get(one, one.value) for one in shown)], ["---", *("---:" for _ in shown)]]
    rows += [[name, *(str(groups[name][one] or "") for one in shown)] for name in sorted(groups)]
    yield "\n".join(["### All checks\n", *(f"| {' | '.join(row)} |" for row in rows), ""])
    reasons = Counter(outcome.reason for outcome in report.outcomes if outcome.verdict is Verdict.SKIPPED)
    yield from (f"- {number} skipped: {line(reason)}" for reason, number in reasons.most_common())
    yield from (f"- figure: {_escaped(text)}" for text in figures(report))
    yield f"\nNext: {next_step(report)}\n"
    if steps := [f"# {what}\n{command}" for what, command in commands(report)]:
        yield _fenced("\n".join(steps))


def _causes(groups: Sequence[FailureGroup]) -> Iterator[str]:
    """Yield the causes that several failures share."""
    if any(len(group.outcomes) > 1 for group in groups):
        yield "### What is wrong\n"
        for group in groups[:EXPLAINED]:
            yield f"- {_escaped(group.sentence)}: {group.count}, such as {_code(group.outcomes[0].id)}"
        yield ""


def _unpassed(kind: VerdictColumn, outcomes: list[Outcome]) -> Iterator[str]:
    if outcomes:
        noun = "recommendation" if kind is VerdictColumn.NOT_KEPT else "check"
        yield f"### {counted(len(outcomes), noun)} {kind.value}\n"
    yield from map(_explained, outcomes[:EXPLAINED])
    if outcomes[EXPLAINED:]:
        yield f"And {', '.join(_code(outcome.id) for outcome in outcomes[EXPLAINED:])}.\n"


def _explained(outcome: Outcome) -> str:
    lines = [f"<details><summary><code>{outcome.id}</code> {outcome.level.value}: {_escaped(outcome.text)}</summary>\n"]
    for title, text in sections(outcome):
        if title in COPYABLE and len(text) > _LONGEST:
            # A script that is cut off does something else, or does not run.
            lines += [f"{title}: *left out because it is too long; the other formats contain it.*\n"]
            continue
        lines += [f"{title}: {_escaped(line(text, _LONGEST))}\n"] if title in PROSE else [f"{title}:\n", _fenced(text)]
    return "\n".join([*lines, "</details>\n"])


def _code(text: str) -> str:
    return f"`{text.replace('`', chr(0x2019))}`"


def _escaped(text: str) -> str:
    """Return a sentence with Markdown escaped, except `code`."""
    return re.sub(r"([\\*_\[\]#|@])", r"\\\1", text).replace("<", "&lt;").replace(">", "&gt;")


def _fenced(text: str) -> str:
    """Return a text as a code block with a fence that is not in the text."""
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown}\n{fence}\n"
