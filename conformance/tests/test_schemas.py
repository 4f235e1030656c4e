"""Errors of large documents are found part by part, and described in few words."""

import resource
import time
from typing import Any

import pytest

from seatunnel_conformance.observe.schemas import response_schema, violations
from seatunnel_openapi import load

CONTRACT = load("2.3.10")
LIST = response_schema(CONTRACT, "get_running_jobs")
RIGHT = {"node": "localhost:8080", "logName": "a.log", "logLink": "http://localhost:8080/logs/a.log"}
WRONG = {"jobId": 1, "jobName": 2, "jobStatus": 3, "errorMsg": 4, "createTime": 5, "jobDag": 6, "metrics": 7}


def test_long_list_of_deviating_jobs_costs_no_more_than_a_short_one():
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = violations(CONTRACT, LIST, [WRONG] * 40_000)
    assert len(found) == 5
    assert time.monotonic() - begun < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000, "more than 30 MB"


def test_place_is_that_in_the_whole_list():
    found = violations(CONTRACT, "LogFiles", [RIGHT] * 123 + [{**RIGHT, "logName": 5}])
    assert [str(one) for one in found] == ["at /123/logName: expected a string, found 5"]


def test_error_that_holds_a_huge_value_is_told_in_brief():
    assert all(len(str(one)) < 600 for one in violations(CONTRACT, LIST, {"x": "y" * 10**6}))


def test_one_error_is_told_of_a_huge_document_that_is_no_list():
    assert len(violations(CONTRACT, LIST, {"jobs": [WRONG] * 40_000})) == 1


def test_object_of_no_form_is_told_by_the_form_that_fits_best():
    examples = [example.value for example in CONTRACT.operation("get_job_info").examples()]
    job = next(value for value in examples if isinstance(value, dict) and "finishTime" in value)
    renamed = {"endedAt" if name == "finishTime" else name: value for name, value in job.items()}
    found = violations(CONTRACT, response_schema(CONTRACT, "get_job_info"), renamed)
    assert {str(one) for one in found} >= {"at /finishTime: expected a member, found nothing"}
    assert {one.place for one in found} <= {"/finishTime", "/endedAt"}


def test_job_of_an_older_release_lacks_members_of_its_own_form():
    older = CONTRACT.document["components"]["examples"]["GetJobInfoRunning"]["value"]
    newer = load("3.0.0")
    found = violations(newer, response_schema(newer, "get_job_info"), older)
    assert {one.expected for one in found} == {"a member"}


@pytest.mark.parametrize(
    ("release", "schema", "document", "expected"),
    [
        ("2.3.13", "StartTime", "", r"a string that matches ^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"),
        ("3.0.0", "JobDagOrNone", {"jobId": "5"}, "an empty object, or a whole JobDag"),
    ],
)
def test_schema_that_must_not_match_is_told_in_words(release: str, schema: str, document: Any, expected: str):
    assert [one.expected for one in violations(load(release), schema, document)] == [expected]


def test_form_that_has_a_member_of_another_one_is_told_in_words():
    contract = load("2.3.13")
    running = contract.document["components"]["examples"]["GetJobInfoRunning"]["value"]
    found = violations(contract, response_schema(contract, "get_job_info"), {**running, "finishTime": "x"})
    assert "not {" not in "".join(map(str, found))
