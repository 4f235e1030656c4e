"""What results add up to."""

from collections.abc import Callable

import pytest

from seatunnel_conformance.faults.results import FaultResult
from seatunnel_conformance.faults.score import Ratio, Score

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


def test_false_alarm_spoils_a_perfect_score(result: Make):
    assert Score((result(),)).is_perfect
    assert not Score((result(), result("b", due="silence", fate="killed-elsewhere"))).is_perfect
    assert not Score((result(), result("b", fate="doubted"))).is_perfect
    assert Score((result(), result("b", fate="survived", must=False))).is_perfect


def test_kinds_that_nobody_wrote_come_last(result: Make):
    score = Score((result("a", kind="schema"), result("b", kind="harmless", due="silence"), result("c", kind="http")))
    assert [row.kind for row in score.rows] == ["http", "harmless", "schema"]


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
