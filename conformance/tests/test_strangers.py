"""Scenarios name ids that somebody may have: then they are not played, neither to stop the job nor to read of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatunnel_conformance.compare import BOUNDS, ComparePlan, compare
from seatunnel_conformance.replay import Recording, Take, record, replay
from seatunnel_conformance.replay.strangers import named_ids
from seatunnel_openapi import Contract

JOB = {"jobId": "7", "jobName": "payroll", "jobStatus": "RUNNING"}


@pytest.mark.parametrize(
    ("request_", "ids"),
    [
        ({"path": "/stop-job", "json": {"jobId": 7}}, {"7"}),
        ({"path": "/stop-job", "json": {"jobId": "+7"}}, {"7"}),
        ({"path": "/stop-job", "json": {"jobId": " 0007 "}}, {"7"}),
        ({"path": "/stop-job", "json": {"jobId": -5}}, {"-5"}),
        ({"path": "/stop-job", "body": '{"jobId":7} x'}, {"7"}),
        ({"path": "/stop-jobs", "json": [{"jobId": 1}, {"jobId": 2}]}, {"1", "2"}),
        ({"path": "/submit-job?jobId=%2B12&jobName=a"}, {"12"}),
        ({"path": "/submit-job?jobId=abc"}, set()),
        ({"path": "/submit-job?jobId=00{{fresh.id.a}}"}, set()),
        ({"path": "/stop-job", "json": {"jobId": None}}, set()),
        ({"path": "/job-info/%2B007?x=y"}, {"7"}),
        ({"path": "/running-job/-3/"}, {"-3"}),
        ({"path": "/job-info/%D9%A1%D9%A2"}, {"12"}),
        ({"path": "/job-info/{{fresh.id.a}}"}, set()),
        ({"path": "/job-info/99999999999999999999"}, set()),
        ({"path": "/logs/7"}, {"7"}),
    ],
)
def test_ids_are_found_as_the_engine_reads_them(request_: dict[str, object], ids: set[str]) -> None:
    assert named_ids(request_) == ids


class Deployment:
    """Has a job 7 unless told otherwise, and remembers what it was asked."""

    def __init__(self, *jobs: dict[str, str]) -> None:
        self.jobs = {job["jobId"]: job for job in jobs}
        self.asked: list[str] = []

    async def __call__(self, scope: dict[str, Any], _: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.asked.append(f"{scope['method']} {scope['path']}")
        job_id = scope["path"].rpartition("/")[2].lstrip("0")
        body = json.dumps(self.jobs.get(job_id, {"jobId": job_id}))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body.encode()})


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
    marks = replay(serve(deployment), recording).marks
    assert [mark.differences for mark in marks] == [("it names the job 7, which is somebody else's here",)] * 2
    assert "POST /stop-job" not in deployment.asked


def test_recording_leaves_them_out(serve: Callable[[Any], str], recording: Recording, tmp_path: Path) -> None:
    deployment = Deployment(JOB)
    taken = record(serve(deployment), Take("1.0", tmp_path / "1.0.ndjson", recording))
    assert (taken.strange, taken.scenarios) == (["a/stop", "a/ask"], 0)
    assert "POST /stop-job" not in deployment.asked


def test_job_on_one_side_only_is_no_difference(serve: Callable[[Any], str], contract: Contract) -> None:
    has, has_not = Deployment(JOB), Deployment()
    plan = ComparePlan(
        (serve(has), serve(has_not)), (contract, contract), BOUNDS["smoke"], only="job-info/leading-zeros"
    )
    found = compare(plan)
    assert (found.findings, found.recorded) == ([], 0)
    assert found.notes == ["left out, as they name jobs that somebody has: job-info/leading-zeros"]
