"""A run from outside of pytest."""

import gc
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.errors import SuiteError
from seatunnel_conformance.report.events import CheckStarted, Event, Report, RunFinished
from seatunnel_conformance.report.outcomes import Outcome, RunExit
from seatunnel_conformance.run.planned import PlannedCheck
from seatunnel_conformance.run.runner import RunBroken, run
from seatunnel_conformance.run.workers import Workers

FAILURE = b'{"status": "fail", "message": null}'


def test_run_that_is_interrupted_ends_and_says_so(serve: Callable[[Any], str], one_answer: Callable[..., Any]):
    def interrupt(event: Event) -> None:
        if isinstance(event, CheckStarted):
            raise KeyboardInterrupt

    settings = Settings(url=serve(one_answer(500, FAILURE)), release="documented", seed=1, only=("job-info.*",))
    report = run(settings, interrupt)
    assert report.footer.exit is RunExit.INTERRUPTED
    assert report.footer.missing > 0


def test_run_whose_interrupt_was_made_something_else_of_ends_after_that_check(
    serve: Callable[[Any], str], one_answer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    outcome = Workers.outcome

    def interrupted(workers: Workers, check: PlannedCheck) -> Outcome:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        return outcome(workers, check)

    monkeypatch.setattr(Workers, "outcome", interrupted)
    settings = Settings(url=serve(one_answer(500, FAILURE)), release="documented", seed=1, only=("job-info.*",))
    assert run(settings).footer.exit is RunExit.INTERRUPTED


def test_defect_of_the_suite_ends_the_run_after_the_cleanup(
    serve: Callable[[Any], str], one_answer: Callable[..., Any], tmp_path: Path
):
    path = tmp_path / "report.ndjson"
    settings = Settings(
        url=serve(one_answer(500, FAILURE)), release="documented", only=("job-info.*",), reports={"ndjson": path}
    )

    def fail(event: Event) -> None:
        if isinstance(event, CheckStarted):
            raise SuiteError

    with pytest.raises(RunBroken) as broken:
        run(settings, fail)
    assert "SuiteError" in broken.value.output
    assert Report.read(path).footer.missing > 0


def test_run_needs_no_pytest():
    code = "import sys, seatunnel_conformance.run.runner, seatunnel_conformance.checks.http; print(*sys.modules)"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "pytest" not in names


@pytest.mark.slow
def test_what_the_program_around_a_run_leaves_open_is_no_matter_of_the_run(
    serve: Callable[[Any], str], one_answer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    settings = Settings(url=serve(one_answer(500, FAILURE)), release="documented", seed=1, only=("job-info.*",))

    def leave_a_socket_open(event: Event) -> None:
        if isinstance(event, RunFinished):
            # In a circle, so that only the garbage collector finds it.
            circle: list[Any] = [socket.socket()]
            circle.append(circle)

    report = run(settings, leave_a_socket_open)
    assert report.footer.exit is RunExit.DEVIATES
    gc.collect()
    assert len(complaints) == 1
