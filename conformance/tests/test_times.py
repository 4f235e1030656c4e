"""Checks of response times: the times are in the report, and only far too long ones are failures."""

from collections.abc import Iterator
from itertools import cycle

import pytest
from makers import Judge

from seatunnel_conformance.arrange.waiting import LIST_LIMIT, list_seconds, median_seconds
from seatunnel_conformance.checks.running_job import response_time
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.text.events import from_plain


class Timed:
    """A target whose responses take these seconds, in turn."""

    def __init__(self, *seconds: float) -> None:
        self._seconds: Iterator[float] = cycle(seconds)

    def get(self, _: str, __: float = 0.0) -> Response:
        return Response(200, [("Content-Type", "application/json")], b"[{}, {}]", next(self._seconds))

    listed = get


def test_one_slow_response_does_not_count() -> None:
    target = Timed(0.1, 9.0, 0.2)
    assert median_seconds(lambda: target.get("/")) == 0.2


def test_time_of_a_list_is_a_figure_with_the_number_of_jobs() -> None:
    figures: list[str] = []
    assert list_seconds(Timed(0.0123), "/running-jobs", figures) == 0.0123
    assert figures == ["12 ms for 2 jobs"]


def test_list_that_takes_too_long_fails_with_its_figure() -> None:
    figures: list[str] = []
    with pytest.raises(AssertionError):
        response_time(Timed(LIST_LIMIT + 1), figures)
    assert figures == ["6000 ms for 2 jobs"]


def test_figures_are_in_the_outcome_and_survive_json(reference: str, judge: Judge) -> None:
    outcome = judge("job-info.unknown-id-time", reference)
    assert (outcome.verdict, len(outcome.figures)) == (Verdict.PASS, 1)
    assert "for an unknown id" in outcome.figures[0]
    assert from_plain(Outcome, outcome.as_json()).figures == outcome.figures
