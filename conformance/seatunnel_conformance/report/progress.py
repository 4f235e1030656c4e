"""Progress in a terminal that somebody watches; where nobody does, nothing is shown."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from seatunnel_conformance.report.estimate import Estimate, in_words
from seatunnel_conformance.report.events import CheckFinished, CheckStarted, Event, RunFinished, RunStarted
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.text.visible import line


class Watcher:
    """Shows progress on a console, by the events of a run."""

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

    def hear(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case RunStarted():
                self.estimate = Estimate(event.checks)
                self.progress.update(self.task, total=event.selected)
                self.progress.start()
            case CheckStarted():
                self.progress.update(self.task, description=f"{line(event.id):<20.20}")
            case CheckFinished(outcome):
                self.estimate.heard(outcome)
                self.failed += outcome.verdict is Verdict.FAIL
                self._advance()
            case RunFinished():
                self.close()

    def _advance(self) -> None:
        failed = f"{self.failed} failed" if self.failed else ""
        self.progress.update(self.task, advance=1, left=in_words(self.estimate.remaining()), failed=failed)

    def close(self) -> None:
        """Leave the console as it was."""
        self.progress.stop()
