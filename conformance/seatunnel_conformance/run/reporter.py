"""Write the event stream of a session in its main process, and the other report formats at the end."""

from __future__ import annotations

import hashlib
import json
import pickle
import threading
import time
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.report.events import CheckFinished, CheckStarted, Event, EventWriter, Report, RunStarted
from seatunnel_conformance.report.formats import STREAM, NotWritten, write_views
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.run.baseline import write
from seatunnel_conformance.run.plan import RunPlan
from seatunnel_conformance.target.routes import parts
from seatunnel_conformance.text.redaction import redact_url
from seatunnel_openapi import Contract

OUTCOME = "seatunnel_outcome"
"""The attribute of a test report with the outcome of the check."""

LEFTOVERS = "seatunnel_leftovers"
"""The key under which a worker reports own jobs that it could not stop."""

REPORTER = "seatunnel-reporter"
"""The name under which the reporter is registered as plugin."""

_SUITE = Path(__file__).resolve().parent

PREFIX = "seatunnel::"
"""The prefix of the node ids of all checks."""


def suite_version() -> str:
    """Return the version of the installed distribution; `unknown` in a bare checkout."""
    try:
        return version("seatunnel-v2")
    except PackageNotFoundError:
        return "unknown"


def contract_digest(contract: Contract) -> str:
    """Return the SHA-256 of a contract's document in hexadecimal, by which reports name it."""
    return hashlib.sha256(json.dumps(contract.document, sort_keys=True).encode()).hexdigest()


class EventHooks:
    """The hooks that the suite adds to pytest, for plugins that follow a run."""

    @pytest.hookspec
    def pytest_seatunnel_event(self, event: Event) -> None:
        """Handle an event of the run, in the process that writes the report, after the event was written."""


class Reporter:
    """The plugin object that turns pytest's hooks into events; workers tell it of their checks themselves."""

    def __init__(self, config: pytest.Config, plan: RunPlan) -> None:
        self.config = config
        self.plan = plan
        self.settings = plan.settings
        self.begun = time.monotonic()
        self.selected: frozenset[str] | None = None
        self._started, self._finished = set[str](), set[str]()
        self._writing = threading.RLock()
        self.left: list[str] = []
        self.unwritten: list[NotWritten] = []
        self.path = self.settings.reports.get(STREAM)
        self.writer = EventWriter(self.path.open("w", encoding="utf-8") if self.path else None)
        config.pluginmanager.add_hookspecs(EventHooks)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker of pytest-xdist the settings of the plan."""
        node.workerinput["seatunnel"] = pickle.dumps(self.settings)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Write the header when the first worker has collected; all workers collect the same checks."""
        self._begin(ids)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write the header when the checks are collected."""
        if session.items:
            self._begin([item.nodeid for item in session.items])

    def _begin(self, ids: Sequence[str]) -> None:
        if self.selected is not None:
            return
        self.selected = frozenset(nodeid for nodeid in ids if is_check(nodeid))
        settings = self.settings
        self._write(
            RunStarted(
                target=redact_url(settings.url),
                release=settings.release,
                contract=contract_digest(self.plan.contract),
                profile=settings.profile,
                seed=settings.seed,
                run=settings.run,
                suite=suite_version(),
                started=datetime.now(UTC).isoformat(timespec="seconds"),
                selected=len(self.selected),
                checks=tuple(check.id for check in self.plan.checks if PREFIX + check.id in self.selected),
                note=self.plan.note,
                writes=settings.may_write,
                nodes=tuple(map(redact_url, settings.nodes)),
                requirements=settings.requirements,
                partial=bool(settings.only or settings.skip),
                parts=tuple(parts(self.plan.contract)),
            )
        )

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Write the start of a check."""
        if is_check(nodeid):
            self.started(nodeid.removeprefix(PREFIX))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the outcome of a check."""
        outcome = getattr(report, OUTCOME, None)
        if outcome is not None:
            self.finished(outcome)

    def started(self, check_id: str) -> None:
        """Write the start of a check, unless it is written already."""
        with self._writing:
            if check_id not in self._started:
                self._started.add(check_id)
                self._write(CheckStarted(check_id))

    def finished(self, outcome: Outcome) -> None:
        """Write the outcome of a check, unless it is written already."""
        with self._writing:
            if outcome.id not in self._finished:
                self._finished.add(outcome.id)
                self._write(CheckFinished(outcome))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the jobs that a worker could not stop."""
        self.left.extend(getattr(node, "workeroutput", {}).get(LEFTOVERS, ()))

    @pytest.hookimpl(wrapper=True)
    def pytest_keyboard_interrupt(
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> Generator[None, object, object]:
        """End an interrupted run as interrupted, even if pytest finds no line of code to show.

        If CPython is at an instruction that belongs to no line, pytest raises a `TypeError`; if another thread parses
        Python code at the same time, CPython 3.11 raises a `SystemError` (gh-106905). The traceback is cut at
        the first line of the suite: pytest prints all arguments of functions, and printing the configuration of
        schemathesis takes 15 seconds.
        """
        own = (at for at, entry in enumerate(excinfo.traceback, 1) if Path(entry.path).is_relative_to(_SUITE))
        excinfo.traceback = excinfo.traceback[: next(own, None)]
        try:
            return (yield)
        except (TypeError, SystemError):
            try:
                raise excinfo.value.with_traceback(None) from None
            except (KeyboardInterrupt, pytest.exit.Exception):
                cut = pytest.ExceptionInfo.from_current()
                return self.config.hook.pytest_keyboard_interrupt(excinfo=cut)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the footer of the stream, and the other formats."""
        self._begin([])
        missing = len(self.selected or ()) - len(self.writer.outcomes)
        interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
        seconds = time.monotonic() - self.begun
        self._write(self.writer.footer(seconds, missing=missing, leftovers=self.left, interrupted=interrupted))
        self.writer.close()
        self.unwritten += write_views(Report.of(self.writer.events), self.settings.reports)
        if self.settings.write_baseline:
            try:
                write(self.settings.write_baseline, self.writer.outcomes, self.plan.baseline)
            except OSError as problem:
                self.unwritten.append(NotWritten(self.settings.write_baseline, problem, "baseline"))
        if self.path and self.writer.error:
            self.unwritten.append(NotWritten(self.path, self.writer.error))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the reports that could not be written."""
        for file in self.unwritten:
            terminalreporter.write_line(f"seatunnel: {file}", red=True)

    def _write(self, event: Event) -> None:
        self.writer.write(event)
        self.config.hook.pytest_seatunnel_event(event=event)


def is_check(nodeid: str) -> bool:
    """Return whether a node id is one of the suite's."""
    return nodeid.startswith(PREFIX)
