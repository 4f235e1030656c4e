"""The progress of a run in a terminal. Nothing is written to a pipe or file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from seatunnel_conformance.report.events import CheckFinished, CheckStarted, Event, RunFinished, RunStarted
from seatunnel_conformance.report.outcomes import Outcome, group
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.text.visible import line


class RunProgress:
    """The progress of a run on a console, updated with its events."""

    def __init__(self, console: Console) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=8),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failed]}", style="red"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}", style="dim"),
        )
        self.progress = Progress(
            *columns,
            console=console,
            transient=True,
            disable=not console.is_terminal,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.task = self.progress.add_task("asking the target", total=None, left="", failed="")
        self.estimate = Estimate(())
        self.failed = 0

    def on_event(self, event: Event) -> None:
        """Update the progress."""
        match event:
            case RunStarted():
                self.estimate = Estimate(event.checks)
                self.progress.update(self.task, total=event.selected)
                self.progress.start()
            case CheckStarted():
                self.progress.update(self.task, description=f"{line(event.id):<20.20}")
            case CheckFinished(outcome):
                self.estimate.add(outcome)
                self.failed += outcome.verdict is Verdict.FAIL
                self._advance()
            case RunFinished():
                self.close()

    def _advance(self) -> None:
        failed = f"{self.failed} failed" if self.failed else ""
        self.progress.update(self.task, advance=1, left=rough_time(self.estimate.remaining()), failed=failed)

    def close(self) -> None:
        """Remove the progress from the console."""
        self.progress.stop()


ENOUGH = 5
"""Number of finished checks that an estimate needs."""


class Estimate:
    """An estimate of the remaining time, from the durations of finished checks of the same group."""

    def __init__(self, checks: Iterable[str]) -> None:
        self.waiting = Counter(map(group, checks))
        self.durations: defaultdict[str, list[float]] = defaultdict(list)

    def add(self, outcome: Outcome) -> None:
        """Add a finished check."""
        self.waiting[outcome.group] -= 1
        self.durations[outcome.group].append(outcome.seconds)

    def remaining(self) -> float | None:
        """Return the seconds that remain, None if too few checks have finished."""
        every = [seconds for durations in self.durations.values() for seconds in durations]
        if len(every) < ENOUGH:
            return None
        return sum(
            number * _mean(self.durations.get(name) or every) for name, number in self.waiting.items() if number > 0
        )


def _mean(seconds: list[float]) -> float:
    return sum(seconds) / len(seconds)


def rough_time(seconds: float | None) -> str:
    """Return a rough time as text."""
    match seconds:
        case None:
            return ""
        case _ if seconds < 1:
            return "almost done"
        case _ if seconds < 20:  # noqa: PLR2004 - below this a second counts
            return f"about {seconds:.0f} s left"
        case _ if seconds < 90:  # noqa: PLR2004 - below this, minutes are too coarse
            return f"about {round(seconds, -1):.0f} s left"
    return f"about {seconds / 60:.0f} min left"
