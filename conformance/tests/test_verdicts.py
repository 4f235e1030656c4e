"""The verdict and the exit status of a run, by the verdicts of its checks."""

import weakref

import pytest

from seatunnel_conformance.errors import ArrangementFailed, forget_frames
from seatunnel_conformance.report.outcomes import EXITS, RunExit, RunVerdict, Verdict, run_verdict
from seatunnel_openapi.contract import Level

MUST, SHOULD, MAY = Level.MUST, Level.SHOULD, Level.MAY
PASS, FAIL, SKIPPED, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.SKIPPED, Verdict.INCONCLUSIVE
KNOWN, STALE = Verdict.KNOWN, Verdict.STALE


@pytest.mark.parametrize(
    ("results", "missing", "verdict"),
    [
        pytest.param([(MUST, PASS)], 0, RunVerdict.CONFORMS, id="a-passed-check-conforms"),
        pytest.param([(MUST, PASS), (MUST, FAIL)], 0, RunVerdict.DEVIATES, id="one-broken-must-deviates"),
        pytest.param([(MUST, PASS), (SHOULD, FAIL)], 0, RunVerdict.CONFORMS, id="a-broken-should-still-conforms"),
        pytest.param([(MUST, PASS), (MAY, FAIL)], 0, RunVerdict.CONFORMS, id="a-broken-may-still-conforms"),
        pytest.param([(SHOULD, FAIL)], 0, RunVerdict.CONFORMS, id="a-broken-should-alone-is-something-checked"),
        pytest.param([(MUST, PASS), (MUST, SKIPPED)], 0, RunVerdict.CONFORMS, id="a-skipped-check-does-not-hinder"),
        pytest.param([(MUST, SKIPPED)], 0, RunVerdict.EMPTY, id="nothing-but-skipped-checks-proves-nothing"),
        pytest.param([], 0, RunVerdict.EMPTY, id="no-checks-prove-nothing"),
        pytest.param([(MUST, PASS), (MUST, INCONCLUSIVE)], 0, RunVerdict.UNDECIDED, id="inconclusive-is-never-a-pass"),
        pytest.param(
            [(MUST, PASS), (MAY, INCONCLUSIVE)], 0, RunVerdict.UNDECIDED, id="inconclusive-may-is-none-either"
        ),
        pytest.param([(MUST, INCONCLUSIVE)], 0, RunVerdict.UNDECIDED, id="inconclusive-alone-is-undecided"),
        pytest.param([(MUST, FAIL), (MUST, INCONCLUSIVE)], 0, RunVerdict.DEVIATES, id="a-broken-must-settles-it"),
        pytest.param([(MUST, PASS), (MUST, KNOWN)], 0, RunVerdict.CONFORMS, id="a-known-deviation-does-not-hinder"),
        pytest.param([(MUST, KNOWN)], 0, RunVerdict.CONFORMS, id="a-known-deviation-alone-is-something-checked"),
        pytest.param([(MUST, KNOWN), (MUST, FAIL)], 0, RunVerdict.DEVIATES, id="a-known-deviation-hides-no-other"),
        pytest.param([(MUST, PASS), (MUST, STALE)], 0, RunVerdict.STALE, id="a-stale-entry-fails-the-run"),
        pytest.param([(MUST, PASS), (MAY, STALE)], 0, RunVerdict.STALE, id="a-stale-may-fails-it-as-well"),
        pytest.param([(MUST, STALE), (MUST, FAIL)], 0, RunVerdict.DEVIATES, id="a-broken-must-is-worse-than-stale"),
        pytest.param([(MUST, STALE)], 2, RunVerdict.STALE, id="a-stale-entry-settles-a-broken-off-run"),
        pytest.param([(MUST, KNOWN), (MUST, INCONCLUSIVE)], 0, RunVerdict.UNDECIDED, id="nor-decides-a-known-one"),
        pytest.param([(MUST, PASS)], 1, RunVerdict.UNDECIDED, id="a-check-that-never-ended-is-undecided"),
        pytest.param([(MUST, FAIL)], 1, RunVerdict.DEVIATES, id="a-broken-must-settles-a-broken-off-run-too"),
        pytest.param([], 1, RunVerdict.UNDECIDED, id="a-run-of-which-nothing-ended-is-undecided"),
    ],
)
def test_run_is_judged_by_its_checks(results: list[tuple[Level, Verdict]], missing: int, verdict: RunVerdict):
    assert run_verdict(results, missing=missing) is verdict


def test_every_verdict_has_an_exit_status():
    statuses = {"conforms": 0, "deviates": 1, "stale": 1, "empty": 4, "undecided": 5}
    assert {verdict.value: int(EXITS[verdict]) for verdict in RunVerdict} == statuses


def test_exit_statuses_are_distinct():
    assert len({status.value for status in RunExit}) == len(RunExit) == 6


class Body:
    """The body of a response, whose deletion a weak reference shows."""


def test_error_that_is_remembered_holds_no_responses():
    def arranged() -> None:
        body = Body()
        seen.append(weakref.ref(body))
        raise ArrangementFailed("it did not work", "submit-job.receipt")

    def judged() -> None:
        other = Body()
        seen.append(weakref.ref(other))
        try:
            arranged()
        except ArrangementFailed as error:
            raise ArrangementFailed("nor did this", "submit-job.receipt") from error

    seen: list[weakref.ref[Body]] = []
    remembered: list[ArrangementFailed] = []
    try:
        judged()
    except ArrangementFailed as error:
        remembered.append(error)
        forget_frames(error)
    assert remembered
    assert [ref() for ref in seen] == [None, None]
