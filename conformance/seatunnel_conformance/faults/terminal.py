"""Terminal output of a run: progress, then a table by kind, the score, and unexpected results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from seatunnel_conformance.faults.catalogue import Expected, Fault
from seatunnel_conformance.faults.results import Event, FaultResult, FaultsFinished, FaultsStarted, FaultStatus
from seatunnel_conformance.faults.score import Score
from seatunnel_conformance.text.visible import line
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Level

_COLUMNS: Final = (
    ("killed", (FaultStatus.KILLED,), "green"),
    ("elsewhere", (FaultStatus.KILLED_ELSEWHERE,), "yellow"),
    ("undecided", (FaultStatus.UNDECIDED,), "yellow"),
    ("survived", (FaultStatus.SURVIVED,), "bold red"),
    ("not tried", (FaultStatus.UNOBSERVABLE, FaultStatus.IDLE, FaultStatus.BROKEN), "dim"),
)

_EXPECTED: Final = {Expected.UNDECIDED: "undecided is expected", Expected.IGNORED: "survived is expected"}

_FALSE_ALARM: Final = "false alarm"


class ProgressDisplay:
    """Shows the progress of a run on an interactive console."""

    def __init__(self, console: Console) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        self.progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self.task = self.progress.add_task("trying faults", total=None)

    def on_event(self, event: Event) -> None:
        """Update the display."""
        match event:
            case FaultsStarted():
                self.progress.update(self.task, total=event.selected)
                self.progress.start()
            case FaultResult():
                self.progress.update(self.task, advance=1, description=f"{event.fault:<40.40}")
            case FaultsFinished():
                self.close()

    def close(self) -> None:
        """Remove the display."""
        self.progress.stop()


def show(score: Score, contract: Contract, faults: Mapping[str, Fault], console: Console) -> None:
    """Print a score."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("", no_wrap=True)
    for name in ("faults", *(name for name, _, _ in _COLUMNS)):
        table.add_column(name, justify="right")
    for row in score.rows:
        numbers = ((row.count(*fates), style) for _, fates, style in _COLUMNS)
        shown = [Text(str(number) if number else "·", style=style if number else "dim") for number, style in numbers]
        table.add_row(row.kind, str(len(row.results)), *shown)
    console.print(Padding(table, (1, 0, 1, 2)))
    for sentence in _lines(score, contract):
        console.print(sentence, soft_wrap=True)
    for result in score.unexpected:
        console.print()
        _explain(result, faults, console)


def show_catalogue(faults: Iterable[Fault], console: Console) -> None:
    """Print every fault with its description and the clauses that it breaks or may break."""
    for fault in faults:
        may_fail = f"; {', '.join(fault.may_break)} may fail" if fault.may_break else ""
        console.print(Text.assemble((fault.id, "bold"), f"  {fault.kind}"))
        console.print(Text(f"  {fault.sentence}"), soft_wrap=True)
        console.print(
            Text(f"  {', '.join(fault.breaks) or _EXPECTED[fault.expected]}{may_fail}", style="dim"), soft_wrap=True
        )


def _lines(score: Score, contract: Contract) -> Iterable[str]:
    ratios = (
        (score.binding, "Killed faults of MUST clauses: {}."),
        (score.every, "Killed faults of all clauses: {}."),
        (score.undecided, "Network errors: {} left the run undecided, as expected."),
        (score.ignored, "Harmless changes: {} did not fail a check."),
    )
    yield from (sentence.format(ratio) for ratio, sentence in ratios if ratio.whole)
    if score.false_alarms:
        named = (f"{result.fault} ({', '.join(map(line, result.killers))})" for result in score.false_alarms)
        yield f"False alarms: {len(score.false_alarms)}: {', '.join(named)}."
    if score.found.whole:
        yield f"Generated faults found for the right reason: {score.found}; {score.equivalent} more break no clause."
    binding = {clause.id for clause in contract.clauses if clause.level is Level.MUST}
    yield f"MUST clauses whose own check killed a fault: {len(binding & score.proven)} of {len(binding)}."


def _explain(result: FaultResult, faults: Mapping[str, Fault], console: Console) -> None:
    fault = faults.get(result.fault)
    became = _FALSE_ALARM if result.is_false_alarm else result.fate.value.replace("-", " ")
    console.print(Text.assemble((became, "bold red"), f" {result.fault}"), soft_wrap=True)
    if fault is not None:
        console.print(Text(f"  {fault.sentence}"), soft_wrap=True)
    console.print(Text(f"  breaks {', '.join(result.breaks[:4]) or 'nothing'}", style="dim"), soft_wrap=True)
    for check_id, reason in list(result.killers.items())[:3]:
        console.print(Text(f"  {line(check_id)}: {line(reason, 160)}"), soft_wrap=True)
    if result.note:
        console.print(Text(f"  {line(result.note, 400)}", style="yellow"), soft_wrap=True)
