"""The progress of a run in a terminal. Nothing is written to a pipe or file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from seatunnel_conformance.report.events import CheckFinished, CheckStarted, Event, RunFinished, RunStarted
from seatunnel_conformance.report.outcomes import GENERATED_GROUP, RECORDINGS_GROUP, Outcome, group
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.text.visible import line


class RunProgress:
    """The progress of a run on a console, updated with its events. `clock` is in seconds."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
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
        self.estimate = Estimate((), clock)
        self.failed = 0
        self.has_begun = False
        """Whether a check has started."""

    def begin(self) -> None:
        """Show that the target is being identified, until `close` or the first check."""
        self.progress.start()

    def on_event(self, event: Event) -> None:
        """Update the progress."""
        match event:
            case RunStarted():
                self.estimate = Estimate(event.checks, self.clock)
                self.progress.update(self.task, total=event.selected)
                self.progress.start()
            case CheckStarted():
                self.has_begun = True
                self.progress.update(self.task, description=f"{line(event.id):<20.20}")
            case CheckFinished(outcome):
                self.estimate.add(outcome)
                self.failed += outcome.verdict is Verdict.FAIL
                failed = f"{self.failed} failed" if self.failed else ""
                self.progress.update(self.task, advance=1, left=rough_time(self.estimate.remaining()), failed=failed)
            case RunFinished():
                self.close()

    def close(self) -> None:
        """Remove the progress from the console."""
        self.progress.stop()


ENOUGH = 5
"""Number of finished checks that an estimate needs."""

_COSTS: Final = {GENERATED_GROUP: 3.0, RECORDINGS_GROUP: 0.3}
"""How long the checks of a group take, compared with others; rounded means of runs on real engines."""


class Estimate:
    """An estimate of the remaining time: as fast as until now. Checks run at the same time, so durations don't add up.

    `clock` is in seconds.
    """

    def __init__(self, checks: Iterable[str], clock: Callable[[], float] = time.monotonic) -> None:
        self.waiting = {check: _COSTS.get(group(check), 1.0) for check in checks}
        self.begun, self.clock = clock(), clock
        self.finished, self.done = 0, 0.0

    def add(self, outcome: Outcome) -> None:
        """Add a finished check."""
        self.finished += 1
        self.done += self.waiting.pop(outcome.id, 0.0)

    def remaining(self) -> float | None:
        """Return the seconds that remain, None if too few checks have finished."""
        if self.finished < ENOUGH or not self.done:
            return None
        return (self.clock() - self.begun) * sum(self.waiting.values()) / self.done


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
