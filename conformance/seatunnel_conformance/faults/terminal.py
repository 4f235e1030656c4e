"""The score in a terminal: progress while faults are tried, then a table by kind, the score, and what is amiss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from seatunnel_conformance.faults.catalogue import GENERATED, Due, Fault
from seatunnel_conformance.faults.judging import Fate
from seatunnel_conformance.faults.results import Event, FaultsFinished, FaultsStarted, Result
from seatunnel_conformance.faults.score import Score, Share
from seatunnel_conformance.text.visible import line
from seatunnel_openapi import Contract
from seatunnel_openapi.clauses import Level

_COLUMNS: Final = (
    ("killed", (Fate.KILLED,), "green"),
    ("elsewhere", (Fate.KILLED_ELSEWHERE,), "yellow"),
    ("undecided", (Fate.DOUBTED,), "yellow"),
    ("survived", (Fate.SURVIVED,), "bold red"),
    ("not tried", (Fate.UNOBSERVABLE, Fate.IDLE, Fate.BROKEN), "dim"),
)

_DUES: Final = {Due.DOUBT: "undecided is right", Due.SILENCE: "survived is right"}


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
        self.task = self.progress.add_task("trying faults", total=None)

    def hear(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case FaultsStarted():
                self.progress.update(self.task, total=event.selected)
                self.progress.start()
            case Result():
                self.progress.update(self.task, advance=1, description=f"{event.fault:<40.40}")
            case FaultsFinished():
                self.close()

    def close(self) -> None:
        """Leave the console as it was."""
        self.progress.stop()


def show(score: Score, contract: Contract, faults: Mapping[str, Fault], console: Console) -> None:
    """Print a score."""
    console.print(Padding(_table(score), (1, 0, 1, 2)))
    for sentence in _lines(score, contract):
        console.print(sentence, soft_wrap=True)
    for result in score.amiss:
        console.print()
        _explain(result, faults, console)


def show_catalogue(faults: Iterable[Fault], console: Console) -> None:
    """Print every fault: its id, its sentence, the clauses that it breaks."""
    for fault in faults:
        console.print(Text.assemble((fault.id, "bold"), f"  {fault.kind}"))
        console.print(Text(f"  {fault.sentence}"), soft_wrap=True)
        console.print(
            Text(f"  {', '.join(fault.breaks) if fault.breaks else _DUES[fault.due]}", style="dim"), soft_wrap=True
        )


def _table(score: Score) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("", no_wrap=True)
    for name in ("faults", *(name for name, _, _ in _COLUMNS)):
        table.add_column(name, justify="right")
    for row in score.rows:
        numbers = ((row.count(*fates), style) for _, fates, style in _COLUMNS)
        shown = [Text(str(number) if number else "·", style=style if number else "dim") for number, style in numbers]
        table.add_row(row.kind, str(len(row.results)), *shown)
    return table


def _lines(score: Score, contract: Contract) -> Iterable[str]:
    if score.every.whole:
        yield f"Killed for the right reason, of the faults that break a MUST clause: {score.binding}."
        yield f"Killed for the right reason, of all faults that break a clause: {score.every}."
    if score.doubts.whole:
        yield f"Answers that do not come: {score.doubts} left the run undecided, as is right."
    if score.silences.whole:
        yield f"Harmless changes: {score.silences} raised no alarm."
    for kind in GENERATED:
        if (share := score.generated(kind)) != Share(0, 0):
            yield f"Generated, {kind}: {share} as is right."
    binding = {clause.id for clause in contract.clauses if clause.level is Level.MUST}
    yield f"MUST clauses whose own check has killed a fault: {len(binding & score.proved)} of {len(binding)}."


def _explain(result: Result, faults: Mapping[str, Fault], console: Console) -> None:
    fault = faults.get(result.fault)
    console.print(Text.assemble((result.fate.value.replace("-", " "), "bold red"), f" {result.fault}"), soft_wrap=True)
    if fault is not None:
        console.print(Text(f"  {fault.sentence}"), soft_wrap=True)
    console.print(Text(f"  breaks {', '.join(result.breaks[:4]) or 'nothing'}", style="dim"), soft_wrap=True)
    for check_id, reason in list(result.killers.items())[:3]:
        console.print(Text(f"  {line(check_id)}: {line(reason, 160)}"), soft_wrap=True)
    if result.note:
        console.print(Text(f"  {line(result.note, 400)}", style="yellow"), soft_wrap=True)
