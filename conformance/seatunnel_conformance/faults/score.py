"""The summary of a run of faults, and its terminal output: a table by kind, the score, and unexpected results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seatunnel_conformance.faults.catalogue import GENERATED, Expected, Fault
from seatunnel_conformance.faults.results import Event, FaultResult, FaultsStarted, FaultStatus
from seatunnel_conformance.report.outcomes import RunExit
from seatunnel_conformance.report.terminal import ProgressLine
from seatunnel_conformance.text.visible import line
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Level

_OUTSIDE: Final = frozenset({FaultStatus.UNOBSERVABLE, FaultStatus.IDLE})
"""The statuses of faults that could not be tried on the deployment; they are not counted."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A number of expected results, and the number of all results."""

    part: int
    whole: int

    @classmethod
    def of(cls, results: Iterable[FaultResult]) -> Self:
        """Return the ratio of expected results to all results, without the faults that could not be tried."""
        tried = [result for result in results if result.fate not in _OUTSIDE]
        return cls(sum(result.is_expected for result in tried), len(tried))

    def __str__(self) -> str:
        # Rounded down, so that 100 % means all.
        percent = 1000 * self.part // self.whole / 10 if self.whole else 100.0
        return f"{self.part} of {self.whole} ({percent:g} %)"


@dataclass(frozen=True, slots=True)
class Score:
    """All results of a run. `ended` is the reason why not every fault was tried; empty if every fault was."""

    results: tuple[FaultResult, ...]
    ended: str = ""

    @property
    def kinds(self) -> dict[str, list[FaultStatus]]:
        """The statuses of the results by kind of fault: handwritten faults, harmless changes, generated faults."""
        found = dict[str, list[FaultStatus]]()
        for result in sorted(self.results, key=lambda one: (one.kind in GENERATED, one.due is not Expected.DETECTED)):
            found.setdefault(result.kind, []).append(result.fate)
        return found

    def written(self, due: Expected = Expected.DETECTED) -> list[FaultResult]:
        """Return the results of the faults of the catalogue with this expected effect."""
        return [result for result in self.results if result.due is due and result.kind not in GENERATED]

    @property
    def binding(self) -> Ratio:
        """The share of killed faults among the faults of the catalogue that break a MUST clause."""
        return Ratio.of(result for result in self.written() if result.must)

    @property
    def every(self) -> Ratio:
        """The share of killed faults among the faults of the catalogue that break any clause."""
        return Ratio.of(self.written())

    @property
    def undecided(self) -> Ratio:
        """The share of expected results among the faults that can't be distinguished from network errors."""
        return Ratio.of(self.written(Expected.UNDECIDED))

    @property
    def ignored(self) -> Ratio:
        """The share of harmless changes under which no check failed."""
        return Ratio.of(self.written(Expected.IGNORED))

    @property
    def false_alarms(self) -> Sequence[FaultResult]:
        """The results of harmless changes under which a check failed."""
        return [result for result in self.written(Expected.IGNORED) if result.is_false_alarm]

    @property
    def found(self) -> Ratio:
        """The share of killed faults among the generated faults that break a clause."""
        return Ratio.of(one for one in self.results if one.kind in GENERATED and one.due is Expected.DETECTED)

    @property
    def equivalent(self) -> int:
        """The number of generated faults that break no clause and could be tried."""
        return Ratio.of(one for one in self.results if one.kind in GENERATED and one.due is Expected.IGNORED).whole

    @property
    def unexpected(self) -> Sequence[FaultResult]:
        """The unexpected results, and the results of faults of the catalogue that changed no exchange."""
        return [
            result
            for result in self.results
            if (result.fate not in _OUTSIDE and not result.is_expected)
            or (result.fate is FaultStatus.IDLE and result.kind not in GENERATED)
        ]

    @property
    def proven(self) -> frozenset[str]:
        """The ids of the clauses whose check functions killed a fault of the catalogue that breaks them."""
        return frozenset(
            check_id
            for result in self.results
            if result.fate is FaultStatus.KILLED and result.kind not in GENERATED
            for check_id in result.killers
            if check_id in result.breaks
        )

    @property
    def exit(self) -> RunExit:
        """The exit status of the command.

        `DEVIATES` if a fault of a MUST clause was not killed, or a check failed under a harmless change; `UNDECIDED`
        if not every fault was tried.
        """
        if any(share.part < share.whole for share in (self.binding, self.ignored)):
            return RunExit.DEVIATES
        return RunExit.UNDECIDED if self.ended else RunExit.CONFORMS


_COLUMNS: Final = (
    ("killed", (FaultStatus.KILLED,), "green"),
    ("elsewhere", (FaultStatus.KILLED_ELSEWHERE,), "yellow"),
    ("undecided", (FaultStatus.UNDECIDED,), "yellow"),
    ("survived", (FaultStatus.SURVIVED,), "bold red"),
    ("not tried", (FaultStatus.UNOBSERVABLE, FaultStatus.IDLE, FaultStatus.BROKEN), "dim"),
)

_EXPECTED: Final = {Expected.UNDECIDED: "undecided is expected", Expected.IGNORED: "survived is expected"}

_FALSE_ALARM: Final = "false alarm"


class FaultProgress(ProgressLine):
    """The progress of a run of faults, updated with its events."""

    def on_event(self, event: Event) -> None:
        """Update the line."""
        match event:
            case FaultsStarted():
                self.progress.update(self.task, total=event.selected)
                self.begin()
            case FaultResult():
                self.progress.update(self.task, advance=1, description=f"{event.fault:<40.40}")


def show(score: Score, contract: Contract, faults: Mapping[str, Fault], console: Console) -> None:
    """Print a score: a table by kind, sentences with the shares, and the unexpected results."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("", no_wrap=True)
    for name in ("faults", *(name for name, _, _ in _COLUMNS)):
        table.add_column(name, justify="right")
    for kind, found in score.kinds.items():
        numbers = ((sum(map(found.count, fates)), style) for _, fates, style in _COLUMNS)
        shown = [Text(str(number) if number else "·", style=style if number else "dim") for number, style in numbers]
        table.add_row(kind, str(len(found)), *shown)
    console.print(Padding(table, (1, 0, 1, 2)))
    for sentence in _lines(score, contract):
        console.print(sentence, soft_wrap=True)
    for result in score.unexpected:
        console.print()
        _explain(result, faults, console)


def show_catalogue(faults: Iterable[Fault], console: Console) -> None:
    """Print every fault with its kind, its sentence and the clauses that it breaks or may break."""
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
        yield f"Killed generated faults: {score.found}; {score.equivalent} more break no clause."
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
