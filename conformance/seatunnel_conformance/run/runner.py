"""Run the suite from a program, without a pytest session of its own: `run` is what `seatunnel-v2 conform` calls."""

from __future__ import annotations

import gc
import io
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import platformdirs
import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import Inconclusive, SuiteError
from seatunnel_conformance.report.events import Event, Report, ReportError
from seatunnel_conformance.report.formats import NotWritten, require_writable
from seatunnel_conformance.run import GC_THRESHOLDS
from seatunnel_conformance.run.interrupts import interrupt_on_sigterm, restore, was_interrupted
from seatunnel_conformance.run.plan import RunPlan, plan_run
from seatunnel_conformance.run.reporter import REPORTER
from seatunnel_conformance.run.session import equip
from seatunnel_openapi import load, releases

_ARGUMENTS = (
    "--disable-plugin-autoload",
    "--import-mode=importlib",
    "--capture=no",
    *("-p", "no:cacheprovider"),
    # Unraisable exceptions and warnings of the surrounding program say nothing about the target.
    *("-p", "no:unraisableexception"),
    *("-p", "no:threadexception"),
    *("-p", "no:warnings"),
    # Nobody reads what pytest logs and prints of each check.
    *("-p", "no:logging"),
    "-q",
    *("-c", os.devnull),
)


class RunBroken(Inconclusive):
    """The run ended without a complete report; `output` is pytest's."""

    def __init__(self, output: str) -> None:
        super().__init__("the run broke off")
        self.output = output


class _RunPlugin:
    """The plugin that plans the run and registers the suite with the session, and passes its events on."""

    def __init__(
        self, settings: Settings, on_plan: Callable[[RunPlan], None], on_event: Callable[[Event], None]
    ) -> None:
        self.settings = settings
        self.on_plan = on_plan
        self.on_event = on_event
        self.error: BaseException | None = None
        self.events: list[Event] = []
        self.unwritten: Sequence[NotWritten] = ()

    def pytest_configure(self, config: pytest.Config) -> None:
        try:
            plan = plan_run(self.settings)
            equip(config, plan)
        except (SuiteError, KeyboardInterrupt) as error:
            self.error = error
            pytest.exit(str(error))
        self.on_plan(plan)

    def pytest_seatunnel_event(self, event: Event) -> None:
        self.events.append(event)
        self.on_event(event)

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        reporter = config.pluginmanager.get_plugin(REPORTER)
        self.unwritten = reporter.unwritten if reporter else ()


def prepare(*, generated: bool) -> None:
    """Import what a run needs, with `generated` also for generated tests, and read the contracts.

    A caller can do that while the target starts.
    """
    with _isolated():
        for release in releases():
            load(release)
        if generated:
            from seatunnel_conformance.run import generated as _  # noqa: F401, PLC0415 - a heavy import


def run(
    settings: Settings,
    on_event: Callable[[Event], None] = lambda _: None,
    on_plan: Callable[[RunPlan], None] = lambda _: None,
    on_unwritten: Callable[[NotWritten], None] = lambda _: None,
) -> Report:
    """Run the suite against a target and return the complete report.

    `on_plan` is called with the plan before the first check, `on_event` with each event, `on_unwritten` with each file
    that could not be written.

    Raises `TargetUnreachable`, `InvalidSettings`, and `RunBroken` if there is no complete report; `KeyboardInterrupt`
    if the run was interrupted before.
    """
    require_writable(settings.reports)
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as empty:
        # pytest lists the folders above, and imports their conftest.py, up to --confcutdir.
        folders = (f"--rootdir={empty}", f"--confcutdir={empty}", empty)
        plugin = _RunPlugin(settings, on_plan, on_event)
        output = io.StringIO()
        with _isolated(), redirect_stdout(output), redirect_stderr(output):
            pytest.main([*_ARGUMENTS, *folders], plugins=[plugin])
            interrupted = was_interrupted()
        if plugin.error is not None:
            raise plugin.error
        try:
            report = Report.of(plugin.events)
        except ReportError as error:
            if interrupted:
                raise KeyboardInterrupt from None
            raise RunBroken(settings.connection.redactor().text(output.getvalue())) from error
    for file in plugin.unwritten:
        on_unwritten(file)
    return report


@contextmanager
def _isolated() -> Iterator[None]:
    """Isolate the run from environment variables for pytest, and the environment from changes by libraries."""
    before = dict(os.environ)
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    # Hypothesis takes two seconds to make its tables of characters. Nothing else is stored there (`generated`).
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(platformdirs.user_cache_path("seatunnel-v2") / "hypothesis")
    handler, thresholds = interrupt_on_sigterm(), gc.get_threshold()
    gc.set_threshold(*GC_THRESHOLDS)
    # Hypothesis looks through all objects when it is imported, except for these.
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
        restore(handler)
        os.environ.clear()
        os.environ.update(before)
