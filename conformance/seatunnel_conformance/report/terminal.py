"""The report in a terminal: progress while the run goes on, then what was found, and what to do next.

It reads the same without colours, fits into 80 columns, and shows no progress where nobody watches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from textwrap import indent, wrap
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from seatunnel_conformance.report.events import CheckFinished, CheckStarted, Event, Report, RunFinished, RunStarted
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.plain import COPYABLE, sections
from seatunnel_conformance.report.words import next_step, summary, verdict_words
from seatunnel_conformance.verdicts import RunVerdict, Verdict
from seatunnel_openapi.clauses import Level

WHOLE: Final = 8
"""Checks that are explained; the others get a line each."""

FINDINGS, LINES = 2, 12
"""Findings of a check, and lines of a text, that are shown; the other reports have all of them."""

_STYLES: Final = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.SKIPPED: "dim",
    Verdict.INCONCLUSIVE: "yellow",
}
_RUN_STYLES: Final = {
    RunVerdict.CONFORMS: "bold green",
    RunVerdict.DEVIATES: "bold red",
    RunVerdict.UNDECIDED: "bold yellow",
    RunVerdict.EMPTY: "bold yellow",
}


class Watcher:
    """Shows progress on a console that somebody watches, by the events of a run."""

    def __init__(self, console: Console) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self.progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self.task = self.progress.add_task("checking", total=None)

    def hear(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case RunStarted():
                self.progress.update(self.task, total=event.selected)
                self.progress.start()
            case CheckStarted():
                self.progress.update(self.task, description=f"{event.id:<36.36}")
            case CheckFinished():
                self.progress.advance(self.task)
            case RunFinished():
                self.close()

    def close(self) -> None:
        """Leave the console as it was."""
        self.progress.stop()


def show(report: Report, console: Console, *, html: bool) -> None:
    """Print a report. `html` tells whether there is an HTML report to look into as well."""
    console.print(_head(report))
    console.print(_table(report))
    unpassed = sorted((o for o in report.outcomes if o.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE}), key=_weight)
    for outcome in unpassed[:WHOLE]:
        _explain(outcome, console)
    for outcome in unpassed[WHOLE:]:
        if outcome.verdict is Verdict.FAIL:
            console.print(_title(outcome), no_wrap=True, overflow="ellipsis")
    if undecided := [outcome.id for outcome in unpassed[WHOLE:] if outcome.verdict is Verdict.INCONCLUSIVE]:
        console.print(Text.assemble(_tag(Verdict.INCONCLUSIVE), f" {', '.join(undecided)}"))
    if unpassed[WHOLE:]:
        console.print(Text("  (explained in the reports that --report-html and --report-ndjson write)\n", style="dim"))
    for line in _skipped(report):
        console.print(line)
    console.print(_foot(report, html=html))


def _weight(outcome: Outcome) -> tuple[bool, bool, bool]:
    # A clause says more than generated requests do, so it comes first.
    return outcome.verdict is not Verdict.FAIL, outcome.level is not Level.MUST, " " in outcome.id


def _head(report: Report) -> RenderableType:
    header = report.header
    facts = f"contract {header.release}, profile {header.profile}, seed {header.seed}"
    lines = [Text.assemble("Conformance of ", (header.target, "bold")), Text(f"  {facts}", style="dim")]
    return Group(*lines, *([Text(f"  {header.note}", style="dim")] if header.note else []))


def _table(report: Report) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="dim")
    table.add_column("")
    for name in ("pass", "fail", "skipped", "inconclusive"):
        table.add_column(name, justify="right")
    by_group = Counter((outcome.group, outcome.verdict) for outcome in report.outcomes)
    for group in dict.fromkeys(outcome.group for outcome in report.outcomes):
        numbers = ((by_group[group, verdict], style) for verdict, style in _STYLES.items())
        order = [Text(str(number) if number else "·", style=style if number else "dim") for number, style in numbers]
        table.add_row(group, *order)
    return Padding(table, (1, 0, 1, 2))


def _tag(verdict: Verdict) -> tuple[str, str]:
    return verdict.value.upper(), _STYLES[verdict]


def _title(outcome: Outcome) -> Text:
    title = Text.assemble(_tag(outcome.verdict), " ", (outcome.id, "bold"), f"  {outcome.level.value}")
    named = outcome.operation is None or outcome.operation in outcome.id
    return title if named else title.append(f", {outcome.operation}", style="dim")


def _explain(outcome: Outcome, console: Console) -> None:
    console.print(_title(outcome))
    shown = replace(outcome, findings=outcome.findings[:FINDINGS])
    for name, text in sections(shown):
        console.print(Text(f"  {name}", style="dim"))
        for line in _lines(printable(text), None if name in COPYABLE else console.width):
            # Never as markup: what a target sends must not colour or hide anything.
            console.print(Text(line), soft_wrap=True)
    if len(outcome.findings) > FINDINGS:
        console.print(Text(f"  and {len(outcome.findings) - FINDINGS} more findings", style="dim"))
    console.print()


def _lines(text: str, width: int | None) -> list[str]:
    """Return a text as indented lines, cut after `LINES`; None keeps lines whole, so that commands can be copied."""
    lines = [
        indent(part, "    ")
        for line in text.splitlines()
        for part in ((wrap(line, width - 5, break_on_hyphens=False) or [""]) if width else [line])
    ]
    return lines if len(lines) <= LINES else [*lines[:LINES], f"    … ({len(lines) - LINES} more lines)"]


def printable(text: str) -> str:
    """Return a text without control characters: what a target sends must not steer a terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _skipped(report: Report) -> Iterator[RenderableType]:
    reasons = Counter(outcome.reason for outcome in report.outcomes if outcome.verdict is Verdict.SKIPPED)
    for reason, number in reasons.most_common():
        yield Text(f"{number} skipped: {printable(reason)}", style="dim")


def _foot(report: Report, *, html: bool) -> RenderableType:
    footer = report.footer
    requests = sum(outcome.requests for outcome in report.outcomes)
    lines = [
        Text(f"{verdict_words(footer.verdict)}.", style=_RUN_STYLES[footer.verdict]),
        Text(f"{summary(report)}; {requests} requests in {footer.seconds:.1f} s."),
        Text(f"Next: {next_step(report, html=html)}"),
    ]
    if footer.leftovers:
        lines.append(Text(f"These jobs of the suite could not be stopped: {', '.join(footer.leftovers)}", "yellow"))
    return Group(Text(""), *lines)
