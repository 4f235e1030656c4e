"""Writes the event stream of a session, in the process that hears of every check, and the views at the end."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.report.events import CheckFinished, CheckStarted, Event, EventWriter, Report, RunStarted
from seatunnel_conformance.report.formats import STREAM, could_not_write, write_views
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.run import hooks
from seatunnel_conformance.run.baseline import Baseline, write
from seatunnel_conformance.run.releases import Choice
from seatunnel_conformance.text.redaction import redact_url

OUTCOME = "seatunnel_outcome"
"""The attribute of a test report that carries an outcome from the process that made the check."""

LEFTOVERS = "seatunnel_leftovers"
"""Under this name a worker tells which own jobs it could not stop."""

RECORDER = "seatunnel-recorder"
"""The name of the plugin object below, by which others find it."""

_SUITE = Path(__file__).resolve().parent

PREFIX = "seatunnel::"
"""What the node ids of all checks begin with."""


def suite_version() -> str:
    """Return the version of the installed distribution; `unknown` in a bare checkout."""
    try:
        return version("seatunnel-v2")
    except PackageNotFoundError:
        return "unknown"


class Recorder:
    """The plugin object that turns pytest's hooks into events."""

    def __init__(self, config: pytest.Config, settings: Settings, choice: Choice, baseline: Baseline) -> None:
        self.config = config
        self.settings = settings
        self.choice = choice
        self.baseline = baseline
        self.begun = time.monotonic()
        self.selected: frozenset[str] | None = None
        self.left: list[str] = []
        self.unwritten: list[str] = []
        self.path = settings.reports.get(STREAM)
        self.writer = EventWriter(self.path.open("w", encoding="utf-8") if self.path else None)
        config.pluginmanager.add_hookspecs(hooks)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Let a worker of pytest-xdist do what this process has resolved."""
        node.workerinput["seatunnel"] = self.settings.as_json()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Begin when the first worker knows the checks; all of them know the same."""
        self._begin(ids)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Begin when the checks are known."""
        if session.items:
            self._begin([item.nodeid for item in session.items])

    def _begin(self, ids: Sequence[str]) -> None:
        if self.selected is not None:
            return
        self.selected = frozenset(nodeid for nodeid in ids if is_check(nodeid))
        settings, document = self.settings, self.choice.contract.document
        self._write(
            RunStarted(
                target=redact_url(settings.url),
                release=self.choice.contract.release,
                contract=hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest(),
                profile=settings.profile,
                seed=settings.seed,
                run=settings.run,
                suite=suite_version(),
                started=datetime.now(UTC).isoformat(timespec="seconds"),
                selected=len(self.selected),
                checks=tuple(nodeid.removeprefix(PREFIX) for nodeid in dict.fromkeys(ids) if is_check(nodeid)),
                note=self.choice.note,
            )
        )

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Tell that a check begins."""
        if is_check(nodeid):
            self._write(CheckStarted(nodeid.removeprefix(PREFIX)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell what a check came to."""
        outcome = getattr(report, OUTCOME, None)
        if outcome is not None:
            self._write(CheckFinished(Outcome.from_event(outcome)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear from a worker what it could not clean up."""
        self.left.extend(getattr(node, "workeroutput", {}).get(LEFTOVERS, ()))

    @pytest.hookimpl(wrapper=True)
    def pytest_keyboard_interrupt(
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> Generator[None, object, object]:
        """Let a run that was interrupted end as one, even where pytest finds no line that it could show.

        CPython may be at an instruction that belongs to none; pytest's description of such a place is a `TypeError`.
        Nor is anything described behind the first line of the suite: pytest would, with all arguments of functions, and
        the description of a configuration of schemathesis alone takes a quarter of a minute.
        """
        own = (at for at, entry in enumerate(excinfo.traceback, 1) if Path(entry.path).is_relative_to(_SUITE))
        excinfo.traceback = excinfo.traceback[: next(own, None)]
        try:
            return (yield)
        except TypeError:
            try:
                raise excinfo.value.with_traceback(None) from None
            except (KeyboardInterrupt, pytest.exit.Exception):
                told = pytest.ExceptionInfo.from_current()
                return self.config.hook.pytest_keyboard_interrupt(excinfo=told)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """End the stream, and make the views from it."""
        self._begin([])
        missing = len(self.selected or ()) - len(self.writer.outcomes)
        interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
        seconds = time.monotonic() - self.begun
        self._write(self.writer.footer(seconds, missing=missing, leftovers=self.left, interrupted=interrupted))
        self.writer.close()
        views = {name: path for name, path in self.settings.reports.items() if name != STREAM}
        self.unwritten += write_views(Report.of(self.writer.events), views)
        if self.settings.write_baseline:
            self._write_baseline(self.settings.write_baseline)
        if self.path and self.writer.error:
            self.unwritten.append(could_not_write(self.path, self.writer.error))

    def _write_baseline(self, path: Path) -> None:
        try:
            write(path, self.writer.outcomes, self.baseline)
        except OSError as problem:
            self.unwritten.append(could_not_write(path, problem, "baseline"))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which reports are missing, since nobody would look for that in a run that is green."""
        for sentence in self.unwritten:
            terminalreporter.write_line(f"seatunnel: {sentence}", red=True)

    def _write(self, event: Event) -> None:
        self.writer.write(event)
        self.config.hook.pytest_seatunnel_event(event=event)


def is_check(nodeid: str) -> bool:
    """Tell whether a node id is one of the suite's."""
    return nodeid.startswith(PREFIX)
