"""A run from outside of pytest."""

import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any

from seatunnel_conformance.report.events import CheckStarted, Event
from seatunnel_conformance.runner import run
from seatunnel_conformance.settings import Settings
from seatunnel_conformance.verdicts import RunExit


def test_run_that_is_interrupted_where_pytest_finds_no_line_is_a_run_that_is_interrupted(
    serve: Callable[[Any], str], one_answer: Callable[..., Any]
):
    beginning, no_line = 0, -1

    def interrupt(event: Event) -> None:
        # What a function does first is to fetch the variables of the one around it, and no line says so.
        if isinstance(event, CheckStarted):
            raise KeyboardInterrupt().with_traceback(TracebackType(None, sys._getframe(), beginning, no_line))

    settings = Settings(url=serve(one_answer(404, b"{}")), release="documented", seed=1, only=("job-info.*",))
    report = run(settings, interrupt)
    assert report.footer.exit is RunExit.INTERRUPTED
    assert report.footer.missing > 0


def test_run_whose_interrupt_was_made_something_else_of_ends_after_that_check(
    serve: Callable[[Any], str], one_answer: Callable[..., Any]
):
    def terminate(event: Event) -> None:
        if isinstance(event, CheckStarted):
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)

    settings = Settings(url=serve(one_answer(404, b"{}")), release="documented", seed=1, only=("job-info.*",))
    report = run(settings, terminate)
    assert report.footer.exit is RunExit.INTERRUPTED
    assert len(report.outcomes) == 1
