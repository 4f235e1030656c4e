"""One run of the suite from outside of pytest: what the command does, and what programs may do, too."""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import Inconclusive, SuiteError
from seatunnel_conformance.report.events import Event, Report, ReportError
from seatunnel_conformance.report.formats import require_writable
from seatunnel_conformance.run.baseline import baseline_for
from seatunnel_conformance.run.interrupts import interrupt_on_sigterm, restore, was_interrupted
from seatunnel_conformance.run.plugin import REWRITTEN
from seatunnel_conformance.run.recorder import RECORDER
from seatunnel_conformance.run.releases import choose

_ARGUMENTS = (
    "--disable-plugin-autoload",
    "--import-mode=importlib",
    "--capture=no",
    *("-p", "no:cacheprovider"),
    # What the program around it leaves to the garbage collector, or to its threads, says nothing of the target.
    *("-p", "no:unraisableexception"),
    *("-p", "no:threadexception"),
    *("-c", os.devnull),
)


class RunBroken(Inconclusive):
    """The run itself came to no end; `output` is what pytest had to say."""

    def __init__(self, output: str) -> None:
        super().__init__("the run broke off")
        self.output = output


class _Conductor:
    """Equips the session, keeps its events, and passes them on."""

    def __init__(self, settings: Settings, listener: Callable[[Event], None]) -> None:
        self.settings = replace(settings, limits=settings.limits.started(time.monotonic()))
        self.listener = listener
        self.problem: BaseException | None = None
        self.events: list[Event] = []
        self.unwritten: Sequence[str] = ()

    def pytest_configure(self, config: pytest.Config) -> None:
        # The plugin was imported before there was a session to hear it. To choose a release may make checks, too, and
        # whatever is imported by then explains its asserts no more.
        pytest.register_assert_rewrite(*REWRITTEN)
        from seatunnel_conformance.run.session import equip  # noqa: PLC0415 - after the target has answered

        try:
            choice = choose(self.settings)
            equip(config, self.settings, choice, baseline_for(self.settings, choice.contract))
        except (SuiteError, KeyboardInterrupt) as problem:
            self.problem = problem
            pytest.exit(str(problem))

    def pytest_seatunnel_event(self, event: Event) -> None:
        self.events.append(event)
        self.listener(event)

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        recorder = config.pluginmanager.get_plugin(RECORDER)
        self.unwritten = recorder.unwritten if recorder else ()


def run(
    settings: Settings,
    listener: Callable[[Event], None] = lambda _: None,
    complain: Callable[[str], None] = lambda _: None,
) -> Report:
    """Run the suite against a target and return the whole report.

    `listener` hears of every event as it happens; `complain` of each file, in a sentence, that could not be written.

    Raises `TargetUnreachable`, `InvalidSettings`, and `RunBroken` when there is no whole report; `KeyboardInterrupt`
    when that is because the run was interrupted.
    """
    require_writable(settings.reports)
    with tempfile.TemporaryDirectory(prefix="seatunnel-") as empty:
        conductor = _Conductor(settings, listener)
        output = io.StringIO()
        with _own_world(Path(empty)), redirect_stdout(output), redirect_stderr(output):
            pytest.main([*_ARGUMENTS, f"--rootdir={empty}", empty], plugins=[conductor])
            interrupted = was_interrupted()
        if conductor.problem is not None:
            raise conductor.problem
        try:
            report = Report.of(conductor.events)
        except ReportError as problem:
            if interrupted:
                raise KeyboardInterrupt from None
            raise RunBroken(settings.connection.veil().text(output.getvalue())) from problem
    for sentence in conductor.unwritten:
        complain(sentence)
    return report


@contextmanager
def _own_world(folder: Path) -> Iterator[None]:
    """Keep the surroundings out of the run, and what libraries leave behind out of the surroundings."""
    kept = dict(os.environ)
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder / "hypothesis")
    handler = interrupt_on_sigterm()
    try:
        yield
    finally:
        restore(handler)
        os.environ.clear()
        os.environ.update(kept)
