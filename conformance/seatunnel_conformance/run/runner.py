"""Run the suite: `seatunnel-v2 conform` calls `run`; the pytest plugin uses the same `SuiteRun`.

The event stream is written while checks start and finish, the other formats of reports at the end of the run.
"""

from __future__ import annotations

import gc
import os
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import platformdirs

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.leftovers import require_keepable
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.report.events import CheckFinished, Event, EventWriter, Report, RunStarted
from seatunnel_conformance.report.formats import STREAM, NotWritten, require_writable, write_views
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.run import GC_THRESHOLDS
from seatunnel_conformance.run.attempts import Causes, PlannedCheck
from seatunnel_conformance.run.interrupts import interrupt_on_sigterm, require_no_interrupt, restore, was_interrupted
from seatunnel_conformance.run.plan import RunPlan, plan_run
from seatunnel_conformance.run.releases import ReleaseChoice
from seatunnel_conformance.run.scoring import write_baseline
from seatunnel_conformance.run.workers import Workers
from seatunnel_conformance.target.routes import parts
from seatunnel_conformance.text.redaction import redact_url
from seatunnel_openapi import load, releases


class Reporter:
    """Writes the events of a run, from several threads. `listener` gets each event after it was written."""

    def __init__(self, plan: RunPlan, listener: Callable[[Event], None]) -> None:
        self.plan = plan
        self.settings = plan.settings
        self.listener = listener
        self.begun = time.monotonic()
        self.selected: Sequence[str] | None = None
        self._finished = set[str]()
        self._writing = threading.RLock()
        self.unwritten: list[NotWritten] = []
        self.path = self.settings.reports.get(STREAM)
        self.writer = EventWriter(self.path.open("w", encoding="utf-8") if self.path else None)

    def begin(self, checks: Sequence[str]) -> None:
        """Write the first event, with the ids of the checks that will run."""
        self.selected, settings = tuple(checks), self.settings
        self._write(
            RunStarted.now(
                self.plan.contract,
                self.selected,
                target=redact_url(settings.url),
                release=settings.release,
                profile=settings.profile,
                seed=settings.seed,
                run=settings.run,
                note=self.plan.note,
                writes=settings.may_write,
                nodes=tuple(map(redact_url, settings.nodes)),
                requirements=settings.requirements,
                partial=bool(settings.selection),
                selection=settings.selection,
                served=settings.served,
                parts=parts(self.plan.contract),
            )
        )

    def on_event(self, event: Event) -> None:
        """Write the start or the end of a check.

        A check that is cut off at the end of the run can end twice. The second end is left out.
        """
        with self._writing:
            if isinstance(event, CheckFinished):
                if event.outcome.id in self._finished:
                    return
                self._finished.add(event.outcome.id)
            self._write(event)

    def end(self, left: Sequence[str], *, interrupted: bool) -> None:
        """Write the last event, and the other formats. `left` are own jobs that could not be stopped."""
        if self.selected is None:
            self.begin([])
        missing = len(self.selected or ()) - len(self.writer.outcomes)
        seconds = time.monotonic() - self.begun
        self._write(self.writer.footer(seconds, missing=missing, leftovers=left, interrupted=interrupted))
        self.writer.close()
        self.unwritten += write_views(Report.of(self.writer.events), self.settings.reports)
        if self.settings.write_baseline:
            try:
                write_baseline(self.settings.write_baseline, self.writer.outcomes, self.plan.baseline)
            except OSError as problem:
                self.unwritten.append(NotWritten(self.settings.write_baseline, problem, "baseline"))
        if self.path and self.writer.error:
            self.unwritten.append(NotWritten(self.path, self.writer.error))

    def _write(self, event: Event) -> None:
        with self._writing:
            self.writer.write(event)
            self.listener(event)


class RunBroken(Inconclusive):
    """The suite itself failed during a run; the hint is the traceback."""

    def __init__(self, output: str) -> None:
        super().__init__("the run broke off")
        self.hint = output


class SuiteRun:
    """The checks of a plan, as they run: `begin` it, ask for each `outcome`, and `end` it.

    `listener` gets each event. Raises `JournalNotKept` if the run can change the target and can't write its journal.
    """

    def __init__(self, plan: RunPlan, listener: Callable[[Event], None]) -> None:
        if plan.settings.journal and plan.settings.may_write:
            require_keepable(plan.settings.journal)
        self.plan = plan
        self.context = Context.set_up(plan.settings, plan.contract)
        Causes.of(self.context, lambda: plan.checks)
        self.reporter = Reporter(plan, listener)
        self._workers = self.workers(())

    def workers(self, checks: Sequence[PlannedCheck]) -> Workers:
        """Return workers for some checks."""
        return Workers(self.context, checks, self.plan.settings.workers, self.plan.scored, self.reporter.on_event)

    def begin(self, checks: Sequence[PlannedCheck]) -> None:
        """Write the start of the run."""
        self._workers = self.workers(checks)
        self.reporter.begin([check.id for check in checks])

    def outcome(self, check: PlannedCheck, *, alone: bool = False) -> Outcome:
        """Return the outcome of a check after it has run. With `alone`, no other check begins before its end."""
        if alone:
            self._workers = self.workers([check])
        outcome = self._workers.outcome(check)
        require_no_interrupt()
        return outcome

    def stop(self) -> None:
        """Begin no further check, and end those that are running."""
        self._workers.stop()

    def end(self, *, interrupted: bool) -> None:
        """Stop own jobs, restore tags, and write the end of the run and the reports."""
        self.stop()
        try:
            left = self.context.close()
        except KeyboardInterrupt:
            if interrupted:
                raise
            # The first Ctrl-C ends the checks, which are over by now; only a second one ends the cleanup.
            interrupted, left = True, self.context.close()
        self.reporter.end(left, interrupted=interrupted)


def prepare(*, generated: bool) -> None:
    """Import the modules of a run, with `generated` also those of generated tests, and read the contracts.

    Callers can do this while the target starts.
    """
    with _isolated():
        for release in releases():
            load(release)
        if generated:
            from seatunnel_conformance.run import generation as _  # noqa: F401, PLC0415 - a heavy import


def run(
    settings: Settings,
    on_event: Callable[[Event], None] = lambda _: None,
    on_plan: Callable[[RunPlan], None] = lambda _: None,
    on_unwritten: Callable[[NotWritten], None] = lambda _: None,
    choice: ReleaseChoice | None = None,
) -> Report:
    """Run the suite against a target and return the complete report.

    With a `choice`, no requests detect the release. `on_plan` is called with the plan before the first check.
    `on_event` gets each event, in the thread of the check. `on_unwritten` gets each file that could not be written.

    Raises `TargetUnreachable`, `InvalidSettings`, `RunBroken` if the suite itself failed, and `KeyboardInterrupt` if it
    was interrupted before the first check, or a second time.
    """
    require_writable(settings.reports)
    with _isolated():
        plan = plan_run(settings, choice)
        suite = SuiteRun(plan, on_event)
        on_plan(plan)
        problem = _run(suite)
    if problem is not None:
        output = "".join(traceback.format_exception(problem))
        raise RunBroken(settings.connection.redactor().text(output)) from problem
    for file in suite.reporter.unwritten:
        on_unwritten(file)
    return Report.of(suite.reporter.writer.events)


def _run(suite: SuiteRun) -> Exception | None:
    """Run all checks. Returns the error that ended them, if any."""
    problem, interrupted = None, False
    try:
        suite.begin(suite.plan.checks)
        for check in suite.plan.checks:
            suite.outcome(check)
    except KeyboardInterrupt:
        interrupted = True
    except Exception as error:  # noqa: BLE001 - raised after the cleanup
        problem = error
    suite.end(interrupted=interrupted or was_interrupted())
    return problem


@contextmanager
def _isolated() -> Iterator[None]:
    """Undo changes that libraries make to the environment, hide their warnings, and collect garbage less often."""
    before = dict(os.environ)
    # Hypothesis takes two seconds to make its tables of characters, and keeps them there. It stores nothing else.
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(platformdirs.user_cache_path("seatunnel-v2") / "hypothesis")
    handler, thresholds = interrupt_on_sigterm(), gc.get_threshold()
    gc.set_threshold(*GC_THRESHOLDS)
    # When it is imported, Hypothesis looks through all objects of the collector, except for frozen ones.
    gc.freeze()
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
        restore(handler)
        os.environ.clear()
        os.environ.update(before)
