"""The report in a terminal: what was found, and what to do next.

It reads the same without colours and fits into 80 columns.
"""

from __future__ import annotations

import shlex
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
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.plain import COPYABLE, sections
from seatunnel_conformance.report.visible import line, visible_report
from seatunnel_conformance.report.words import RARE, by_weight, counted, headline, incomplete, next_step, summary
from seatunnel_conformance.verdicts import RunVerdict, Verdict
from seatunnel_openapi.clauses import Level

WHOLE: Final = 8
"""Checks that are explained; the others get a line each."""

FINDINGS, LINES = 2, 12
"""Findings of a check, and lines of a text, that are shown; the other reports have all of them."""

RERUN: Final = 6
"""Failing checks that the command to run them again can name; more make a line that nobody reads."""

_STYLES: Final = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.KNOWN: "yellow",
    Verdict.STALE: "bold red",
    Verdict.SKIPPED: "dim",
    Verdict.INCONCLUSIVE: "yellow",
}
_NAMES: Final = {
    Verdict.PASS: "MUST\npass",
    Verdict.FAIL: "\nfail",
    Verdict.KNOWN: "known\ndeviation",
    Verdict.STALE: "\nstale",
    Verdict.SKIPPED: "\nskipped",
    Verdict.INCONCLUSIVE: "\ninconclusive",
}
_ADVICE: Final = {Verdict.PASS: "SHOULD\nkept", Verdict.FAIL: "or MAY\nnot kept"}
_COLUMNS: Final = {
    _NAMES[Verdict.PASS]: "green",
    _NAMES[Verdict.FAIL]: "bold red",
    _ADVICE[Verdict.PASS]: "green",
    _ADVICE[Verdict.FAIL]: "yellow",
    **{_NAMES[verdict]: _STYLES[verdict] for verdict in (*RARE, Verdict.SKIPPED, Verdict.INCONCLUSIVE)},
}
"""The columns of the table with their styles, in their order."""

_RARE: Final = frozenset(_NAMES[verdict] for verdict in RARE)
"""Columns that are there only where something is in them."""

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
    header = report.header
    facts = f"contract {header.release}, profile {header.profile}, seed {header.seed}"
    lines = [Text.assemble("Conformance of ", (header.target, "bold")), Text(f"  {facts}", style="dim")]
    lines += [Text(f"  {header.note}", style="dim")] if header.note else []
    lines += [Text(f"\n{incomplete(report)}", style="bold yellow")] if report.cut else []
    lines += [Text(""), _verdict(report)]
    if looks := diagnosis(report):
        lines += [Text(part) for part in wrap(f"{looks.sentence} {looks.hint}", width - 1)]
    return Group(*lines)


def _verdict(report: Report) -> Text:
    return Text(f"{headline(report)}.", style=_RUN_STYLES[report.footer.verdict])


def _table(report: Report) -> RenderableType:
    by_group = Counter((outcome.group, _column(outcome)) for outcome in report.outcomes)
    shown = {column for _, column in by_group}
    columns = {name: style for name, style in _COLUMNS.items() if name in shown or name not in _RARE}
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("\n")
    for name in columns:
        table.add_column(name, justify="right")
    for group in dict.fromkeys(outcome.group for outcome in report.outcomes):
        numbers = ((by_group[group, name], style) for name, style in columns.items())
        order = [Text(str(number) if number else "·", style=style if number else "dim") for number, style in numbers]
        table.add_row(group, *order)
    return Padding(table, (1, 0, 1, 2), expand=False)


def _column(outcome: Outcome) -> str:
    """Return the column that an outcome counts in: what only should be has columns of its own."""
    if outcome.level is not Level.MUST and outcome.verdict in _ADVICE:
        return _ADVICE[outcome.verdict]
    return _NAMES[outcome.verdict]


def _unpassed(report: Report, console: Console, files: Mapping[str, Path]) -> None:
    unpassed = [one for one in by_weight(report.outcomes) if one.verdict in _EXPLAINED]
    for outcome in unpassed[:WHOLE]:
        _explain(outcome, console)
    for outcome in unpassed[WHOLE:]:
        if outcome.verdict is not Verdict.INCONCLUSIVE:
            console.print(_title(outcome), no_wrap=True, overflow="ellipsis")
    if undecided := [outcome.id for outcome in unpassed[WHOLE:] if outcome.verdict is Verdict.INCONCLUSIVE]:
        console.print(Text.assemble(_tag(Verdict.INCONCLUSIVE), f" {', '.join(undecided)}"))
    if unpassed[WHOLE:]:
        where = files.get("html") or "the report that --report-html writes"
        console.print(Text(f"  (all of them are explained in {where})\n", style="dim"))


def _tag(verdict: Verdict) -> tuple[str, str]:
    return verdict.value.upper(), _STYLES[verdict]


def _title(outcome: Outcome) -> Text:
    advice = outcome.verdict is Verdict.FAIL and outcome.level is not Level.MUST
    tag = ("NOT KEPT", "yellow") if advice else _tag(outcome.verdict)
    title = Text.assemble(tag, " ", (outcome.id, "bold"), f"  {outcome.level.value}")
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
    requests = sum(outcome.requests for outcome in report.outcomes)
    console.print()
    console.print(_verdict(report))
    console.print(Text(f"{summary(report)}; {counted(requests, 'request')} in {footer.seconds:.1f} s."))
    if report.header.note and footer.verdict is RunVerdict.DEVIATES:
        # Far up by now, and what explains most failures at once.
        console.print(Text(f"Note: {line(report.header.note, 400)}"))
    if footer.leftovers:
        console.print(Text(f"These jobs of the suite could not be stopped: {', '.join(footer.leftovers)}", "yellow"))
        console.print(Text("When the target is back: seatunnel-v2 cleanup", "yellow"))
    console.print(Text(f"Next: {next_step(report)}"))
    for command in _again(report):
        console.print(Text("  all failing checks again:", style="dim"))
        console.print(Text(f"    {command}"), soft_wrap=True)
    for name, path in files.items():
        console.print(Text(f"  {name}: {path}", style="dim"), soft_wrap=True)


def _again(report: Report) -> Iterator[str]:
    """Yield the command that makes all failing checks again, if they are few; one alone has told it already."""
    failing = [outcome for outcome in by_weight(report.outcomes) if outcome.verdict is Verdict.FAIL]
    if not 1 < len(failing) <= RERUN:
        return
    words = shlex.split(failing[0].only)
    more = [word for outcome in failing[1:] for word in ("--only", outcome.id)]
    seed = ["--seed", str(report.header.seed)] if any(" " in outcome.id for outcome in failing) else []
    yield shlex.join([*words, *more, *(seed if "--seed" not in words else [])])
