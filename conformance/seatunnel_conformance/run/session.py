"""The suite inside a pytest session: a collector, an item for each check, and the hooks that run and name them."""

from __future__ import annotations

import traceback
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.journal import require_keepable
from seatunnel_conformance.arrange.profiles import FAILOVER
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import Inconclusive, InvalidSettings, TargetUnreachable
from seatunnel_conformance.report.outcomes import Outcome, RunExit, Verdict
from seatunnel_conformance.report.text import explain
from seatunnel_conformance.run.attempts import Causes
from seatunnel_conformance.run.changes import Allowances
from seatunnel_conformance.run.interrupts import interrupt_on_sigterm, require_no_interrupt, restore
from seatunnel_conformance.run.plan import RunPlan, plan_run
from seatunnel_conformance.run.releases import choose, named
from seatunnel_conformance.run.reporter import LEFTOVERS, OUTCOME, REPORTER, Reporter
from seatunnel_conformance.run.selection import PlannedCheck
from seatunnel_conformance.run.workers import Workers
from seatunnel_conformance.text.redaction import redact_url
from seatunnel_conformance.text.visible import visible

_LETTERS = {
    Verdict.PASS: ("passed", ".", "PASSED"),
    Verdict.FAIL: ("failed", "F", "FAILED"),
    Verdict.KNOWN: ("known deviations", "x", "KNOWN DEVIATION"),
    Verdict.STALE: ("failed", "S", "STALE"),
    Verdict.SKIPPED: ("skipped", "s", "SKIPPED"),
    Verdict.INCONCLUSIVE: ("inconclusive", "?", "INCONCLUSIVE"),
    Verdict.NOT_SCORED: ("not scored", "n", "NOT SCORED"),
}


def set_up(config: pytest.Config, settings: Settings) -> None:
    """Plan a run and register the suite with a session. The session ends if that is impossible."""
    if settings.profile == FAILOVER and config.getoption("dist", "no") != "no":
        # Each process would stop a master.
        raise pytest.UsageError(f"the profile {FAILOVER} can't be shared out: leave out the options of pytest-xdist")
    try:
        # A worker of pytest-xdist gets the release that its controller has detected.
        plan = plan_run(settings, named if _is_worker(config) else choose)
        if not plan.checks:
            message = "; ".join(_warnings(plan))
            raise pytest.UsageError(message or "--seatunnel-skip leaves no check of the deployment")
        equip(config, plan)
    except InvalidSettings as error:
        raise pytest.UsageError(str(error)) from error
    except TargetUnreachable as error:
        pytest.exit(str(error), returncode=RunExit.UNREACHABLE)
    except Inconclusive as error:
        pytest.exit(str(error), returncode=RunExit.UNDECIDED)
    handler = interrupt_on_sigterm()
    config.add_cleanup(lambda: restore(handler))


def equip(config: pytest.Config, plan: RunPlan) -> None:
    """Register the suite with a session. Only the process that is not a worker writes reports.

    Raises `JournalNotKept` if the run can change the target and its journal can't be written.
    """
    if plan.settings.journal and plan.settings.may_write:
        require_keepable(plan.settings.journal)
    suite = SuiteSession(plan)
    config.pluginmanager.register(suite, "seatunnel-suite")
    config.addinivalue_line("markers", "seatunnel: a check of the conformance suite")
    if _is_worker(config):
        # The check that would report a cause may run in another process.
        suite.context.once(Causes, Causes)
    else:
        reporter = Reporter(config, plan)
        suite.left, suite.reporter = reporter.left, reporter
        config.pluginmanager.register(reporter, REPORTER)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _is_one_at_a_time(config: pytest.Config) -> bool:
    """Return whether pytest decides after each check what comes next: it ends at a failure, or xdist shares out."""
    return _is_worker(config) or bool(config.getoption("maxfail")) or config.getoption("usepdb")


def _warnings(plan: RunPlan) -> list[str]:
    """Return the warnings about unmatched patterns, with the names that the options have in pytest."""
    return [pattern.warning.replace("--", "--seatunnel-", 1) for pattern in plan.unmatched]


class NotPassed(Exception):
    """A check did not pass; the outcome has the reason. Only pytest handles this."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(visible(outcome.reason))
        self.outcome = outcome


class Suite(pytest.Collector):
    """The parent of all checks."""

    def collect(self) -> Sequence[pytest.Item]:
        """Return nothing: the checks are added after pytest has collected its own items."""
        return []


class CheckItem(pytest.Item):
    """A check of a session. `outcome` is None until it has run."""

    def __init__(self, *, check: PlannedCheck, suite: SuiteSession, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.check = check
        self.suite = suite
        self.outcome: Outcome | None = None
        self.add_marker("seatunnel")

    def runtest(self) -> None:
        """Run the check."""
        self.outcome = self.suite.workers.outcome(self.check)
        if self.outcome.verdict in {Verdict.SKIPPED, Verdict.NOT_SCORED}:
            pytest.skip(visible(self.outcome.reason))
        if self.outcome.verdict is Verdict.KNOWN:
            pytest.xfail(self.outcome.accepted)
        if self.outcome.verdict is not Verdict.PASS:
            raise NotPassed(self.outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any) -> str:
        """Explain a failure with the contract's text instead of the suite's code."""
        if isinstance(excinfo.value, NotPassed):
            return explain(excinfo.value.outcome)
        # Pytest would parse source code, which fails while another thread does that, too (CPython gh-106905).
        return "".join(traceback.format_exception(excinfo.value))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the location of the check, for editors."""
        # With the bare id as headline, pytest would replace its dots by colons.
        headline = f"check {self.name}"
        file, line = self.check.kind.place
        return Path(file), line - 1, headline


class SuiteSession:
    """Collects and runs the checks, in every process of a session."""

    def __init__(self, plan: RunPlan) -> None:
        self.plan = plan
        self.context = Context.set_up(plan.settings, plan.contract)
        self.context.once(Allowances, lambda: plan.allowances)
        self.left: list[str] = []
        self.reporter: Reporter | None = None
        self.workers = Workers(self.context, (), 1)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the checks, before anything deselects."""
        parent = Suite.from_parent(session, name="seatunnel", nodeid="seatunnel")
        items += [CheckItem.from_parent(parent, name=one.id, check=one, suite=self) for one in self.plan.checks]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Prepare the workers for the checks that are left."""
        checks = [item.check for item in session.items if isinstance(item, CheckItem)]
        number = 1 if _is_one_at_a_time(session.config) else self.plan.settings.workers
        self.workers = Workers(self.context, checks, number, self.plan.scored, self.reporter)

    def pytest_runtest_logfinish(self) -> None:
        """End the run after a check that has caught an interrupt."""
        require_no_interrupt()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add the outcome of a check to its report."""
        report = yield
        if isinstance(item, CheckItem) and item.outcome is not None and report.when == "call":
            setattr(report, OUTCOME, item.outcome)
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_report_to_serializable(self) -> Generator[None, dict[str, Any] | None, dict[str, Any] | None]:
        """Make JSON of an outcome that goes to another process."""
        data = yield
        if data and isinstance(outcome := data.get(OUTCOME), Outcome):
            data[OUTCOME] = outcome.as_json()
        return data

    @pytest.hookimpl(wrapper=True)
    def pytest_report_from_serializable(self, data: Mapping[str, Any]) -> Generator[None, Any, Any]:
        """Read the outcome from another process."""
        plain = data.get(OUTCOME)
        report = yield
        if plain is not None:
            setattr(report, OUTCOME, Outcome.from_json(plain))
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Name a verdict as the suite does."""
        outcome = getattr(report, OUTCOME, None)
        return _LETTERS[outcome.verdict] if outcome else None

    def pytest_report_header(self) -> Sequence[str]:
        """Return the target, the contract, the seed, and warnings."""
        settings = self.plan.settings
        facts = f"{redact_url(settings.url)}, contract {settings.release}, seed {settings.seed}"
        return [f"seatunnel: {text}" for text in (facts, *_warnings(self.plan))]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop own jobs and restore tags."""
        self.workers.stop()
        self.left.extend(self.context.close())
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[LEFTOVERS] = self.left
