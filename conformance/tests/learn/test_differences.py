"""Differences of responses from a contract: what is called otherwise, new, missing, or of another type."""

import json

import pytest

from seatunnel_conformance.learn.differences import Comparison
from seatunnel_conformance.learn.samples import Sample
from seatunnel_conformance.target.exchange import Exchange, Request, Response
from seatunnel_openapi import load

CONTRACT = load("2.3.13")
OLDER = (load("2.3.9"), load("2.3.13"))
EXAMPLES = {it.where.rpartition(" ")[2]: it.value for it in CONTRACT.operation("get_job_info").examples()}
FINISHED = EXAMPLES["GetJobInfoFinished"]
OVERVIEW = next(it.value for it in CONTRACT.operation("get_overview").examples() if "Idle" in it.where)


def sample(operation, document, situation="finished", status=200, contract=CONTRACT):
    body = json.dumps(document).encode()
    response = Response(status, [("Content-Type", "application/json")], body)
    return Sample(contract.operation(operation), situation, Exchange(Request("GET", "http://x", "/x"), response))


def found(*samples):
    return {it.subject: it for it in Comparison(CONTRACT, OLDER).differences(samples)}


def renamed(document, **names):
    return {names.get(name, name): value for name, value in document.items()}


def test_response_of_the_contract_has_no_differences():
    assert found(sample("get_job_info", FINISHED), sample("get_overview", OVERVIEW, "plain")) == {}


@pytest.mark.parametrize(
    ("own", "new"),
    [("jobDag", "graph"), ("finishTime", "finishedTime"), ("jobStatus", "state"), ("metrics", "job_metrics")],
)
def test_member_whose_value_is_under_another_name_is_renamed(own, new):
    differences = found(sample("get_job_info", renamed(FINISHED, **{own: new})))
    # No running job was seen, which may have the same name.
    assert differences.pop(f"RunningJob.{own}", None) is None or own != "finishTime"
    assert [(it.kind, it.confidence) for it in differences.values()] == [("renamed", "certain")]
    (action,) = differences[f"FinishedJob.{own}"].actions
    assert action == {"target": "$.components.schemas['FinishedJob']", "update": {"x-means": {new: own}}}
    assert not differences[f"FinishedJob.{own}"].fault


def test_two_renamed_members_are_told_apart_by_value_and_name():
    differences = found(sample("get_job_info", renamed(FINISHED, createTime="created_at", finishTime="finished_at")))
    assert {it.subject: it.actions[0]["update"]["x-means"] for it in differences.values()} == {
        "FinishedJob.createTime": {"created_at": "createTime"},
        "RunningJob.createTime": {"created_at": "createTime"},
        "FinishedJob.finishTime": {"finished_at": "finishTime"},
    }


def test_member_of_an_object_that_may_have_others_is_renamed_and_others_are_not_new():
    contract = load("development-2026-07-01")
    job = {"jobId": "7", "jobName": "a", "state": "RUNNING", "created": "2026-12-01 10:58:42", "vendor": [1]}
    differences = Comparison(contract, OLDER).differences(
        [sample("get_running_jobs_summary", [job], "running", contract=contract)]
    )
    assert {(it.kind, it.subject) for it in differences if it.confidence == "certain"} == {
        ("renamed", "RunningJobSummary.jobStatus"),
        ("renamed", "RunningJobSummary.createTime"),
    }
    assert "new" not in {it.kind for it in differences}


def test_missing_member_looks_like_a_fault_unless_a_release_lacks_it():
    differences = found(sample("get_overview", {name: it for name, it in OVERVIEW.items() if name != "totalSlot"}))
    assert differences["Overview.totalSlot"].fault
    differences = found(sample("get_overview", {name: it for name, it in OVERVIEW.items() if name != "pendingJobs"}))
    assert not differences["Overview.pendingJobs"].fault


def test_new_member_has_the_type_of_its_values_and_no_value():
    differences = found(sample("get_overview", {**OVERVIEW, "uptime": 123456}))
    (action,) = differences["Overview.uptime"].actions
    assert action["update"]["properties"]["uptime"] == {"description": "`uptime`, as observed.", "type": "integer"}
    assert differences["Overview.uptime"].confidence == "likely"


def test_count_as_a_number_is_another_type_and_looks_like_a_fault():
    differences = found(sample("get_overview", {**OVERVIEW, "workers": 1}))
    assert differences["Overview.workers"].kind == "type"
    assert differences["Overview.workers"].fault


def test_case_of_all_members_is_one_fact():
    snake = {"jobId": "job_id", "jobName": "job_name", "jobStatus": "job_status", "createTime": "create_time"}
    differences = found(sample("get_job_info", renamed(FINISHED, **snake)))
    assert list(differences) == ["document.memberCase"]


def test_envelope_of_lists_is_one_fact_and_hides_nothing():
    items = [{**FINISHED, "jobDag": FINISHED["jobDag"]}]
    differences = found(sample("get_finished_jobs", {"items": [renamed(it, jobDag="graph") for it in items]}))
    assert set(differences) == {"document.listEnvelope", "FinishedJob.jobDag", "RunningJob.jobDag"}


def test_operation_that_is_not_there_is_removed_or_looks_like_a_fault():
    gone = {"status": "fail", "message": "Not found"}
    differences = found(sample("get_pending_jobs", gone, "plain", 404), sample("get_overview", gone, "plain", 404))
    assert differences["get_pending_jobs"].actions == ({"target": "$.paths['/pending-jobs']", "remove": True},)
    assert (differences["get_pending_jobs"].fault, bool(differences["get_overview"].fault)) == ("", True)


def test_operation_with_an_id_that_another_one_answers_for_is_removed_with_it():
    july = load("development-2026-07-01")

    def text(operation, situation, status=200):
        response = Response(status, [("Content-Type", "text/plain;charset=utf-8")], b"")
        return Sample(july.operation(operation), situation, Exchange(Request("GET", "http://x", "/x"), response))

    vertices = next(it.id for it in july.operations if it.path == "/metrics/realtime/jobs/{jobId}/vertices")
    samples = [text("get_realtime_jobs", "plain"), text(vertices, "unknown"), text("get_job_info", "unknown", 404)]
    differences = Comparison(july, OLDER).differences(samples)
    assert {it.subject: it.fault for it in differences} == {"get_realtime_jobs": "", vertices: ""}


def test_member_that_depends_on_time_or_state_is_optional_and_has_no_type_if_it_has_several():
    with_it = [{**OVERVIEW, "load": 1}, OVERVIEW, {**OVERVIEW, "load": "low"}]
    differences = found(*(sample("get_overview", each, f"at-{at}") for at, each in enumerate(with_it)))
    (action,) = differences["Overview.load"].actions
    assert "required" not in action["update"]
    assert "type" not in action["update"]["properties"]["load"]
    # What is missing only sometimes is no difference.
    less = {name: it for name, it in OVERVIEW.items() if name != "totalSlot"}
    assert found(sample("get_overview", less, "plain"), sample("get_overview", OVERVIEW, "later")) == {}
