"""A run from outside of pytest."""

import gc
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.report.events import CheckStarted, Event, RunFinished
from seatunnel_conformance.report.outcomes import RunExit
from seatunnel_conformance.run.runner import run

FAILURE = b'{"status": "fail", "message": null}'


def test_run_that_is_interrupted_where_pytest_finds_no_line_is_a_run_that_is_interrupted(
    serve: Callable[[Any], str], one_answer: Callable[..., Any]
):
    beginning, no_line = 0, -1

    def interrupt(event: Event) -> None:
        # What a function does first is to fetch the variables of the one around it, and no line says so.
        if isinstance(event, CheckStarted):
            raise KeyboardInterrupt().with_traceback(TracebackType(None, sys._getframe(), beginning, no_line))

    settings = Settings(url=serve(one_answer(500, FAILURE)), release="documented", seed=1, only=("job-info.*",))
    report = run(settings, interrupt)
    assert report.footer.exit is RunExit.INTERRUPTED
    assert report.footer.missing > 0


def test_run_that_is_interrupted_while_another_thread_parses_code_is_a_run_that_is_interrupted(
    serve: Callable[[Any], str], one_answer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    shown, failures = pytest.ExceptionInfo.getrepr, [SystemError("AST constructor recursion depth mismatch")]

    def getrepr(*arguments: Any, **options: Any) -> Any:
        if failures:
            raise failures.pop()
        return shown(*arguments, **options)

    def interrupt(event: Event) -> None:
        if isinstance(event, CheckStarted):
            raise KeyboardInterrupt

    monkeypatch.setattr(pytest.ExceptionInfo, "getrepr", getrepr)
    settings = Settings(url=serve(one_answer(500, FAILURE)), release="documented", seed=1, only=("job-info.*",))
    report = run(settings, interrupt)
    assert failures == []
    assert report.footer.exit is RunExit.INTERRUPTED


def test_run_whose_interrupt_was_made_something_else_of_ends_after_that_check(
    serve: Callable[[Any], str], one_answer: Callable[..., Any]
):
    def terminate(event: Event) -> None:
        if isinstance(event, CheckStarted):
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)

    settings = Settings(url=serve(one_answer(500, FAILURE)), release="documented", seed=1, only=("job-info.*",))
    report = run(settings, terminate)
    assert report.footer.exit is RunExit.INTERRUPTED
    assert len(report.outcomes) == 1


def test_run_reads_and_runs_nothing_of_the_folder_of_temporary_files(
    serve: Callable[[Any], str], one_answer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "conftest.py").write_text("raise SystemExit('run')", encoding="utf-8")
    settings = Settings(url=serve(one_answer(500, FAILURE)), release="documented", seed=1, only=("overview.members",))
    assert len(run(settings).outcomes) == 1


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
