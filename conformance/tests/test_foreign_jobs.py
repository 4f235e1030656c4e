"""No request that changes a target names a job of others, whatever the target responds about that job."""

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from asgi import Asked, app
from bench.foreign_jobs import history
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import Serve

from seatunnel_conformance.compare import BOUNDS, ComparePlan, compare
from seatunnel_conformance.replay import Recording, RecordingPlan, record, replay
from seatunnel_conformance.target.ambiguity import named_ids
from seatunnel_conformance.target.job_guard import ForeignJob, JobGuard, OwnIds
from seatunnel_conformance.target.reads import Look
from seatunnel_openapi import Contract

JOB = {"jobId": "7", "jobName": "payroll", "jobStatus": "RUNNING"}
UNKNOWN = {"jobId": "7"}

OWN, NEW, CLAIMED = "123456789012345679", "223456789012345679", "323456789012345680"
"""The ids of a job of the run, of none, and of a job that the deployment has named."""


def content(body: Any) -> bytes | None:
    return body if isinstance(body, bytes) or body is None else json.dumps(body).encode()


class Shared:
    """A deployment with a job of the run, one of the run whose id it has chosen, and a foreign one."""

    def __init__(self, *, others: bool = True) -> None:
        self.own = OwnIds("run", {OWN, NEW}, submitted={OWN}, claimed={CLAIMED})
        self.jobs = {job_id: {**JOB, "jobId": job_id, "jobName": "conformance-run-1"} for job_id in (OWN, CLAIMED)}
        self.jobs |= {"7": JOB} if others else {}
        self.paths: dict[str, Any] = {"/finished-jobs": []}
        self.asked: list[str] = []

    def read(self, path: str) -> Any:
        self.asked.append(path)
        if path in self.paths:
            return self.paths[path]
        if path == "/overview":
            return {"runningJobs": str(len(self.jobs))}
        job_id = path.rpartition("/")[2]
        return [*self.jobs.values()] if path == "/running-jobs" else self.jobs.get(job_id, {"jobId": job_id})

    def send(self, target: str, body: Any = None) -> None:
        JobGuard(self.own, self.read, sleep=lambda _: None).require_own(target, content(body))


HARMLESS: list[tuple[str, Any]] = [
    ("/stop-job", {"jobId": OWN}),
    ("/seatunnel/stop-job", {"jobId": OWN, "isStopWithSavePoint": "yes", "force": True}),
    ("/stop-jobs", [{"jobId": int(OWN)}, {"jobId": CLAIMED, "isStopWithSavePoint": True}]),
    ("/stop-jobs", [{"jobId": int(CLAIMED)}]),
    (f"/submit-job?jobId={NEW}&jobName=a", {"env": {}, "source": [{"schema": {"fields": {"id": "bigint"}}}]}),
    (f"/submit-job?jobId={OWN}&isStartWithSavePoint=true", {}),
    (f"/submit-job?jobId={NEW}&isStartWithSavePoint=false", {}),
    ("/submit-job?jobName=a", {"env": {"job.name": "a"}}),
    ("/submit-job", b"env { job.mode = BATCH }"),
    ("/submit-job/upload", f'name="jobId"\r\n\r\n{NEW}\r\n--b--'.encode()),
    ("/submit-jobs", [{"params": {"jobId": NEW, "isStartWithSavePoint": "false"}}]),
    ("/encrypt-config", {"env": {}}),
    ("/encrypt-config", "{}".encode("utf-16")),
    ("/overview", None),
]
HARMFUL: list[tuple[str, Any]] = [
    ("/stop-job", {"jobId": NEW}),
    ("/stop-job", {"jobId": "7"}),
    ("/stop-job", {"jobId": f"+0{OWN}"}),
    ("/stop-job", {"jobId": f" {OWN}"}),
    ("/stop-job", {"jobId": float(OWN)}),
    ("/stop-job", {"jobId": [OWN]}),
    ("/stop-job", {"jobId": OWN, "job_id": OWN}),
    ("/stop-job", {"jobId": OWN, "note": {"jobId": "abc"}}),
    ("/stop-job", f'{{"jobId": {OWN}, "jobId": {OWN}}}'.encode()),
    ("/stop-job", f'\ufeff{{"jobId": {OWN}}}'.encode()),
    ("/stop-job", f'{{"jobId": {OWN}}}'.encode("utf-16")),
    ("/stop-job", f"jobId={OWN}".encode()),
    ("/stop-job", {}),
    ("/stop-job", {"jobId": None}),
    ("/stop-job", {"jobId": "abc"}),
    ("/stop-job", {"jobId": int(OWN) + 2**64}),
    ("/stop-job", None),
    ("/stop-job/", {"jobId": OWN}),
    ("/%73top-job", {"jobId": OWN}),
    ("/x/../stop-job", {"jobId": OWN}),
    (f"/stop-job?jobId={OWN}", {"jobId": OWN}),
    ("/stop-jobs", []),
    ("/stop-jobs", [{"jobId": OWN}, {"jobId": NEW}]),
    ("/stop-jobs", [{"jobId": OWN}, 5]),
    ("/submit-job?jobId=abc", {}),
    ("/submit-job?jobId=%2B5", {}),
    ("/submit-job?jobId=", {}),
    (f"/submit-job?jobId=0{NEW}", {}),
    (f"/submit-job?jobId={NEW}&jobId=5", {}),
    (f"/submit-job?jobId={NEW}&isStartWithSavePoint=true", {}),
    (f"/submit-job?restoreSourceJobId={NEW}", {}),
    ("/submit-job?isStartWithSavePoint=true", {}),
    ("/submit-job", {"env": {"job.id": "5"}}),
    ("/submit-job", b"env { job.id = 007 }"),
    ("/submit-job", b"env { job.id = ${x} }"),
    ("/submit-job/upload", b'name="jobId"\r\n\r\nabc\r\n--b--'),
    ("/submit-jobs", [{"params": {"jobId": "abc"}}]),
    ("/submit-jobs", [{"params": {"jobId": None}}]),
    ("/submit-jobs", [{"params": {"jobId": NEW, "isStartWithSavePoint": "true"}}]),
    (f"/submit-job/{NEW}", {}),
    (f"/job-info/{NEW}", None),
    ("/job-info/abc", None),
    ("/update-tags", {"team": "a"}),
    ("/update-tags", {}),
]


@pytest.mark.parametrize(("target", "body"), HARMLESS)
def test_own_jobs_can_be_changed_beside_those_of_others(target: str, body: Any) -> None:
    Shared().send(target, body)


@pytest.mark.parametrize(("target", "body"), HARMFUL)
def test_what_a_wrong_deployment_could_take_for_another_job_is_sent_only_where_there_is_none(
    target: str, body: Any
) -> None:
    with pytest.raises(ForeignJob) as refused:
        Shared().send(target, body)
    assert "jobs of others run on it, such as 7 (--dedicated permits it" in str(refused.value) or "the job 7" in str(
        refused.value
    )
    Shared(others=False).send(target, body)
    dedicated = Shared()
    dedicated.own.dedicated = True
    if "7" not in named_ids(target, content(body)):
        dedicated.send(target, body)


def test_connections_to_a_node_share_a_look_at_jobs_of_others_for_a_moment() -> None:
    asked, now, looks = list[str](), [0.0], dict[str, Look]()
    paths: dict[str, Any] = {"/overview": {"runningJobs": "0", "pendingJobs": "0"}, "/running-jobs": []}

    def read(path: str) -> Any:
        asked.append(path)
        time.sleep(0.01)
        return paths.get(path, UNKNOWN)

    own = OwnIds("run", {OWN}, submitted={OWN})
    guards = [JobGuard(own, read, clock=lambda: now[0], sleep=lambda _: None, looks=looks) for _ in range(2)]
    with ThreadPoolExecutor(6) as threads:
        for body in (b'{"jobId": "abc"}', content({"jobId": OWN})):
            assert len([*threads.map(lambda guard: guard.require_own("/stop-job", body), guards * 3)]) == 6  # noqa: B023
    assert asked == ["/overview", "/running-jobs"]
    paths |= {"/overview": {"runningJobs": "1"}, "/running-jobs": [JOB]}
    now[0] += 0.1
    with pytest.raises(ForeignJob, match="such as 7"):
        guards[0].require_own("/stop-job", b'{"jobId": "abc"}')
    # Now there are foreign jobs, so a request that names an own job needs a read of that job.
    with pytest.raises(ForeignJob, match="does not show"):
        guards[1].require_own("/stop-job", content({"jobId": OWN}))


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (f"/job-info/{OWN}", {**JOB, "jobId": "7"}),
        (f"/job-info/{OWN}", {**JOB, "jobId": OWN}),
        (f"/job-info/{OWN}", {**JOB, "jobId": f"+{OWN}", "jobName": "conformance-run-1"}),
        (f"/job-info/{OWN}", {"jobId": OWN}),
        (f"/job-info/{OWN}", {"jobId": OWN, "jobName": None}),
        (f"/job-info/{OWN}", {"jobId": float(OWN), "jobName": "conformance-run-1"}),
    ],
)
def test_own_job_is_stopped_only_if_the_response_right_before_shows_it_as_own(path: str, shown: Any) -> None:
    deployment = Shared()
    deployment.paths |= {path: shown, "/running-jobs": [JOB]}
    with pytest.raises(ForeignJob, match="does not show that this is a job of the run"):
        deployment.send("/stop-job", {"jobId": OWN})
    assert path in deployment.asked


@pytest.mark.parametrize(
    "lies",
    [
        {"/running-jobs": []},
        {"/running-jobs": None},
        {"/running-jobs": {"data": []}},
        {"/running-jobs": [{"jobId": 7.0}]},
        {"/overview": None},
        {"/overview": {"runningJobs": None}},
        {"/overview": {"runningJobs": "0"}},
        {"/overview": {"runningJobs": "0", "pendingJobs": "1"}, "/running-jobs": []},
    ],
)
def test_deployment_is_empty_only_if_its_list_and_its_count_say_so(lies: dict[str, Any]) -> None:
    deployment = Shared()
    deployment.paths |= lies
    with pytest.raises(ForeignJob, match="could hit jobs of others"):
        deployment.send("/stop-job", {"jobId": NEW})


def test_name_of_the_run_is_no_proof_if_the_first_look_has_shown_no_jobs() -> None:
    deployment = Shared()
    deployment.paths["/running-jobs"] = None
    with pytest.raises(ForeignJob):
        deployment.send("/submit-job?jobId=5", {})
    deployment.paths["/running-jobs"] = [{**JOB, "jobName": "conformance-run-1"}, *deployment.jobs.values()][:3]
    with pytest.raises(ForeignJob, match="such as 7"):
        deployment.send("/stop-job", {"jobId": "abc"})


def test_jobs_of_others_that_were_seen_once_count_to_the_end_of_the_run() -> None:
    deployment = Shared()
    deployment.send(f"/submit-job?jobId={NEW}", {})
    del deployment.jobs["7"]
    with pytest.raises(ForeignJob, match="such as 7"):
        deployment.send("/stop-job", {"jobId": "abc"})


def test_job_of_the_run_whose_receipt_has_not_come_yet_is_not_one_of_others() -> None:
    deployment, pauses = Shared(others=False), list[float]()
    deployment.jobs["9"] = {**JOB, "jobId": "9", "jobName": "SeaTunnel_Job"}
    deployment.own.submits = True

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        guard.received("/submit-job", None, {"jobId": 9})

    guard = JobGuard(deployment.own, deployment.read, sleep=pause)
    guard.require_own("/stop-job", b'{"jobId": "abc"}')
    assert (len(pauses), deployment.own.others) == (1, "")


def test_receipt_makes_no_job_that_ran_before_one_of_the_run() -> None:
    deployment = Shared()
    deployment.send(f"/submit-job?jobId={NEW}", {})
    guard = JobGuard(deployment.own, deployment.read, sleep=lambda _: None)
    guard.received("/submit-job", None, [{"jobId": "7"}])
    deployment.own.others = ""
    with pytest.raises(ForeignJob, match="such as 7"):
        guard.require_own("/stop-job", b'{"jobId": "abc"}')


def test_number_that_is_the_id_of_another_job_in_floats_is_not_sent() -> None:
    deployment = Shared()
    near = str(int(CLAIMED) + 8)
    deployment.jobs[near] = {**JOB, "jobId": near}
    deployment.send("/stop-job", {"jobId": CLAIMED})
    with pytest.raises(ForeignJob, match="floats"):
        deployment.send("/stop-job", {"jobId": int(CLAIMED)})


def test_tags_are_restored_beside_jobs_of_others() -> None:
    deployment = Shared()
    deployment.own.tags, deployment.own.tagged = {"team": "a"}, True
    with pytest.raises(ForeignJob, match="replaces the tags"):
        deployment.send("/update-tags", {"team": "b"})
    deployment.send("/update-tags", {"team": "a"})


class Deployment:
    """A deployment with the job 7, or other jobs, that keeps the requests it gets."""

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
    """A scenario that stops the job 7, and one that reads it, recorded on an engine without such a job."""
    nobody = {"status": 200, "headers": {}, "body": {"kind": "json", "value": {"jobId": "7"}}}
    stop = {"id": "stop", "request": {"method": "POST", "path": "/stop-job", "json": {"jobId": 7}}}
    ask = {"id": "ask", "request": {"method": "GET", "path": "/job-info/007"}}
    lines = [{"area": "a", "scenario": step["id"], "step": step, "exchange": nobody} for step in (stop, ask)]
    file = tmp_path / "recorded"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return Recording.load(file)


def test_replay_tells_why_it_has_not_asked(serve: Serve, recording: Recording) -> None:
    deployment = Deployment(JOB)
    marks = replay(serve(app(deployment)), recording).steps
    reason = "the request was not sent, because it names the job 7: the run did not submit it"
    assert [mark.left_out for mark in marks] == [reason] * 2
    assert "POST /stop-job" not in deployment.asked


def test_recording_leaves_them_out(serve: Serve, recording: Recording, tmp_path: Path) -> None:
    deployment = Deployment(JOB)
    taken = record(serve(app(deployment)), RecordingPlan("1.0", tmp_path / "1.0.ndjson", recording))
    assert (taken.foreign, taken.scenarios) == (["a/stop", "a/ask"], 0)
    assert "POST /stop-job" not in deployment.asked


def test_job_on_one_side_only_is_no_difference(serve: Serve, contract: Contract) -> None:
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
    """Whatever a target responds, unless all its responses together show that there is no such job."""
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
        # An empty list would show that there is no such job, unless another response contradicts it.
        return jobs

    own = OwnIds("own")
    own.claimed |= data.draw(st.sets(st.sampled_from(sorted(map(str, foreign)))))
    guard = JobGuard(own, read)
    named = data.draw(st.sampled_from(sorted(foreign)))
    target, body = data.draw(spelled(named))
    with pytest.raises(ForeignJob):
        guard.require_own(target, body)
    own.dedicated = True
    with pytest.raises(ForeignJob):
        guard.require_own(target, body)


@pytest.mark.slow
def test_foreign_jobs_outlive_a_whole_command() -> None:
    """More of these, and of the other commands: `python -m bench.foreign_jobs`."""
    number = 4  # `conform --only`
    harm = history(random.Random(number), number, most=40)  # noqa: S311 - no secret
    assert harm["foreign jobs"] >= 6
    assert harm["writes"] > 0
    assert (harm["foreign jobs named in a write"], harm["foreign jobs stopped"]) == (0, 0)
