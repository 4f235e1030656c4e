"""Before a request that changes a target, the suite looks up the jobs that the request names."""

import json
import math
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest
from asgi import Asked, app
from makers import Serve

from seatunnel_conformance.target.ambiguity import named_ids
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.job_guard import ForeignJob, JobGuard, OwnIds

JOB = {"jobId": "7", "jobName": "payroll", "jobStatus": "RUNNING"}


@pytest.mark.parametrize(
    ("target", "body", "ids"),
    [
        ("/stop-job", b'{"jobId": 7}', {"7"}),
        ("/stop-job", b'{"jobId": "+7"}', {"7"}),
        ("/stop-job", b'{"jobId": " 0007 "}', {"7"}),
        ("/stop-job", b'{"jobId": -5}', {"-5"}),
        ("/stop-job", b'{"jobId":7} x', {"7"}),
        ("/stop-job", b'{"jobId": 1, "jobId": 2}', {"1", "2"}),
        ("/stop-job", b'{"\\u006aobId": 7}', {"7"}),
        ("/stop-job", '{"jobId": 7}'.encode("utf-16"), {"7"}),
        ("/stop-job", b'{"jobId": 7e0}', {"7"}),
        ("/stop-job", b'{"jobId": 7.9}', {"7"}),
        ("/stop-jobs", b'[{"jobId": {"x": 7}, "note": 9}, 5, [6.5]]', {"7", "5", "6"}),
        ("/stop-job", b'{"jobId": [{"id": 7}]}', {"7"}),
        ("/stop-job", b'{"jobId": 18446744073709551623}', {"7"}),
        ("/stop-job", b"jobId=%37", {"7", "37"}),
        ("/stop-job?jobId=7", None, {"7"}),
        ("/stop-jobs", b'[{"jobId": 1}, {"jobId": 2}]', {"1", "2"}),
        ("/stop-jobs", b"[1, [2]]", {"1", "2"}),
        ("/submit-job?jobId=%2B12&jobName=a", b'{"env": {"parallelism": 3}}', {"12"}),
        ("/submit-job?jobId=7&jobId=8", None, {"7", "8"}),
        ("/submit-job?jobId=abc", None, set()),
        ("/submit-job?restoreSourceJobId=7", None, {"7"}),
        ("/submit-job", b'env { job.id = "7" }', {"7"}),
        ("/submit-job/upload", b'name="jobId"\r\n\r\n7\r\n', {"7"}),
        ("/submit-jobs", b'[{"params": {"jobId": "7", "jobName": "9"}}]', {"7"}),
        ("/stop-job", b'{"jobId": null}', set()),
        ("/job-info/%2B007?x=y", None, {"7"}),
        ("/running-job/-3/", None, {"-3"}),
        ("/job-info/%D9%A1%D9%A2", None, {"12"}),
        ("/logs/7", None, {"7"}),
        ("/logs/job-7.log", None, {"7"}),
        ("/job-info/7;x=1", None, {"7"}),
        ("/stop-job", b"9" * 5000, set()),
        ("/stop-job", b"[" * 100_000, set()),
    ],
)
def test_ids_are_found_however_a_server_could_read_them(target: str, body: bytes | None, ids: set[str]) -> None:
    assert named_ids(target, body) == ids


UNKNOWN = {"jobId": "7"}


@pytest.mark.parametrize(
    ("shown", "running", "finished"),
    [
        (JOB, [], []),
        ({"jobId": "7", "jobName": "payroll"}, [], []),
        ({}, [], []),
        (None, [], []),
        ({"jobId": "8"}, [], []),
        ({"jobId": "7", "message": "found"}, [], []),
        ({"jobId": "7", "found": True}, [], []),
        (UNKNOWN, [{"jobId": 7}], []),
        (UNKNOWN, [], [{"jobId": "007"}]),
        (UNKNOWN, None, []),
        (UNKNOWN, [], {"jobs": []}),
        (UNKNOWN, [{"name": "payroll"}], []),
        (UNKNOWN, [7], []),
    ],
)
def test_id_that_is_not_proved_to_be_unknown_is_not_written_to(shown: Any, running: Any, finished: Any) -> None:
    responses = {"/job-info/7": shown, "/running-jobs": running, "/finished-jobs": finished}
    with pytest.raises(ForeignJob):
        JobGuard(OwnIds(dedicated=True), responses.get).require_own("/stop-job", b'{"jobId": 7}')


@pytest.mark.parametrize("unknown", [UNKNOWN, {"jobId": ""}, {"jobId": 7}, {"jobId": "7", "found": False}])
def test_id_that_is_proved_to_be_unknown_may_be_written_to(unknown: Mapping[str, Any]) -> None:
    responses = {"/job-info/7": unknown, "/running-jobs": [{"jobId": "8"}], "/finished-jobs": []}
    JobGuard(OwnIds(dedicated=True), responses.get).require_own("/stop-job", b'{"jobId": 7}')


@pytest.mark.parametrize(("shown", "is_known"), [({"jobId": "5"}, True), ({"status": "fail"}, False), (JOB, False)])
def test_job_that_is_not_found_is_proved_to_be_unknown_by_its_id_alone(
    serve: Serve, shown: Mapping[str, Any], *, is_known: bool
) -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        if asked.path.startswith("/job-info/"):
            return 404, shown
        return 200, [] if asked.path.endswith("-jobs") else {"runningJobs": "0"}

    with Target(serve(app(answer)), allow_writes=True) as target:
        if is_known:
            assert target.post("/stop-job", body={"jobId": "5"}).status == 200
        else:
            with pytest.raises(ForeignJob):
                target.post("/stop-job", body={"jobId": "5"})


def test_id_that_was_free_a_moment_ago_is_looked_up_again() -> None:
    responses: dict[str, Any] = {"/job-info/7": UNKNOWN, "/running-jobs": [], "/finished-jobs": []}
    guard = JobGuard(OwnIds("run", dedicated=True), responses.get, clock=count(0, 2).__next__)
    guard.require_own("/stop-job", b'{"jobId": 7}')
    responses["/job-info/7"] = JOB
    with pytest.raises(ForeignJob):
        guard.require_own("/stop-job", b'{"jobId": 7}')
    responses["/job-info/7"] = {**JOB, "jobName": "conformance-run-1"}
    guard.require_own("/stop-job", b'{"jobId": 7}')
    responses["/running-jobs"] = [JOB]
    with pytest.raises(ForeignJob):
        guard.require_own("/stop-job", b'{"jobId": 7}')


def test_job_that_ran_before_the_run_stays_foreign_whatever_name_the_target_gives_it_later() -> None:
    responses: dict[str, Any] = {"/job-info/7": JOB, "/running-jobs": [JOB], "/finished-jobs": []}
    own = OwnIds("run", dedicated=True)
    guard = JobGuard(own, responses.get, clock=count(0, 2).__next__)
    guard.require_own("/submit-job", None)
    own.claimed.add("7")
    responses["/job-info/7"] = {**JOB, "jobName": "conformance-run-1"}
    responses["/running-jobs"] = [responses["/job-info/7"]]
    with pytest.raises(ForeignJob):
        guard.require_own("/stop-job", b'{"jobId": 7}')


@pytest.mark.parametrize("listed", ["/running-jobs", "/finished-jobs"])
def test_only_jobs_that_run_make_a_target_one_with_jobs_of_others(listed: str) -> None:
    responses: dict[str, Any] = {"/job-info/7": UNKNOWN, "/running-jobs": [], "/finished-jobs": [], listed: [JOB]}
    responses["/overview"] = {"runningJobs": str(len(responses["/running-jobs"]))}
    own = OwnIds("run")
    guard = JobGuard(own, responses.get, clock=count(0, 2).__next__, sleep=lambda _: None)
    with pytest.raises(ForeignJob):
        guard.require_unknown("7")
    guard.require_own("/submit-job", b"{}")
    assert own.foreign == own.before == {"7"}
    assert bool(own.others) is (listed == "/running-jobs")


def test_lists_are_read_once_a_second() -> None:
    asked: list[str] = []

    def read(path: str) -> Any:
        asked.append(path)
        return [] if path.endswith("-jobs") else {"jobId": path.rpartition("/")[2]}

    guard = JobGuard(OwnIds(dedicated=True), read, clock=count(0, 0.01).__next__)
    for job_id in range(20):
        guard.require_own("/stop-job", f'{{"jobId": {job_id}}}'.encode())
    assert [asked.count(path) for path in ("/running-jobs", "/finished-jobs")] == [1, 1]
    assert len(asked) == 23


def test_overview_that_takes_long_is_not_read_before_every_request() -> None:
    asked = list[str]()

    def read(path: str) -> Any:
        asked.append(path)
        return {"runningJobs": "0"} if path == "/overview" else []

    own, now = OwnIds("run"), [0]
    # An overview takes a second, a list none, and the time between two requests is one second.
    guard = JobGuard(own, read, clock=lambda: asked.count("/overview") + now[0])
    for _ in range(3):
        assert guard.others() == ""
        now[0] += 1
    assert asked == ["/overview", *["/running-jobs"] * 3]
    # If the overview counts more jobs than are listed, it is read again, because own jobs end.
    own.counts = math.inf, {"runningJobs": "1"}
    assert guard.others() == ""
    assert asked[-3:] == ["/running-jobs", "/overview", "/running-jobs"]


def test_id_is_not_written_to_while_the_target_counts_jobs_that_it_does_not_list() -> None:
    responses: dict[str, Any] = {"/job-info/7": UNKNOWN, "/running-jobs": [{"jobId": "8"}], "/finished-jobs": []}
    responses["/overview"] = {"runningJobs": "2"}
    with pytest.raises(ForeignJob, match="not complete"):
        JobGuard(OwnIds(dedicated=True), responses.get).require_own("/stop-job", b'{"jobId": 7}')
    responses["/overview"] = {"runningJobs": "1"}
    JobGuard(OwnIds(dedicated=True), responses.get).require_own("/stop-job", b'{"jobId": 7}')


def test_drawn_id_that_the_target_has_all_the_same_is_not_written_to() -> None:
    own = OwnIds(dedicated=True)
    job_id = own.generate()
    guard = JobGuard(own, lambda path: {**JOB, "jobId": job_id} if path == f"/job-info/{job_id}" else None)
    with pytest.raises(ForeignJob):
        guard.require_own(f"/submit-job?jobId={job_id}", None)


def test_request_that_names_more_jobs_than_can_be_looked_up_is_not_sent() -> None:
    asked: list[str] = []
    with pytest.raises(ForeignJob):
        JobGuard(OwnIds(dedicated=True), asked.append).require_own("/stop-jobs", json.dumps([*range(1000)]).encode())
    assert asked == []
