"""The score of a run: the numbers of killed, surviving and other faults."""

from collections.abc import Callable

import pytest

from seatunnel_conformance.faults.results import FaultResult
from seatunnel_conformance.faults.score import Ratio, Score
from seatunnel_conformance.report.outcomes import RunExit

Make = Callable[..., FaultResult]


def test_binding_faults_have_a_share_of_their_own(result: Make):
    score = Score((result("a"), result("b", fate="survived", must=False), result("c", fate="killed-elsewhere")))
    assert (score.binding, score.every) == (Ratio(1, 2), Ratio(1, 3))


@pytest.mark.parametrize("fate", ["unobservable", "idle"])
def test_fault_that_could_not_be_tried_counts_neither_way(result: Make, fate: str):
    assert Score((result("a"), result("b", fate=fate))).every == Ratio(1, 1)


def test_broken_trial_counts_against_the_score(result: Make):
    assert Score((result("a"), result("b", fate="broken"))).every == Ratio(1, 2)


def test_generated_faults_have_scores_of_their_own(result: Make):
    score = Score((result("a"), result("s", kind="schema", fate="survived"), result("w", kind="whole")))
    assert (score.every, score.found) == (Ratio(1, 1), Ratio(1, 2))


def test_generated_faults_that_break_no_clause_are_counted_apart(result: Make):
    results = (
        result("a"),
        result("v", kind="value"),
        result("l", kind="list", fate="killed-elsewhere"),
        result("m", kind="method", fate="idle"),
        result("e", kind="value", due="silence", fate="survived"),
    )
    assert (Score(results).found, Score(results).equivalent) == (Ratio(1, 2), 1)


def test_doubts_and_silences_are_counted_by_what_is_due(result: Make):
    results = (
        result("a", due="doubt", fate="doubted", breaks=[], must=False),
        result("b", due="doubt", fate="survived", breaks=[], must=False),
        result("c", due="silence", fate="survived", breaks=[], must=False),
    )
    score = Score(results)
    assert (score.undecided, score.ignored, score.every) == (Ratio(1, 2), Ratio(1, 1), Ratio(0, 0))


def test_amiss_is_what_is_not_as_due_and_what_could_not_act(result: Make):
    results = (
        result("killed"),
        result("survivor", fate="survived"),
        result("idle", fate="idle"),
        result("drawn-idle", fate="idle", kind="schema"),
        result("unseen", fate="unobservable"),
        result("alarm", due="silence", fate="killed-elsewhere"),
    )
    assert [one.fault for one in Score(results).unexpected] == ["survivor", "idle", "alarm"]


def test_clause_is_proved_by_its_own_check(result: Make):
    breaks = ["job-info.unknown-id", "running-job.unknown-id"]
    score = Score((result(breaks=breaks, killers={"job-info.unknown-id": "404", "overview.members": "?"}),))
    assert score.proven == {"job-info.unknown-id"}


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"fate": "killed"}, RunExit.CONFORMS),
        ({"due": "silence", "fate": "killed-elsewhere"}, RunExit.DEVIATES),
        ({"fate": "doubted"}, RunExit.DEVIATES),
        ({"fate": "survived", "must": False}, RunExit.CONFORMS),
    ],
)
def test_false_alarm_and_must_fault_that_is_not_killed_decide_the_exit_status(
    result: Make, more: dict[str, object], status: RunExit
):
    assert Score((result(), result("b", **more))).exit is status


def test_kinds_that_nobody_wrote_come_last(result: Make):
    score = Score((result("a", kind="schema"), result("b", kind="harmless", due="silence"), result("c", kind="http")))
    assert list(score.kinds) == ["http", "harmless", "schema"]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Ratio(2, 2), "2 of 2 (100 %)"),
        (Ratio(999, 1000), "999 of 1000 (99.9 %)"),
        (Ratio(1999, 2000), "1999 of 2000 (99.9 %)"),
    ],
)
def test_only_all_are_a_hundred_percent(share: Ratio, text: str):
    assert str(share) == text
