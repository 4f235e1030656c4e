"""Run the suite: `run` is what `seatunnel-v2 conform` calls; the pytest plugin uses the same `SuiteRun`."""

from __future__ import annotations

import gc
import os
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import platformdirs

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.leftovers import require_keepable
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import Inconclusive
from seatunnel_conformance.report.events import Event, Report
from seatunnel_conformance.report.formats import NotWritten, require_writable
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.run import GC_THRESHOLDS
from seatunnel_conformance.run.attempts import Causes
from seatunnel_conformance.run.interrupts import interrupt_on_sigterm, require_no_interrupt, restore, was_interrupted
from seatunnel_conformance.run.plan import RunPlan, plan_run
from seatunnel_conformance.run.planned import PlannedCheck
from seatunnel_conformance.run.releases import ReleaseChoice
from seatunnel_conformance.run.reporter import Reporter
from seatunnel_conformance.run.workers import Workers
from seatunnel_openapi import load, releases


class RunBroken(Inconclusive):
    """The suite itself failed during a run; the hint says where."""

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
        return Workers(self.context, checks, self.plan.settings.workers, self.plan.scored, self.reporter)

    def begin(self, checks: Sequence[PlannedCheck]) -> None:
        """Write the start of the run."""
        self._workers = self.workers(checks)
        self.reporter.begin([check.id for check in checks])

    def outcome(self, check: PlannedCheck, *, alone: bool = False) -> Outcome:
        """Return the outcome of a check, when it has run. `alone` begins no other one meanwhile."""
        if alone:
            self._workers = self.workers([check])
        outcome = self._workers.outcome(check)
        require_no_interrupt()
        return outcome

    def stop(self) -> None:
        """End the checks that are running, and begin no further one."""
        self._workers.stop()

    def end(self, *, interrupted: bool) -> None:
        """Stop own jobs, restore tags, and write the end of the run and the reports."""
        self.stop()
        try:
            left = self.context.close()
        except KeyboardInterrupt:
            if interrupted:
                raise
            # The first Ctrl-C of the run ends its checks, of which there are none left, and not its cleanup.
            interrupted, left = True, self.context.close()
        self.reporter.end(left, interrupted=interrupted)


def prepare(*, generated: bool) -> None:
    """Import what a run needs, with `generated` also for generated tests, and read the contracts.

    A caller can do that while the target starts.
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

    With a `choice`, the release is known, and the target is not asked for it. `on_plan` is called with the plan before
    the first check, `on_event` with each event, by the thread that has run the check, `on_unwritten` with each file
    that could not be written.

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
    """Isolate the environment from changes by libraries, and the output from their warnings."""
    before = dict(os.environ)
    # Hypothesis takes two seconds to make its tables of characters. Nothing else is stored there (`generated/`).
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(platformdirs.user_cache_path("seatunnel-v2") / "hypothesis")
    handler, thresholds = interrupt_on_sigterm(), gc.get_threshold()
    gc.set_threshold(*GC_THRESHOLDS)
    # Hypothesis looks through all objects when it is imported, except for these.
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
