"""No request that changes a target names a job that isn't the run's own, whatever the target says of it."""

import json
import random
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from asgi import Asked, app
from bench.foreign_jobs import history
from hypothesis import given, settings
from hypothesis import strategies as st

from seatunnel_conformance.compare import BOUNDS, ComparePlan, compare
from seatunnel_conformance.replay import Recording, RecordingPlan, record, replay
from seatunnel_conformance.target.job_guard import ForeignJob, JobGuard, OwnIds, named_ids
from seatunnel_openapi import Contract

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
        JobGuard(OwnIds(), responses.get).require_own("/stop-job", b'{"jobId": 7}')


@pytest.mark.parametrize("unknown", [UNKNOWN, {"jobId": ""}, {"jobId": 7}, {"jobId": "7", "found": False}])
def test_id_that_is_proved_to_be_unknown_may_be_written_to(unknown: Mapping[str, Any]) -> None:
    responses = {"/job-info/7": unknown, "/running-jobs": [{"jobId": "8"}], "/finished-jobs": []}
    JobGuard(OwnIds(), responses.get).require_own("/stop-job", b'{"jobId": 7}')


def test_id_that_was_free_a_moment_ago_is_looked_up_again() -> None:
    responses: dict[str, Any] = {"/job-info/7": UNKNOWN, "/running-jobs": [], "/finished-jobs": []}
    guard = JobGuard(OwnIds("run"), responses.get, clock=count(0, 2).__next__)
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
    own = OwnIds("run")
    guard = JobGuard(own, responses.get, clock=count(0, 2).__next__)
    guard.require_own("/submit-job", None)
    own.claimed.add("7")
    responses["/job-info/7"] = {**JOB, "jobName": "conformance-run-1"}
    responses["/running-jobs"] = [responses["/job-info/7"]]
    with pytest.raises(ForeignJob):
        guard.require_own("/stop-job", b'{"jobId": 7}')


def test_lists_are_read_once_a_second() -> None:
    asked: list[str] = []

    def read(path: str) -> Any:
        asked.append(path)
        return [] if path.endswith("-jobs") else {"jobId": path.rpartition("/")[2]}

    guard = JobGuard(OwnIds(), read, clock=count(0, 0.01).__next__)
    for job_id in range(20):
        guard.require_own("/stop-job", f'{{"jobId": {job_id}}}'.encode())
    assert [asked.count(path) for path in ("/running-jobs", "/finished-jobs")] == [1, 1]
    assert len(asked) == 23


def test_id_is_not_written_to_while_the_target_counts_jobs_that_it_does_not_list() -> None:
    responses: dict[str, Any] = {"/job-info/7": UNKNOWN, "/running-jobs": [{"jobId": "8"}], "/finished-jobs": []}
    responses["/overview"] = {"runningJobs": "2"}
    with pytest.raises(ForeignJob, match="not complete"):
        JobGuard(OwnIds(), responses.get).require_own("/stop-job", b'{"jobId": 7}')
    responses["/overview"] = {"runningJobs": "1"}
    JobGuard(OwnIds(), responses.get).require_own("/stop-job", b'{"jobId": 7}')


def test_drawn_id_that_the_target_has_all_the_same_is_not_written_to() -> None:
    own = OwnIds()
    job_id = own.generate()
    guard = JobGuard(own, lambda path: {**JOB, "jobId": job_id} if path == f"/job-info/{job_id}" else None)
    with pytest.raises(ForeignJob):
        guard.require_own(f"/submit-job?jobId={job_id}", None)


def test_request_that_names_more_jobs_than_can_be_looked_up_is_not_sent() -> None:
    asked: list[str] = []
    with pytest.raises(ForeignJob):
        JobGuard(OwnIds(), asked.append).require_own("/stop-jobs", json.dumps([*range(1000)]).encode())
    assert asked == []


class Deployment:
    """Has a job 7 unless told otherwise, and remembers what it was asked."""

    def __init__(self, *jobs: dict[str, str]) -> None:
        self.jobs = {job["jobId"]: job for job in jobs}
        self.asked: list[str] = []

    def __call__(self, asked: Asked) -> tuple[int, Any]:
        self.asked.append(f"{asked.method} {asked.path}")
        job_id = asked.path.rpartition("/")[2].lstrip("0")
        is_list = asked.path.endswith("-jobs")
        found: Any = list(self.jobs.values()) if is_list else self.jobs.get(job_id, {"jobId": job_id})
        return 200, {"projectVersion": "2.3.9"} if asked.path == "/overview" else found


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """A scenario that stops the job 7 and one that asks for it, as they were where there was none."""
    nobody = {"status": 200, "headers": {}, "body": {"kind": "json", "value": {"jobId": "7"}}}
    stop = {"id": "stop", "request": {"method": "POST", "path": "/stop-job", "json": {"jobId": 7}}}
    ask = {"id": "ask", "request": {"method": "GET", "path": "/job-info/007"}}
    lines = [{"area": "a", "scenario": step["id"], "step": step, "exchange": nobody} for step in (stop, ask)]
    file = tmp_path / "recorded"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return Recording.load(file)


def test_replay_tells_why_it_has_not_asked(serve: Callable[[Any], str], recording: Recording) -> None:
    deployment = Deployment(JOB)
    marks = replay(serve(app(deployment)), recording).steps
    reason = "the request was not sent, because it names the job 7: the run did not submit it"
    assert [mark.differences for mark in marks] == [(reason,)] * 2
    assert "POST /stop-job" not in deployment.asked


def test_recording_leaves_them_out(serve: Callable[[Any], str], recording: Recording, tmp_path: Path) -> None:
    deployment = Deployment(JOB)
    taken = record(serve(app(deployment)), RecordingPlan("1.0", tmp_path / "1.0.ndjson", recording))
    assert (taken.foreign, taken.scenarios) == (["a/stop", "a/ask"], 0)
    assert "POST /stop-job" not in deployment.asked


def test_job_on_one_side_only_is_no_difference(serve: Callable[[Any], str], contract: Contract) -> None:
    has, has_not = Deployment(JOB), Deployment()
    plan = ComparePlan(
        (serve(app(has)), serve(app(has_not))), (contract, contract), BOUNDS["smoke"], only="job-info/leading-zeros"
    )
    found = compare(plan)
    assert (found.findings, found.recorded) == ([], 0)
    assert found.notes == ["left out because they name foreign jobs: job-info/leading-zeros"]


IDS = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 20)
GARBAGE = st.sampled_from([None, {}, [], "text", 7, {"jobId": ""}, {"status": "fail"}, [{}], [7], {"jobs": []}])


def spelled(job_id: int) -> st.SearchStrategy[tuple[str, bytes | None]]:
    """Return requests that name an id in one of the ways in which servers read it."""
    text = st.sampled_from([f"{job_id}", f"+{job_id}" if job_id >= 0 else f"{job_id}", f"{job_id}".zfill(21)])
    return text.flatmap(
        lambda id_: st.sampled_from([
            ("/stop-job", f'{{"jobId": {job_id}}}'.encode()),
            ("/stop-job", f'{{"jobId": "{id_}", "isStopWithSavePoint": true}}'.encode()),
            ("/stop-job/", f'{{"jobId": "{id_}"'.encode()),
            ("/stop-jobs", f'[{{"jobId": 5}}, {{"jobId": {job_id}}}]'.encode()),
            (f"/submit-job?jobName=x&jobId={quote(id_)}", b"{}"),
            (f"/submit-job?jobId=&jobId={quote(id_)}", b"{}"),
            ("/submit-job", f"env {{ job.id = {id_} }}".encode()),
            ("/submit-jobs", f'[{{"params": {{"jobId": "{id_}"}}}}]'.encode()),
            (f"/job-info/{quote(id_)}", None),
        ])
    )  # fmt: skip


@pytest.mark.slow
@given(st.data())
@settings(max_examples=500, deadline=None)  # a busy machine is no failure
def test_no_request_gets_through_that_names_a_foreign_job(data: st.DataObject) -> None:
    """Whatever a target says of jobs, unless all that it says together is that there is no such job."""
    foreign = data.draw(st.sets(IDS, min_size=1, max_size=5))
    jobs = [{"jobId": str(job_id), "jobName": "payroll", "jobStatus": "RUNNING"} for job_id in foreign]
    deviating = data.draw(st.sampled_from(["/job-info", "/running-jobs", "/finished-jobs"]))
    garbage = data.draw(GARBAGE | st.just({"jobId": str(min(foreign))}))

    def read(path: str) -> Any:
        if path.startswith(deviating):
            return garbage
        if path.startswith("/job-info"):
            job_id = path.rpartition("/")[2]
            return next((job for job in jobs if job["jobId"] == job_id), {"jobId": job_id})
        # A list that is left empty would say that there is no such job, if nothing else spoke against it.
        return jobs

    own = OwnIds("own")
    own.claimed |= data.draw(st.sets(st.sampled_from(sorted(map(str, foreign)))))
    guard = JobGuard(own, read)
    named = data.draw(st.sampled_from(sorted(foreign)))
    target, body = data.draw(spelled(named))
    with pytest.raises(ForeignJob):
        guard.require_own(target, body)


@pytest.mark.slow
@pytest.mark.parametrize("number", [4, 9], ids=["conform --only", "cleanup"])
def test_foreign_jobs_outlive_a_whole_command(number: int) -> None:
    """More of these, and of the other commands: `python -m bench.foreign_jobs`."""
    harm = history(random.Random(number), number, most=40)  # noqa: S311 - no secret
    assert harm["foreign jobs"] >= 6
    assert harm["writes"] > 0 or number == 9
    assert (harm["foreign jobs named in a write"], harm["foreign jobs stopped"]) == (0, 0)
