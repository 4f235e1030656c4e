"""Progress, and how long it will take yet."""

import io
from collections.abc import Callable
from itertools import count

import pytest
from rich.console import Console

from seatunnel_conformance.report.events import CheckFinished, CheckStarted, RunStarted
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.terminal import Estimate, RunProgress, rough_time

Make = Callable[..., Outcome]


def test_progress_is_shown_only_to_somebody(outcome: Make):
    text = io.StringIO()
    watcher = RunProgress(Console(file=text))
    for event in (CheckStarted("a.b"), CheckFinished(outcome("a.b"))):
        watcher.on_event(event)
    watcher.close()
    assert text.getvalue() == ""


def test_nothing_is_estimated_before_there_is_something_to_go_by(outcome: Make):
    estimate = Estimate(["a.b", "a.c"])
    estimate.add(outcome("a.b"))
    assert (estimate.remaining(), rough_time(estimate.remaining())) == (None, "")


def test_rest_is_expected_to_be_as_fast_as_until_now(outcome: Make):
    checks, clock = [f"a.c{number}" for number in range(20)], iter([0.0, 10.0])
    estimate = Estimate(checks, lambda: next(clock))
    for check in checks[:5]:
        estimate.add(outcome(check, seconds=8.0))  # several at the same time
    assert estimate.remaining() == 30.0


def test_generated_tests_are_expected_to_take_longer(outcome: Make):
    checks, clock = [f"a.c{number}" for number in range(6)], iter([0.0, 6.0])
    estimate = Estimate([*checks, "GET /overview"], lambda: next(clock))
    for check in checks:
        estimate.add(outcome(check))
    assert estimate.remaining() == 3.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "almost done"), (7.4, "about 7 s left"), (44.0, "about 40 s left"), (150.0, "about 2 min left")],
)
def test_estimate_sounds_no_more_certain_than_it_is(seconds: float, words: str):
    assert rough_time(seconds) == words


def test_progress_begins_before_the_first_check_is_known():
    text = io.StringIO()
    watcher = RunProgress(Console(file=text, force_terminal=True, width=80))
    watcher.begin()
    watcher.progress.refresh()
    watcher.close()
    assert "asking the target" in text.getvalue()


def test_somebody_who_watches_sees_the_failures_and_the_time(failed: Make):
    text = io.StringIO()
    times = count(-12, 12)
    watcher = RunProgress(Console(file=text, force_terminal=True, width=80), lambda: next(times))
    checks = tuple(f"a.c{number}" for number in range(9))
    watcher.on_event(RunStarted("t", "documented", "0" * 64, "smoke", 1, "r", "0", "2026", 9, checks))
    for check in checks[:6]:
        watcher.on_event(CheckStarted(check))
        watcher.on_event(CheckFinished(failed(check_id=check, seconds=4.0)))
    watcher.progress.refresh()
    watcher.close()
    assert "6/9" in text.getvalue()
    assert "6 failed" in text.getvalue()
    assert "about 12 s left" in text.getvalue()
