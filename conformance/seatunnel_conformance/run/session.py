"""The suite inside one pytest session: collects the checks, makes them, and writes down what they come to."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import replace

import pytest

from seatunnel_conformance.arrange.comparisons import ComparedValues
from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.journal import require_keepable
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks import registry
from seatunnel_conformance.errors import Inconclusive, InvalidSettings, TargetUnreachable
from seatunnel_conformance.report.verdicts import RunExit, Verdict
from seatunnel_conformance.run.baseline import Baseline, baseline_for
from seatunnel_conformance.run.interrupts import interrupt_on_sigterm, require_no_interrupt, restore
from seatunnel_conformance.run.items import CheckItem, Suite
from seatunnel_conformance.run.recorder import LEFTOVERS, OUTCOME, RECORDER, Recorder
from seatunnel_conformance.run.releases import Choice, choose, named
from seatunnel_conformance.run.selection import plan, strangers
from seatunnel_conformance.text.redaction import redact_url
from seatunnel_openapi import Contract

_LETTERS = {
    Verdict.PASS: ("passed", ".", "PASSED"),
    Verdict.FAIL: ("failed", "F", "FAILED"),
    Verdict.KNOWN: ("known deviations", "x", "KNOWN DEVIATION"),
    Verdict.STALE: ("failed", "S", "STALE"),
    Verdict.SKIPPED: ("skipped", "s", "SKIPPED"),
    Verdict.INCONCLUSIVE: ("inconclusive", "?", "INCONCLUSIVE"),
}


def set_up(config: pytest.Config, settings: Settings) -> None:
    """Ask the target who it is, and equip a session with the suite; a target that can't be asked ends the session."""
    settings = replace(settings, limits=settings.limits.started(time.monotonic()))
    try:
        # A worker of pytest-xdist is told what its controller has chosen.
        choice = named(settings) if hasattr(config, "workerinput") else choose(settings)
    except InvalidSettings as problem:
        raise pytest.UsageError(str(problem)) from problem
    except TargetUnreachable as problem:
        pytest.exit(str(problem), returncode=RunExit.UNREACHABLE)
    except Inconclusive as problem:
        pytest.exit(str(problem), returncode=RunExit.UNDECIDED)
    if not plan(settings, choice.contract, registry.all_checks()):
        told = "; ".join(_told_strangers(settings, choice.contract))
        raise pytest.UsageError(told or "--seatunnel-skip leaves no check of the deployment")
    try:
        equip(config, settings, choice, baseline_for(settings, choice.contract))
    except InvalidSettings as problem:
        raise pytest.UsageError(str(problem)) from problem
    handler = interrupt_on_sigterm()
    config.add_cleanup(lambda: restore(handler))


def equip(config: pytest.Config, settings: Settings, choice: Choice, baseline: Baseline) -> None:
    """Register the suite with a session; the report is written by the process that has no other above it.

    Raises `JournalNotKept` where the run may change something and could not note what.
    """
    if settings.journal and settings.may_write:
        require_keepable(settings.journal)
    resolved = replace(settings, release=choice.contract.release)
    suite = SuiteSession(resolved, choice, baseline)
    config.pluginmanager.register(suite, "seatunnel-suite")
    config.addinivalue_line("markers", "seatunnel: a check of the conformance suite")
    if not hasattr(config, "workerinput"):
        recorder = Recorder(config, resolved, choice, baseline)
        suite.left = recorder.left
        config.pluginmanager.register(recorder, RECORDER)


def _told_strangers(settings: Settings, contract: Contract) -> list[str]:
    """Say which patterns match nothing, by the names that the options have here."""
    found = strangers(settings, contract, registry.all_checks())
    return [f"{one}; {one.hint}".rstrip("; ").replace("--", "--seatunnel-", 1) for one in found]


class SuiteSession:
    """Collects and makes the checks, in every process of a session."""

    def __init__(self, settings: Settings, choice: Choice, baseline: Baseline) -> None:
        self.settings = settings
        self.contract = choice.contract
        self.baseline = baseline
        self.context = Context.set_up(settings, choice.contract)
        self.left: list[str] = []
        self.makes_check = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the checks, before anything deselects."""
        own = {"context": self.context, "baseline": self.baseline}
        suite = Suite.from_parent(session, name="seatunnel", nodeid="seatunnel", **own)
        items.extend(suite.planned(plan(self.settings, self.contract, registry.all_checks())))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Forget what the check before has compared."""
        self.makes_check = isinstance(item, CheckItem)
        self.context.compared.clear()

    def pytest_runtest_logfinish(self) -> None:
        """End the run after a check that has swallowed an interrupt."""
        require_no_interrupt()

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> list[str] | None:
        """Remember what a check's assertion has compared, and tell the places that differ."""
        veil = self.context.target.wire.veil
        plain = veil.plain if veil.secrets else lambda value: value
        comparison = ComparedValues.of(plain(left), plain(right)) if self.makes_check and op == "==" else None
        if comparison is None:
            return None
        self.context.compared[:] = [comparison]
        return comparison.explanation()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the report of a check carry its outcome, across processes too."""
        report = yield
        if isinstance(item, CheckItem) and item.outcome is not None and report.when == "call":
            setattr(report, OUTCOME, item.outcome.as_event())
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Call things by the suite's names."""
        outcome = getattr(report, OUTCOME, None)
        return _LETTERS[Verdict(outcome["verdict"])] if outcome else None

    def pytest_report_header(self) -> Sequence[str]:
        """Say what is checked."""
        settings = self.settings
        facts = f"{redact_url(settings.url)}, contract {settings.release}, seed {settings.seed}"
        return [f"seatunnel: {said}" for said in (facts, *_told_strangers(self.settings, self.contract))]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Leave the target as it was found."""
        self.left.extend(self.context.close())
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[LEFTOVERS] = self.left
