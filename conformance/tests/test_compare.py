"""Two deployments compared: each difference is found and shown in few steps; equal ones give none."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from asgi import App, app
from hypothesis import find
from makers import Serve

from seatunnel_conformance.arrange.options import GENERAL_PROFILES
from seatunnel_conformance.compare import BOUNDS, ComparePlan, DeploymentComparison, compare
from seatunnel_conformance.compare.histories import histories
from seatunnel_conformance.compare.pair import Pair
from seatunnel_conformance.compare.result import as_json, text
from seatunnel_conformance.errors import TargetUnreachable
from seatunnel_conformance.replay import Address, scenarios_for
from seatunnel_conformance.replay.normalise import matches
from seatunnel_openapi import Contract, load

Answerer = Callable[[str, str, bytes], tuple[int, Any]]
Compared = Callable[..., DeploymentComparison]
"""From method, path with query, and body, to a status and a document."""

NAMES = ("http://a:1", "http://b:2")
TICKING = count().__next__
"""A clock on which every look takes a second."""


def answering(response: Answerer) -> App:
    """Make an app of a function."""
    return app(lambda asked: response(asked.method, asked.target, asked.body))


def plain(_: str, path: str, __: bytes) -> tuple[int, Any]:
    """Respond with an empty object, for lists with an empty list, and for the overview with a version."""
    if path == "/overview":
        return 200, {"projectVersion": "2.3.9"}
    return 200, [] if "jobs" in path or path.startswith("/log") else {}


def refusing(*_: object) -> tuple[int, Any]:
    """Respond to everything with an error in the API's form."""
    return 418, {"status": "fail", "message": ""}


@pytest.fixture
def compared(serve: Serve, contract: Contract) -> Callable[..., DeploymentComparison]:
    """Return a function that compares two servers within the bounds of the smoke profile, and more options."""

    def run(one: Answerer, other: Answerer, **more: Any) -> DeploymentComparison:
        urls = tuple(Address(serve(answering(each)), dedicated=True) for each in (one, other))
        usual = {"bounds": replace(BOUNDS["smoke"], seconds=1e9), "seed": 1, "only": "overview/*"}
        plan = ComparePlan(urls, (contract, contract), **{**usual, **more})
        return compare(plan, clock=TICKING)

    return run


def test_each_profile_without_groups_has_its_bounds():
    assert tuple(BOUNDS) == GENERAL_PROFILES


def test_servers_that_answer_alike_are_the_same(compared: Compared) -> None:
    comparison = compared(plain, plain)
    assert (comparison.same, comparison.decided, comparison.total > 5) == (True, True, True)
    assert comparison.differing["GET /overview"] == 0
    assert "respond alike" in text(comparison, NAMES)


def test_smallest_history_is_told_with_both_answers_and_the_places(compared: Compared) -> None:
    def other(method: str, path: str, body: bytes) -> tuple[int, Any]:
        return (200, {"projectVersion": "2.3.9", "workers": 5}) if path == "/overview" else plain(method, path, body)

    comparison = compared(plain, other)
    smallest = comparison.smallest
    assert smallest is not None
    assert [each.step["request"]["path"] for each in smallest.steps] == ["/overview"]
    assert (comparison.same, comparison.decided, smallest.repeated) == (False, True, True)
    told = text(comparison, NAMES)
    assert '"$a/overview"' in told
    assert "/body/value/workers: A nothing, B 5" in told
    written = as_json(comparison, NAMES)
    assert written["histories"][0]["differences"] == [
        {"pointer": "/body/value/workers", "a": {"absent": True}, "b": {"value": 5}}
    ]


def test_steps_that_a_difference_does_not_need_are_left_out(compared: Compared) -> None:
    def other(method: str, path: str, body: bytes) -> tuple[int, Any]:
        return (404, {}) if path == "/finished-jobs/FAILING" else plain(method, path, body)

    comparison = compared(plain, other, only="finished-jobs/states-without-jobs")
    assert comparison.compared["GET /finished-jobs/{state}"] > 5
    assert [each.step["id"] for finding in comparison.findings for each in finding.steps] == ["failing"]


@pytest.mark.slow
def test_generated_difference_is_shrunk_to_the_one_request_that_makes_it(compared: Compared) -> None:
    odd = {f"/finished-jobs/{word}" for word in ("null", "abc", "1.5", "-1", "007")}

    def other(method: str, path: str, body: bytes) -> tuple[int, Any]:
        return (500, {}) if path in odd else plain(method, path, body)

    comparison = compared(plain, other, only="*", bounds=replace(BOUNDS["read-only"], seconds=1e9, cases=300))
    assert [(it.origin, len(it.steps)) for it in comparison.findings] == [("generated", 1)]
    assert comparison.findings[0].steps[0].step["request"]["path"] in odd


def test_jobs_that_are_still_being_stopped_are_not_reported_as_left(reference_as: Callable[..., str]) -> None:
    pair = Pair((reference_as("2.3.13"), reference_as("2.3.10")))
    (history,) = scenarios_for("2.3.13").only("stop-job/string-id")
    submission = replace(history, steps=history.steps[:1])
    for _ in range(3):
        pair.play(submission)
    pair.close()
    assert pair.left == set()


def test_generated_read_of_a_list_compares_own_jobs() -> None:
    recorded = list(scenarios_for("2.3.13").only("finished-jobs/*"))
    drawn = find(
        histories(load("2.3.13"), recorded),
        lambda it: it.steps[-1].step["request"]["path"].startswith("/finished-jobs/"),
    )
    (where,) = drawn.steps[-1].step["select"]["where"].items()
    own = {"jobId": "{{fresh.id.fjfin}}", "jobName": "n"}  # as recorded jobs are named
    assert matches(own[where[0]], where[1])


def test_difference_that_does_not_come_again_decides_nothing(compared: Compared) -> None:
    asked: list[str] = []

    def other(method: str, path: str, body: bytes) -> tuple[int, Any]:
        asked.append(path)
        # The first request of a comparison only identifies the target.
        return (503, {}) if path == "/overview" and asked.count(path) == 2 else plain(method, path, body)

    comparison = compared(plain, other)
    assert (comparison.findings, comparison.unstable, comparison.decided) == ([], ["overview/plain"], False)
    assert "not when repeated: overview/plain" in text(comparison, NAMES)


def test_difference_that_could_not_be_repeated_in_time_is_not_reported_as_certain(compared: Compared) -> None:
    comparison = compared(plain, refusing)
    counts = f"{comparison.differing.total()} of {comparison.total} responses in "
    assert f"http://a:1 and http://b:2 differ: {counts}" in text(comparison, NAMES)
    comparison.findings = [replace(finding, repeated=False) for finding in comparison.findings]
    assert comparison.decided is False
    assert "responded differently, but there was no time to repeat a difference: " in text(comparison, NAMES)


@pytest.mark.slow
def test_without_permission_nothing_but_reading_is_sent(compared: Compared) -> None:
    methods: set[str] = set()

    def other(method: str, path: str, body: bytes) -> tuple[int, Any]:
        methods.add(method)
        return plain(method, path, body)

    comparison = compared(plain, other, only="*", writes=False, bounds=replace(BOUNDS["smoke"], seconds=1e9, cases=5))
    assert comparison.recorded > 50
    assert methods <= {"GET", "HEAD", "OPTIONS", "TRACE"}


def test_tags_are_not_replaced_unless_that_is_said(compared: Compared) -> None:
    assert compared(plain, plain, only="update-tags/*").recorded == 0


def test_want_of_time_is_told(compared: Compared) -> None:
    comparison = compared(plain, plain, bounds=replace(BOUNDS["smoke"], seconds=5))
    assert any("left out because time is over" in note for note in comparison.notes)


def test_side_that_is_not_there_is_no_difference(serve: Serve, contract: Contract) -> None:
    plan = ComparePlan((serve(answering(plain)), "http://127.0.0.1:9"), (contract, contract), BOUNDS["smoke"])
    with pytest.raises(TargetUnreachable, match=r"127\.0\.0\.1:9"):
        compare(plan)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("other", "said"),
    [
        (plain, "was found before the interruption"),
        (refusing, "responded differently, but the comparison was interrupted"),
    ],
    ids=["alike", "otherwise"],
)
def test_interrupted_comparison_tells_what_it_has_seen(
    serve: Serve, contract: Contract, other: Answerer, said: str
) -> None:
    def interrupt(doing: str) -> None:
        if doing == "generated histories":
            raise KeyboardInterrupt

    urls, bounds = (serve(answering(plain)), serve(answering(other))), replace(BOUNDS["smoke"], seconds=1e9)
    plan = ComparePlan(urls, (contract, contract), bounds, writes=False)
    comparison = compare(plan, report=interrupt)
    assert (comparison.interrupted, comparison.total > 50) == (True, True)
    assert said in text(comparison, NAMES)


def test_side_that_shows_a_job_later_is_not_another_one(compared: Compared) -> None:
    asked: list[str] = []

    def other(method: str, path: str, body: bytes) -> tuple[int, Any]:
        asked.append(path)
        late = path == "/finished-jobs/UNKNOWABLE" and asked.count(path) < 3
        return (404, {}) if late else plain(method, path, body)

    bounds = replace(BOUNDS["smoke"], seconds=1e9, longest_wait=1.0)
    comparison = compared(plain, other, only="finished-jobs/states-without-jobs", bounds=bounds)
    assert (comparison.findings, comparison.unstable) == ([], ["finished-jobs/states-without-jobs"])


def test_steps_that_wait_go_with_what_they_wait_for(compared: Compared) -> None:
    known: set[str] = set()
    stopped: set[str] = set()

    def one(method: str, path: str, body: bytes) -> tuple[int, Any]:
        if path.startswith("/submit-job?"):
            known.add(path.partition("jobId=")[2].partition("&")[0])
        if path == "/stop-job":
            stopped.add(json.loads(body)["jobId"])
        job_id = path.rpartition("/")[2]
        state = "CANCELED" if job_id in stopped else "RUNNING"
        read = {"SourceReceivedCount": "5", "sourceReceivedCount": "5"}
        moving = {"jobStatus": state, "metrics": read, "finishTime": "now" if state == "CANCELED" else None}
        shown = moving if job_id in known else {}
        return (200, shown) if path.startswith("/job-info/") else plain(method, path, body)

    def other(method: str, path: str, body: bytes) -> tuple[int, Any]:
        response = one(method, path, body)
        is_known = path == "/stop-job" and json.loads(body)["jobId"] in known
        return (200, {"stopped": True}) if is_known else response

    bounds = replace(BOUNDS["full"], seconds=1e9)
    comparison = compared(one, other, only="stop-job/string-id", bounds=bounds)
    assert [each.step["id"] for each in comparison.findings[0].steps] == ["submit", "wait-running", "wait-rows", "stop"]
