"""The suite inside a pytest session: an item for each check. The checks run on the suite's own threads."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from seatunnel_conformance.arrange.options import in_pytest
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import Inconclusive, InvalidSettings, TargetUnreachable
from seatunnel_conformance.report.events import Event
from seatunnel_conformance.report.outcomes import Outcome, RunExit, Verdict
from seatunnel_conformance.report.text import explain
from seatunnel_conformance.run.attempts import PlannedCheck
from seatunnel_conformance.run.interrupts import interrupt_on_sigterm, restore
from seatunnel_conformance.run.plan import RunPlan, plan_run
from seatunnel_conformance.run.runner import SuiteRun
from seatunnel_conformance.text.redaction import redact_url
from seatunnel_conformance.text.visible import visible

_LETTERS: Final = {
    Verdict.PASS: ("passed", ".", "PASSED"),
    Verdict.FAIL: ("failed", "F", "FAILED"),
    Verdict.KNOWN: ("known deviations", "x", "KNOWN DEVIATION"),
    Verdict.STALE: ("failed", "S", "STALE"),
    Verdict.SKIPPED: ("skipped", "s", "SKIPPED"),
    Verdict.INCONCLUSIVE: ("inconclusive", "?", "INCONCLUSIVE"),
    Verdict.NOT_SCORED: ("not scored", "n", "NOT SCORED"),
}
"""By verdict: the category in pytest's summary, the letter in its progress, and the word with `-v`."""

_OUTCOME: Final = "seatunnel_outcome"
"""The attribute of a test report with the outcome of the check."""

_SHARED_OUT: Final = (
    "pytest-xdist can't distribute the checks of --seatunnel-url, which already run at the same time "
    "(--seatunnel-workers): leave out its options, or run the checks in a separate session"
)


def set_up(config: pytest.Config, settings: Settings) -> None:
    """Plan a run and register the suite with a session. If that is impossible, the session ends."""
    if config.getoption("dist", "no") != "no":
        raise pytest.UsageError(_SHARED_OUT)
    config.pluginmanager.add_hookspecs(EventHooks)
    config.addinivalue_line("markers", "seatunnel: a check of the conformance suite")
    try:
        plan = plan_run(settings)
        if not plan.checks:
            message = "; ".join(_warnings(plan))
            raise pytest.UsageError(message or "--seatunnel-skip leaves no check of the deployment")
        run = SuiteRun(plan, lambda event: config.hook.pytest_seatunnel_event(event=event))
    except InvalidSettings as error:
        raise pytest.UsageError(in_pytest(str(error))) from error
    except TargetUnreachable as error:
        pytest.exit(str(error), returncode=RunExit.UNREACHABLE)
    except Inconclusive as error:
        pytest.exit(str(error), returncode=RunExit.UNDECIDED)
    config.pluginmanager.register(SuiteSession(config, run), "seatunnel-suite")
    handler = interrupt_on_sigterm()
    config.add_cleanup(lambda: restore(handler))


def _warnings(plan: RunPlan) -> list[str]:
    """Return the warnings about unmatched patterns."""
    return [in_pytest(pattern.warning) for pattern in plan.unmatched]


class EventHooks:
    """The hooks that the suite adds to pytest, for plugins that follow a run."""

    @pytest.hookspec
    def pytest_seatunnel_event(self, event: Event) -> None:
        """Handle an event of the run after it was written, in the thread of the check."""


class NotPassed(Exception):
    """A check has not passed; its outcome has the reason. Only pytest catches this exception."""

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
        """Wait for the outcome of the check."""
        self.outcome = self.suite.run.outcome(self.check, alone=self.suite.is_one_at_a_time)
        if self.outcome.verdict in {Verdict.SKIPPED, Verdict.NOT_SCORED}:
            pytest.skip(in_pytest(visible(self.outcome.reason)))
        if self.outcome.verdict is Verdict.KNOWN:
            pytest.xfail(self.outcome.accepted)
        if self.outcome.verdict is not Verdict.PASS:
            raise NotPassed(self.outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any) -> str:
        """Explain a failure with the contract's text instead of the suite's code."""
        if isinstance(excinfo.value, NotPassed):
            return explain(excinfo.value.outcome)
        # Pytest would parse source code, which fails while another thread does that as well (CPython gh-106905).
        return "".join(traceback.format_exception(excinfo.value))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the location of the check, for editors."""
        # In a headline that is only the id, pytest would replace the dots.
        headline = f"check {self.name}"
        file, line = self.check.kind.place
        return Path(file), line - 1, headline


class SuiteSession:
    """The hooks of pytest that run the suite."""

    def __init__(self, config: pytest.Config, run: SuiteRun) -> None:
        self.run = run
        # With these options, pytest can end the session after any check.
        self.is_one_at_a_time = bool(config.getoption("maxfail") or config.getoption("usepdb"))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the checks, before other plugins deselect items."""
        parent = Suite.from_parent(session, name="seatunnel", nodeid="seatunnel")
        checks = [CheckItem.from_parent(parent, name=one.id, check=one, suite=self) for one in self.run.plan.checks]
        items += checks
        # By such reports, pytest counts its items.
        session.config.hook.pytest_collectreport(report=pytest.CollectReport(parent.nodeid, "passed", None, [*checks]))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Begin the run with the checks that were not deselected."""
        self.run.begin([item.check for item in session.items if isinstance(item, CheckItem)])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Any:
        """Add the outcome of a check to its report."""
        report = yield
        if isinstance(item, CheckItem) and item.outcome is not None and report.when == "call":
            setattr(report, _OUTCOME, item.outcome)
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Return pytest's category and letter for a verdict, and the suite's word for it."""
        outcome = getattr(report, _OUTCOME, None)
        return _LETTERS[outcome.verdict] if outcome else None

    def pytest_report_header(self) -> Sequence[str]:
        """Return the target, the contract, the seed, and warnings."""
        settings = self.run.plan.settings
        facts = f"{redact_url(settings.url)}, contract {settings.release}, seed {settings.seed}"
        return [f"seatunnel: {text}" for text in (facts, *_warnings(self.run.plan))]

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """End the running checks before pytest parses source code to show where it was interrupted."""
        self.run.stop()

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Stop own jobs, restore tags, and write the reports."""
        self.run.end(interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the reports that could not be written."""
        for file in self.run.reporter.unwritten:
            terminalreporter.write_line(f"seatunnel: {file}", red=True)
