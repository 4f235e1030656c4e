"""Shows a run in a terminal: its progress, then its result, failures and next steps.

The output fits into 80 columns and needs no colours. The progress is not written to a pipe or a file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import TextWrapper, indent, wrap
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from seatunnel_conformance.report.analysis import coverage, coverage_sentence, diagnosis, failure_groups
from seatunnel_conformance.report.events import (
    CLIENTS,
    CheckFinished,
    CheckStarted,
    Event,
    Report,
    RunFinished,
    RunStarted,
)
from seatunnel_conformance.report.outcomes import (
    Outcome,
    RunVerdict,
    Verdict,
    VerdictColumn,
    by_weight,
    columns_of,
    counts_by_group,
)
from seatunnel_conformance.report.text import (
    COPYABLE,
    commands,
    counted,
    figures,
    headline,
    incomplete,
    next_step,
    sections,
    summary,
    tag,
    visible_report,
)
from seatunnel_conformance.text.visible import line

FEW: Final = 3
"""Number of failures that are explained. If there are more, the terminal shows their causes on one screen."""

CAUSES, TELLING = 5, 3
"""On the screen of causes, the maximum number of causes, and of failures that are shown as examples."""

FINDINGS, LINES = 2, 12
"""Maximum numbers of findings of a check, and of lines of a text; the other reports contain all."""

LONGEST_CURL: Final = 200
"""Maximum length of a curl command on the screen of causes."""

REASONS: Final = 4
"""Maximum number of reasons for skipped or inconclusive checks."""

_NARROW, _BESIDE = 20, 60
"""Columns of the progress line: the minimum for the id of a check, and the rest."""

_STYLES: Final = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.KNOWN: "magenta",
    Verdict.STALE: "bold red",
    Verdict.SKIPPED: "dim",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_SCORED: "dim",
}
_COLUMNS: Final = {
    VerdictColumn.PASS: ("MUST\npass", "green"),
    VerdictColumn.FAIL: ("\nfail", "bold red"),
    # MAY is counted here, too; there is no room for the word.
    VerdictColumn.KEPT: ("SHOULD\nkept", "green"),
    VerdictColumn.NOT_KEPT: ("\nnot kept", "yellow"),
    VerdictColumn.KNOWN: ("known\ndeviation", _STYLES[Verdict.KNOWN]),
    VerdictColumn.STALE: ("\nstale", _STYLES[Verdict.STALE]),
    VerdictColumn.SKIPPED: ("\nskipped", _STYLES[Verdict.SKIPPED]),
    VerdictColumn.INCONCLUSIVE: ("\ninconclusive", _STYLES[Verdict.INCONCLUSIVE]),
    VerdictColumn.NOT_SCORED: ("not\nscored", _STYLES[Verdict.NOT_SCORED]),
}
"""The headings of the table's columns, and their styles."""

_FAILED: Final = frozenset({Verdict.FAIL, Verdict.STALE})

_RUN_STYLES: Final = {
    RunVerdict.CONFORMS: "bold green",
    RunVerdict.DEVIATES: "bold red",
    RunVerdict.STALE: "bold red",
    RunVerdict.UNDECIDED: "bold yellow",
    RunVerdict.EMPTY: "bold yellow",
}


def show(
    report: Report, console: Console, *, files: Mapping[str, Path] | None = None, cleanup: str = "seatunnel-v2 cleanup"
) -> None:
    """Print a report. `files` are the other report files of the run by format, `cleanup` is the command to clean up."""
    shown = visible_report(report)
    unpassed = [one for one in by_weight(shown.outcomes) if one.verdict in {*_FAILED, Verdict.INCONCLUSIVE}]
    failed = [one for one in unpassed if one.verdict in _FAILED]
    console.print(_head(shown, console.width))
    many = len(failed) > FEW
    if many:
        _causes(shown, console)
    elif shown.outcomes:
        console.print(_table(shown))
        for outcome in unpassed if len(unpassed) <= FEW else failed:
            _explain(outcome, console)
    _accepted(shown, console)
    for text in figures(shown) if not many else ():
        console.print(Text(f"figure: {text}", style="dim"))
    for verdict in (Verdict.INCONCLUSIVE, Verdict.SKIPPED, Verdict.NOT_SCORED):
        _reasons(shown, verdict, console)
    _foot(shown, console, files or {}, cleanup, rest=many)


def _causes(report: Report, console: Console) -> None:
    """Print the causes of failures with their numbers, typical failures, and the groups of checks that fail."""
    groups = failure_groups(report.outcomes)
    console.print(Text("\nWhat is wrong", style="bold"))
    # There are few rules for clients, and each is broken in its own way.
    rules = report.header.profile == CLIENTS
    most = len(groups) if rules or len(groups) == CAUSES + 1 else CAUSES
    for cause in groups[:most]:
        examples = ", ".join(outcome.id for outcome in cause.outcomes)
        count = counted(len(cause.outcomes), "rule") if rules else cause.count
        parts = (f"{examples}: ", (cause.sentence, "bold")) if rules else ((cause.sentence, "bold"), f": {examples}")
        text = Text.assemble((f"{count:>19}", _STYLES[Verdict.FAIL]), "  ", *parts)
        console.print(text, no_wrap=True, overflow="ellipsis")
    if more := groups[most:]:
        number = sum(len(cause.outcomes) for cause in more)
        console.print(Text(f"{'':21}and {counted(len(more), 'other cause')} of {counted(number, 'failure')}", "dim"))
    stale = [outcome for outcome in report.outcomes if outcome.verdict is Verdict.STALE]
    for outcome in [*(cause.outcomes[0] for cause in groups), *stale][:TELLING]:
        console.print(Text.assemble("\n", _title(outcome)))
        for part in wrap(line(outcome.reason, 300), console.width - 3):
            console.print(Text(f"  {part}"))
        console.print(Text(f"  {_repetition(outcome)}"), soft_wrap=True)
    console.print()
    counts = counts_by_group(report.outcomes)
    numbers = [
        f"{name} {found[VerdictColumn.FAIL]} of {found.total()}"
        for name, found in counts.items()
        if found[VerdictColumn.FAIL]
    ]
    if numbers:
        console.print(Text(f"Failed by group: {', '.join(numbers)}", style="dim"))


def _repetition(outcome: Outcome) -> str:
    """Return the command that repeats a failure: the curl command if it is short, else that which runs the check."""
    curl = outcome.findings[0].curl if outcome.findings else ""
    return curl if curl and "\n" not in curl and len(curl) <= LONGEST_CURL else outcome.only


def _head(report: Report, width: int) -> RenderableType:
    """Return the head of the report: target, result, numbers and diagnosis."""
    header, requests = report.header, sum(outcome.requests for outcome in report.outcomes)
    title = "Rules for clients, checked on " if header.profile == CLIENTS else "Conformance of "
    lines = [Text.assemble(title, (header.addresses, "bold")), Text(f"  {header.facts}", style="dim")]
    lines += [Text(f"  {part}", style="dim") for part in wrap(header.note, width - 3)] if header.note else []
    lines += [Text(f"\n{incomplete(report)}", style="bold yellow")] if report.cut else []
    times = f"{counted(requests, 'request')} in {report.footer.seconds:.1f} s"
    lines += [Text(f"  {', '.join(filter(None, (times, header.scoring)))}", style="dim")]
    verdict = (tag(report).upper(), _RUN_STYLES[report.footer.verdict])
    lines += [Text(""), Text.assemble(verdict, f": {summary(report)}")]
    if found := diagnosis(report):
        lines += [Text(part) for part in wrap(f"{found.sentence} {found.hint}", width - 1)]
    return Group(*lines)


def _table(report: Report) -> RenderableType:
    groups = counts_by_group(report.outcomes)
    shown = columns_of(groups)
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    # In a narrow terminal, the headings are cut, not the names.
    table.add_column("\n", no_wrap=True)
    for one in shown:
        table.add_column(_COLUMNS[one][0], justify="right")
    for name, counts in groups.items():
        numbers = ((counts[one], _COLUMNS[one][1]) for one in shown)
        table.add_row(name, *(Text(str(number or "·"), style=style if number else "dim") for number, style in numbers))
    return Padding(table, (1, 0, 1, 2), expand=False)


def _title(outcome: Outcome) -> Text:
    found = outcome.column
    title = Text.assemble(
        (found.word.upper(), _COLUMNS[found][1]), " ", (outcome.id, "bold"), f"  {outcome.level.value}"
    )
    named = outcome.operation is None or outcome.operation in outcome.id
    return title if named else title.append(f", {outcome.operation}", style="dim")


def _explain(outcome: Outcome, console: Console) -> None:
    console.print(_title(outcome))
    findings = tuple(dict.fromkeys(outcome.findings))
    shown = replace(outcome, findings=findings[:FINDINGS])
    for name, text in sections(shown):
        console.print(Text(f"  {name}", style="dim"))
        for part in _lines(text, None if name in COPYABLE else console.width):
            # Not as markup, so that text from the target can't colour or hide anything.
            console.print(Text(part), soft_wrap=True)
    if more := findings[FINDINGS:]:
        console.print(Text(f"  and {counted(len(more), 'more finding')}", style="dim"))
    console.print()


class _Wrapper(TextWrapper):
    """Also wraps after commas and tags, so that JSON and HTML without blanks are not broken within words."""

    def _split(self, text: str) -> list[str]:
        return [part for part in re.split(r"(\s+)|(?<=[,>])(?=\S)", text) if part]


def _lines(text: str, width: int | None) -> list[str]:
    """Return a text as indented lines, cut after `LINES`. `None` keeps lines whole, to copy commands."""
    lines = [
        indent(part, "    ")
        for whole in text.splitlines()
        for part in ((_Wrapper(width - 5).wrap(whole) or [""]) if width else [whole])
    ]
    # A command is only useful as a whole.
    return (
        lines if len(lines) <= LINES or width is None else [*lines[:LINES], f"    … ({len(lines) - LINES} more lines)"]
    )


def _accepted(report: Report, console: Console) -> None:
    for outcome in report.outcomes:
        if outcome.verdict is Verdict.KNOWN:
            console.print(
                Text(f"known deviation: {outcome.id}: {line(outcome.accepted, 400)}", style=_STYLES[Verdict.KNOWN])
            )


def _reasons(report: Report, verdict: Verdict, console: Console) -> None:
    """Print the most frequent reasons for a verdict, one per line. Checks that depend on one check share a line."""
    reasons = Counter(_in_short(outcome) for outcome in report.outcomes if outcome.verdict is verdict).most_common()
    lines = [f"{number} {verdict.value}: {reason}" for reason, number in reasons[:REASONS]]
    if more := reasons[REASONS:]:
        number = sum(count for _, count in more)
        lines.append(f"{number} {verdict.value} for {counted(len(more), 'other reason')}")
    for text in lines:
        console.print(Text(line(text, 400), style=_STYLES[verdict]), no_wrap=True, overflow="ellipsis")


def _in_short(outcome: Outcome) -> str:
    return f"depends on what {outcome.see} reports" if outcome.see else outcome.reason.partition("\n")[0]


def _foot(report: Report, console: Console, files: Mapping[str, Path], cleanup: str, *, rest: bool) -> None:
    footer = report.footer
    console.print()
    console.print(Text(f"{headline(report)}.", style=_RUN_STYLES[footer.verdict]))
    if report.header.note and not rest and footer.verdict is RunVerdict.DEVIATES:
        # It explains most failures, but its first mention is above all of them.
        console.print(Text(f"Note: {line(report.header.note, 400)}"))
    if footer.leftovers and not report.header.served:
        # An entry that is not an id describes jobs whose ids are unknown.
        known = sum(one.lstrip("-").isdecimal() for one in footer.leftovers)
        jobs, ids = counted(known, "job") if known else "Jobs", line(", ".join(footer.leftovers), 120)
        console.print(Text(f"{jobs} of the suite may still run: {ids}", "yellow"))
        console.print(Text(f"While they run, later runs check less. To stop them: {cleanup}", "yellow"))
    if not rest and (sentence := coverage_sentence(coverage(report))):
        console.print(Text(sentence, style="dim"))
    console.print(Text(f"Next: {next_step(report)}"))
    if rest and "html" not in files:
        console.print(Text("All failures, with requests and responses, are in the report: --report-html FILE"))
    # The screen of causes shows only the first command; report files have all of them.
    for what, command in list(commands(report))[: 1 if rest else None]:
        console.print(Text(f"  {what}:", style="dim"))
        console.print(Text(f"    {command}"), soft_wrap=True)
    for name, path in files.items():
        console.print(Text(f"  {name}: {path}", style="dim"), soft_wrap=True)


class ProgressLine:
    """A line with the progress of a run, if the console is a terminal. `doing` is its text at first."""

    def __init__(self, console: Console, doing: str) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=8),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failed]}", style="red"),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("left", style="dim"),
        )
        self.progress = Progress(
            *columns,
            console=console,
            transient=True,
            disable=not console.is_terminal,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.task = self.progress.add_task(doing, total=None, failed="")

    def begin(self) -> None:
        """Show the line until `close`."""
        self.progress.start()

    def close(self) -> None:
        """Remove the line from the console."""
        self.progress.stop()


class RunProgress(ProgressLine):
    """The progress of a run of the suite, updated with its events."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, "asking the target")
        self.failed = 0
        self.has_begun = False
        """Whether a check has started."""

    def on_event(self, event: Event) -> None:
        """Update the progress."""
        match event:
            case RunStarted():
                self.progress.update(self.task, total=event.selected)
                self.begin()
            case CheckStarted():
                self.has_begun = True
                width = max(_NARROW, self.progress.console.width - _BESIDE)
                self.progress.update(self.task, description=f"{line(event.id):<{width}.{width}}")
            case CheckFinished(outcome):
                self.failed += outcome.verdict is Verdict.FAIL
                failed = f"{self.failed} failed" if self.failed else ""
                self.progress.update(self.task, advance=1, failed=failed)
            case RunFinished():
                self.close()
