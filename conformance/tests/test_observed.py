"""All responses of a run are compared, not only those to requests of the check of a clause."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import pytest

from seatunnel_conformance.arrange.comparisons import SeveralFindings
from seatunnel_conformance.checks.derived import whole_run_checks
from seatunnel_conformance.checks.job_views import VIEWS
from seatunnel_conformance.checks.overview import must_count_ended
from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.observe.observer import Observer
from seatunnel_conformance.replay.recording import bundled
from seatunnel_conformance.report.outcomes import Finding
from seatunnel_conformance.target.deployment import Target, fill
from seatunnel_conformance.target.exchange import Exchange, Request, Response
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.target.routes import find
from seatunnel_openapi import load
from seatunnel_openapi.contract import Operation

CONTRACT = load("2.3.10")
SOME_TIME = "2026-01-01 00:00:00"


def ended_job(**changed: Any) -> dict[str, Any]:
    return {**json.loads(recorded_job()), **changed}


@cache
def recorded_job() -> str:
    """Return a finished job as an engine showed it; values replace the types in the recording."""
    steps = (step for scenario in bundled("2.3.10").only("finished-jobs/own-finished") for step in scenario.steps)
    jobs = next(step.exchange["body"]["value"] for step in steps if step.exchange and step.step["id"] == "state")
    text = re.sub(r'"<(int|decimal) string>"', '"5"', json.dumps(jobs[0]))
    text = re.sub("{{fresh.*?}}", "7", text).replace('"<table map>"', '{"fake": "5"}')
    return text.replace("<timestamp yyyy-MM-dd HH:mm:ss>", SOME_TIME)


@pytest.fixture
def observer() -> Observer:
    own = OwnIds("1")
    own.submissions["7"] = 1
    return Observer(CONTRACT, own)


def read(observer: Observer, path: str, document: Any, *, method: str = "GET", seconds: float = 0.0) -> None:
    body = json.dumps(document).encode()
    response = Response(200, [("Content-Type", "application/json")], body, seconds)
    observer.add(Request(method, "http://target", path), response)


def places(observer: Observer, operation_id: str) -> list[str]:
    found = observer.findings(CONTRACT.operation(operation_id))
    return [difference.place for finding, _ in found for difference in finding.differences]


def test_body_that_breaks_the_schema_is_found(observer: Observer) -> None:
    read(observer, "/running-threads", [{"threadName": 5}])
    read(observer, "/finished-jobs", [ended_job()])
    assert places(observer, "get_running_threads") != []
    assert places(observer, "get_finished_jobs") == []


def test_body_that_is_no_json_is_found(observer: Observer) -> None:
    response = Response(200, [("Content-Type", "application/json")], b'{"jobId": "7", "jobSt')
    observer.add(Request("GET", "http://target", "/job-info/7"), response)
    assert places(observer, "get_job_info") == [""]


def test_operation_whose_responses_nobody_has_seen_does_not_pass(observer: Observer) -> None:
    read(observer, "/overview", "not an object")
    for operation, check in whole_run_checks(CONTRACT):
        if operation.id != "get_overview" and operation.id not in VIEWS:
            with pytest.raises(NotObservable):
                check({"target": SimpleNamespace(), "observer": observer})


@pytest.mark.parametrize(
    ("receipt", "place"),
    [({"jobId": "8", "jobName": "conformance-1-a b"}, "/jobId"), ({"jobId": "7", "jobName": "ab"}, "/jobName")],
)
def test_receipt_is_that_of_the_request(observer: Observer, receipt: Mapping[str, str], place: str) -> None:
    target = "/submit-job?jobId=%2B007&jobName=conformance-1-a+b&format=json"
    read(observer, target, {"jobId": "7", "jobName": "conformance-1-a b"}, method="POST")
    read(observer, "/submit-job?jobId=7&jobName=SeaTunnel", {"jobId": "7", "jobName": "from env"}, method="POST")
    read(observer, f"{target}&jobName=conformance-1-b", {"jobId": "7", "jobName": "conformance-1-b"}, method="POST")
    assert places(observer, "submit_job") == []
    read(observer, target, receipt, method="POST")
    assert places(observer, "submit_job") == [place]


def test_generated_id_is_not_that_of_another_job(observer: Observer) -> None:
    for job_id, given in (("7", ""), ("7", "7"), ("8", ""), ("7", "")):
        assert places(observer, "submit_job") == []
        read(observer, f"/submit-job?jobName=x&jobId={given}", {"jobId": job_id, "jobName": "x"}, method="POST")
    assert places(observer, "submit_job") == ["/jobId"]


@pytest.mark.parametrize("changed", [{"createTime": "2020-01-01 00:00:00"}, {"jobName": "x"}, {"jobStatus": "FAILED"}])
def test_job_does_not_change_in_an_operation(observer: Observer, changed: Mapping[str, str]) -> None:
    read(observer, "/finished-jobs", [ended_job()])
    read(observer, "/finished-jobs/FAILED", [ended_job(**changed)])
    assert places(observer, "get_finished_jobs_by_state") == [], "it is another operation, which may be the right one"
    read(observer, "/finished-jobs", [ended_job(**changed)])
    assert places(observer, "get_finished_jobs") == [f"/0/{next(iter(changed))}"]


def test_job_that_was_submitted_again_may_change(observer: Observer) -> None:
    read(observer, "/finished-jobs", [ended_job()])
    observer.own.submissions["7"] = 2
    read(observer, "/finished-jobs", [ended_job(createTime="2020-01-01 00:00:00")])
    assert places(observer, "get_finished_jobs") == []


def test_readings_that_engines_mix_up_have_no_check() -> None:
    assert "get_system_monitoring_information" not in {operation.id for operation, _ in whole_run_checks(CONTRACT)}


def test_job_of_somebody_else_may_change(observer: Observer) -> None:
    for created in (SOME_TIME, "2020-01-01 00:00:00"):
        read(observer, "/finished-jobs", [ended_job(jobId="8", createTime=created)])
    assert places(observer, "get_finished_jobs") == []


def test_page_shows_jobs_as_a_list_does() -> None:
    observer = Observer(load("2.3.13"), OwnIds())
    observer.own.submissions["7"] = 1
    read(observer, "/finished-jobs", [ended_job()])
    read(observer, "/finished-jobs?page=1&rows=5", {"total": 1, "data": [ended_job(createTime="2020-01-01 00:00:00")]})
    assert "/data/0/createTime" in places(observer, "get_finished_jobs")


@pytest.mark.parametrize(("then", "places_found"), [("RUNNING", [""]), ("FINISHED", [])])
def test_list_lacks_no_job_that_runs_before_and_after_it(
    observer: Observer, then: str, places_found: list[str]
) -> None:
    read(observer, "/job-info/7", {"jobId": "7", "jobStatus": "RUNNING"})
    read(observer, "/running-jobs", [])
    read(observer, "/job-info/7", {"jobId": "7", "jobStatus": then})
    assert places(observer, "get_running_jobs") == places_found


@pytest.mark.parametrize(
    ("counted", "in_all", "in_state", "is_wrong"), [("3", 3, 3, False), ("2", 3, 3, True), ("2", 3, 2, False)]
)
def test_overview_counts_the_jobs_that_both_lists_have(
    observer: Observer, counted: str, in_all: int, in_state: int, *, is_wrong: bool
) -> None:
    lengths = {"/finished-jobs": in_all, "/finished-jobs/FINISHED": in_state}
    overview = SimpleNamespace(members={"finishedJobs": counted, "failedJobs": "0", "cancelledJobs": "0"})
    target = SimpleNamespace(
        wire=SimpleNamespace(lists=SimpleNamespace(is_long=lambda _: False)),
        get=lambda _: overview,
        listed=lambda path, _: SimpleNamespace(items=[{"jobStatus": "FINISHED"}] * lengths.get(path, 0)),
    )
    with pytest.raises(AssertionError) if is_wrong else nullcontext():
        must_count_ended(cast(Target, target), observer)


def test_response_that_was_overtaken_may_be_older(observer: Observer) -> None:
    read(observer, "/finished-jobs", [ended_job()])
    read(observer, "/finished-jobs", [ended_job(jobStatus="FAILED")], seconds=60)
    assert places(observer, "get_finished_jobs") == []


def test_large_body_is_read_once_a_second(observer: Observer) -> None:
    for state in ("FINISHED", "FAILED"):
        read(observer, "/finished-jobs", [ended_job(jobStatus=state, errorMsg="x" * 2**16)])
    assert places(observer, "get_finished_jobs") == []


@pytest.mark.parametrize(
    ("wrong", "changed"),
    [
        ({"get_job_info"}, {"errorMsg": "another"}),
        ({"get_finished_jobs"}, {"errorMsg": "another"}),
        ({"get_finished_jobs_by_state"}, {"errorMsg": "another"}),
        ({"get_finished_jobs"}, {"jobName": "another"}),
        (set(), {}),
    ],
)
def test_ended_job_is_shown_as_by_the_others(observer: Observer, wrong: set[str], changed: dict[str, str]) -> None:
    assert accused(observer, wrong, changed, CONTRACT.operations) == wrong


@pytest.mark.parametrize("wrong", [{"get_job_info", "get_running_job"}, {"get_finished_jobs", "get_running_job"}])
def test_nobody_is_accused_if_two_operations_differ_from_two_others(observer: Observer, wrong: set[str]) -> None:
    assert accused(observer, wrong, {"errorMsg": "another"}, CONTRACT.operations) == set()


@pytest.mark.parametrize("end", ["2000-01-01 00:00:00", "2027-01-01 00:00:00.5"], ids=["before its begin", "format"])
def test_operations_that_are_wrong_by_themselves_accuse_no_others(observer: Observer, end: str) -> None:
    lists = {"get_finished_jobs", "get_finished_jobs_by_state"}
    assert accused(observer, lists, {"finishTime": end}, CONTRACT.operations) == lists


@pytest.mark.parametrize("wrong", [{"get_finished_jobs"}, {"get_job_info", "get_finished_jobs"}])
def test_name_of_the_submission_decides_between_two_operations(observer: Observer, wrong: set[str]) -> None:
    """If neither shows the submitted name, it was lost by the submission."""
    read(
        observer,
        "/submit-job/upload?jobId=7&jobName=conformance-1-x",
        {"jobId": "7", "jobName": "conformance-1-x"},
        method="POST",
    )
    two = [CONTRACT.operation("get_job_info"), CONTRACT.operation("get_finished_jobs")]
    assert accused(observer, wrong, {"jobName": "another"}, two) == (wrong if len(wrong) == 1 else set())


def accused(observer: Observer, wrong: set[str], changed: dict[str, str], operations: Sequence[Operation]) -> set[str]:
    """Return the operations whose check fails if those in `wrong` show changed members and others respond with 404."""
    shown_by = {one.id for one in operations}
    exchanges: list[Exchange] = []

    def get(path: str, **values: str) -> Response:
        filled = fill(path, values)
        operation, _ = find(CONTRACT, "GET", filled)
        assert operation is not None
        shown = ended_job(jobName="conformance-1-x") | (changed if operation.id in wrong else {})
        body = json.dumps(shown if "{jobId}" in operation.path else [shown]).encode()
        status = 200 if operation.id in shown_by & VIEWS.keys() else 404
        response = Response(status, [("Content-Type", "application/json")], body)
        exchanges.append(Exchange(Request("GET", "http://target", filled), response))
        observer.add(exchanges[-1].request, response)
        return response

    found, findings = set(), list[Finding]()
    for operation in operations:
        if operation.id in VIEWS and VIEWS[operation.id].ended:
            get(operation.path, jobId="7", state="FINISHED")
    checks = {operation.id: check for operation, check in whole_run_checks(CONTRACT)}
    wire = SimpleNamespace(lists=observer.lists)
    reading = {"get": get, "listed": lambda path, _since: get(path), "exchanges": exchanges}
    for operation in operations:
        try:
            checks[operation.id](
                {"target": SimpleNamespace(**reading, wire=wire, observer=observer), "observer": observer}
            )
        except SeveralFindings as error:
            found.add(operation.id)
            findings += error.findings
        except (KeyError, NotObservable):
            assert operation.id not in VIEWS or not VIEWS[operation.id].ended
    assert all(finding.differences for finding in findings), "of members"
    return found


def overview(finished: int) -> dict[str, str]:
    [example] = (one for one in CONTRACT.operation("get_overview").examples() if one.where.endswith("GetOverviewIdle"))
    return {**example.value, "finishedJobs": str(finished)}


@pytest.mark.parametrize(
    ("operation_id", "path", "without"),
    [
        ("get_finished_jobs", "/finished-jobs", []),
        ("get_finished_jobs_by_state", "/finished-jobs/FINISHED", []),
        ("get_overview", "/overview", overview(0)),
    ],
)
def test_job_whose_details_and_list_show_its_end_is_listed_and_counted(
    observer: Observer, monkeypatch: pytest.MonkeyPatch, operation_id: str, path: str, without: Any
) -> None:
    """A list or a count may be behind by one request, but not for longer."""
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    shown = [ended_job(), ended_job(jobId="8")]

    def lost() -> list[str]:
        found = observer.findings(CONTRACT.operation(operation_id))
        return [
            str(one) for finding, _ in found for one in finding.differences if "7" in str(one) or "least 1" in str(one)
        ]

    read(observer, "/job-info/7", shown[0])
    now += 2
    read(observer, path, without)
    assert lost() == [], "only its details have shown its end"
    others = {"/finished-jobs", "/finished-jobs/FINISHED"} - {path}
    read(observer, others.pop(), shown)
    now += 2
    read(observer, path, without, seconds=3)
    read(observer, "/finished-jobs/FAILED", [])
    read(observer, path + "?page=1&rows=1", shown[1:] if path != "/overview" else overview(1))
    assert lost() == [], "earlier requests, other states and pages do not show it"
    read(observer, path, without)
    assert len(lost()) == 1
