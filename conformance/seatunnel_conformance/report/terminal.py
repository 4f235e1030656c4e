"""The report in a terminal: what was found, and what to do next.

It reads the same without colours and fits into 80 columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import indent, wrap
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seatunnel_conformance.report.diagnosis import diagnosis
from seatunnel_conformance.report.events import Report
from seatunnel_conformance.report.onwards import commands
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.plain import COPYABLE, sections
from seatunnel_conformance.report.standing import Standing, by_group, columns, standing
from seatunnel_conformance.report.verdicts import RunVerdict, Verdict
from seatunnel_conformance.report.visible import visible_report
from seatunnel_conformance.report.words import by_weight, counted, headline, incomplete, next_step, summary, tag
from seatunnel_conformance.text.visible import line

WHOLE: Final = 8
"""Checks that are explained; the others get a line each."""

FINDINGS, LINES = 2, 12
"""Findings of a check, and lines of a text, that are shown; the other reports have all of them."""

_STYLES: Final = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.KNOWN: "yellow",
    Verdict.STALE: "bold red",
    Verdict.SKIPPED: "dim",
    Verdict.INCONCLUSIVE: "yellow",
}
_COLUMNS: Final = {
    Standing.PASS: ("MUST\npass", "green"),
    Standing.FAIL: ("\nfail", "bold red"),
    Standing.KEPT: ("SHOULD\nkept", "green"),
    Standing.NOT_KEPT: ("or MAY\nnot kept", "yellow"),
    Standing.KNOWN: ("known\ndeviation", _STYLES[Verdict.KNOWN]),
    Standing.STALE: ("\nstale", _STYLES[Verdict.STALE]),
    Standing.SKIPPED: ("\nskipped", _STYLES[Verdict.SKIPPED]),
    Standing.INCONCLUSIVE: ("\ninconclusive", _STYLES[Verdict.INCONCLUSIVE]),
}
"""The headings of the table's columns, and their styles."""

_EXPLAINED: Final = frozenset({Verdict.FAIL, Verdict.STALE, Verdict.INCONCLUSIVE})

_RUN_STYLES: Final = {
    RunVerdict.CONFORMS: "bold green",
    RunVerdict.DEVIATES: "bold red",
    RunVerdict.STALE: "bold red",
    RunVerdict.UNDECIDED: "bold yellow",
    RunVerdict.EMPTY: "bold yellow",
}


def show(report: Report, console: Console, *, files: Mapping[str, Path] | None = None) -> None:
    """Print a report. `files` are the other views that there are of it, by format."""
    shown = visible_report(report)
    console.print(_head(shown, console.width))
    if shown.outcomes:
        console.print(_table(shown))
    _unpassed(shown, console, files or {})
    for text in (*_accepted(shown), *_skipped(shown)):
        console.print(text)
    _foot(shown, console, files or {})


def _head(report: Report, width: int) -> RenderableType:
    """Return what a run came to, its numbers, and what the target looks like: all that the first screen has to tell."""
    header, requests = report.header, sum(outcome.requests for outcome in report.outcomes)
    facts = f"contract {header.release}, profile {header.profile}, seed {header.seed}"
    lines = [Text.assemble("Conformance of ", (header.target, "bold")), Text(f"  {facts}", style="dim")]
    lines += [Text(f"  {part}", style="dim") for part in wrap(header.note, width - 3)] if header.note else []
    lines += [Text(f"\n{incomplete(report)}", style="bold yellow")] if report.cut else []
    lines += [Text(f"  {counted(requests, 'request')} in {report.footer.seconds:.1f} s", style="dim")]
    verdict = (tag(report).upper(), _RUN_STYLES[report.footer.verdict])
    lines += [Text(""), Text.assemble(verdict, f": {summary(report)}")]
    if looks := diagnosis(report):
        lines += [Text(part) for part in wrap(f"{looks.sentence} {looks.hint}", width - 1)]
    return Group(*lines)


def _table(report: Report) -> RenderableType:
    groups = by_group(report.outcomes)
    shown = columns(groups)
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("\n")
    for one in shown:
        table.add_column(_COLUMNS[one][0], justify="right")
    for name, counts in groups.items():
        numbers = ((counts[one], _COLUMNS[one][1]) for one in shown)
        table.add_row(name, *(Text(str(number or "·"), style=style if number else "dim") for number, style in numbers))
    return Padding(table, (1, 0, 1, 2), expand=False)


def _unpassed(report: Report, console: Console, files: Mapping[str, Path]) -> None:
    unpassed = [one for one in by_weight(report.outcomes) if one.verdict in _EXPLAINED]
    for outcome in unpassed[:WHOLE]:
        _explain(outcome, console)
    for outcome in unpassed[WHOLE:]:
        if outcome.verdict is not Verdict.INCONCLUSIVE:
            console.print(_title(outcome), no_wrap=True, overflow="ellipsis")
    if undecided := [outcome.id for outcome in unpassed[WHOLE:] if outcome.verdict is Verdict.INCONCLUSIVE]:
        console.print(Text.assemble(_named(Verdict.INCONCLUSIVE), f" {', '.join(undecided)}"))
    if unpassed[WHOLE:]:
        where = files.get("html") or "the report that --report-html writes"
        console.print(Text(f"  (all of them are explained in {where})\n", style="dim"))


def _named(verdict: Verdict) -> tuple[str, str]:
    return verdict.value.upper(), _STYLES[verdict]


def _title(outcome: Outcome) -> Text:
    found = standing(outcome)
    told = (found.word.upper(), _COLUMNS[found][1]) if found is Standing.NOT_KEPT else _named(outcome.verdict)
    title = Text.assemble(told, " ", (outcome.id, "bold"), f"  {outcome.level.value}")
    named = outcome.operation is None or outcome.operation in outcome.id
    return title if named else title.append(f", {outcome.operation}", style="dim")


def _explain(outcome: Outcome, console: Console) -> None:
    console.print(_title(outcome))
    shown = replace(outcome, findings=outcome.findings[:FINDINGS])
    for name, text in sections(shown):
        console.print(Text(f"  {name}", style="dim"))
        for part in _lines(text, None if name in COPYABLE else console.width):
            # Never as markup: what a target sends must not colour or hide anything.
            console.print(Text(part), soft_wrap=True)
    if len(outcome.findings) > FINDINGS:
        console.print(Text(f"  and {len(outcome.findings) - FINDINGS} more findings", style="dim"))
    console.print()


def _lines(text: str, width: int | None) -> list[str]:
    """Return a text as indented lines, cut after `LINES`; None keeps lines whole, so that commands can be copied."""
    lines = [
        indent(part, "    ")
        for whole in text.splitlines()
        for part in ((wrap(whole, width - 5, break_on_hyphens=False) or [""]) if width else [whole])
    ]
    return lines if len(lines) <= LINES else [*lines[:LINES], f"    … ({len(lines) - LINES} more lines)"]


def _accepted(report: Report) -> Iterator[RenderableType]:
    for outcome in report.outcomes:
        if outcome.verdict is Verdict.KNOWN:
            yield Text(f"known deviation: {outcome.id}: {line(outcome.accepted, 400)}", style="yellow")


def _skipped(report: Report) -> Iterator[RenderableType]:
    reasons = Counter(outcome.reason for outcome in report.outcomes if outcome.verdict is Verdict.SKIPPED)
    for reason, number in reasons.most_common():
        yield Text(f"{number} skipped: {line(reason, 400)}", style="dim")


def _foot(report: Report, console: Console, files: Mapping[str, Path]) -> None:
    footer = report.footer
    console.print()
    console.print(Text(f"{headline(report)}.", style=_RUN_STYLES[footer.verdict]))
    if report.header.note and footer.verdict is RunVerdict.DEVIATES:
        # Far up by now, and what explains most failures at once.
        console.print(Text(f"Note: {line(report.header.note, 400)}"))
    if footer.leftovers:
        console.print(Text(f"These jobs of the suite could not be stopped: {', '.join(footer.leftovers)}", "yellow"))
        console.print(Text("When the target is back: seatunnel-v2 cleanup", "yellow"))
    console.print(Text(f"Next: {next_step(report)}"))
    for what, command in commands(report):
        console.print(Text(f"  {what}:", style="dim"))
        console.print(Text(f"    {command}"), soft_wrap=True)
    for name, path in files.items():
        console.print(Text(f"  {name}: {path}", style="dim"), soft_wrap=True)
