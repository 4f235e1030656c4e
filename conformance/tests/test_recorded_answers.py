"""The clause checks on what real engines answered, played back: none of them may blame an engine."""

from collections import Counter
from collections.abc import Callable, Container
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from makers import Serve
from recorded_answers import RecordedAnswers

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks import registry
from seatunnel_conformance.replay import RecordedStep, Recording, bundled, recorded_releases
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_conformance.run.kinds.clauses import ClauseCheck
from seatunnel_conformance.run.selection import select
from seatunnel_conformance.run.workers import run_check
from seatunnel_openapi import load

UNTOLD = {
    "overview.dynamic-slots": "a recording does not tell how many slots there were",
    "http.trace": "a recording does not tell the request that came back",
}
"""Checks of values for which a recording has a token, with the reason why playing it back proves nothing."""

GUARD = {"GET /overview", "GET /running-jobs", "GET /finished-jobs", "GET /finished-jobs/FINISHED"}
"""Requests of the guard of foreign jobs. A check that passes although nobody has recorded them does not need them."""


def judged(
    release: str, recording: Recording, serve: Serve, *, only: str = "*", needs_none: Container[str] = ()
) -> dict[str, tuple[Verdict, str]]:
    """Make the clause checks on a recording played back; return those that it could answer, with verdict and reason.

    Checks in `needs_none` have passed without the guard's requests.
    """
    app = RecordedAnswers(recording)
    # Nothing else ran on the recorded engines, which the guard can't see where nobody has recorded the lists.
    settings = Settings(url=serve(app), release=release, wait=1.0, seed=1, only=(only,), reference=True, dedicated=True)
    outcomes = {}
    with closing(Context.set_up(settings, load(release))) as context:
        for planned in select(settings, load(release)).checks:
            if isinstance(planned.kind, ClauseCheck) and planned.id not in UNTOLD:
                app.missed.clear()
                outcome = run_check(context, planned)
                usable = outcome.verdict is Verdict.PASS or planned.id in needs_none
                if not app.missed or (usable and GUARD.issuperset(app.missed)):
                    outcomes[planned.id] = outcome.verdict, outcome.reason
    return outcomes


@pytest.mark.slow
@pytest.mark.parametrize("release", recorded_releases())
def test_no_clause_check_blames_an_engine_for_what_it_was_recorded_to_answer(
    release: str, serve: Serve, record_property: Callable[[str, object], None]
) -> None:
    outcomes = judged(release, bundled(release), serve)
    counts = Counter(verdict for verdict, _ in outcomes.values())
    every = sum(found.clause_id in {clause.id for clause in load(release).clauses} for found in registry.all_checks())
    record_property("answered", f"{counts[Verdict.PASS]} of {every} clause checks")
    assert {name: reason for name, (verdict, reason) in outcomes.items() if verdict is Verdict.FAIL} == {}
    # A check that asks every route sends requests that nobody has recorded.
    assert counts[Verdict.PASS] >= 41


@pytest.mark.parametrize(
    ("check", "scenario", "broken"),
    [
        ("job-info.unknown-id", "job-info/unknown-18-digits", {"status": 404}),
        ("stop-job.unknown-id", "stop-job/unknown*", {"body": {"kind": "json", "value": {"jobId": "5"}}}),
    ],
)
def test_check_fails_on_an_engine_that_answers_otherwise(
    check: str, scenario: str, broken: dict[str, Any], serve: Serve
) -> None:
    recording = bundled("2.3.10").only(scenario)
    passed = judged("2.3.10", recording, serve, only=check)
    assert passed[check][0] is Verdict.PASS
    worse = tuple(
        replace(each, steps=tuple(RecordedStep(it.step, it.exchange and it.exchange | broken) for it in each.steps))
        for each in recording
    )
    assert judged("2.3.10", Recording(worse), serve, only=check, needs_none=passed)[check][0] is Verdict.FAIL


def test_request_that_no_scenario_has_made_is_answered_by_nobody(serve: Serve) -> None:
    assert judged("2.3.10", bundled("2.3.10").only("overview/*"), serve, only="job-info.unknown-id") == {}
