"""Recording: the steps that are written, those that are left out, and the file of an interrupted recording."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from throwaway import Handler, listening

from seatunnel_conformance.errors import AccessDenied
from seatunnel_conformance.replay import (
    Address,
    BrokenRecording,
    Recording,
    RecordingPlan,
    ReplayedStep,
    Scenario,
    record,
    replay,
)
from seatunnel_conformance.target.connection import Connection
from seatunnel_conformance.text.redaction import Secret

Deployed = tuple[str, list[tuple[str, Any]]]

STOP = {"jobId": "777", "isStopWithSavePoint": False}
FOREIGN = {"jobId": "123456789012345678", "jobName": "payroll nightly", "jobStatus": "RUNNING"}


class Deployment(Handler):
    """A deployment with a foreign job and submitted ones; `asked` are the requests that change it."""

    protocol_version = "HTTP/1.0"
    asked: list[tuple[str, Any]]
    jobs: dict[str, str]
    token: str

    def do_GET(self) -> None:
        if self.token and self.headers["Authorization"] != f"Bearer {self.token}":
            self.respond({}, status=401)
            return
        if self.path.startswith("/job-info/"):
            job_id = self.path.rpartition("/")[2]
            self.respond({"jobId": job_id, **self.jobs.get(job_id, {})})
        elif self.path == "/running-jobs":
            self.respond(self.running())
        else:
            master = {"host": "h", "port": "5801", "isMaster": "true"}
            gossip = {
                "/system-monitoring-information": [master],
                "/gossip": {"error": "for payroll nightly"},
                "/overview": {"said": self.headers["Authorization"], "runningJobs": str(len(self.running()))},
            }
            self.respond(gossip.get(self.path, []))

    def running(self) -> list[dict[str, str]]:
        return [FOREIGN, *({"jobId": job_id, **job} for job_id, job in self.jobs.items() if job_id != FOREIGN["jobId"])]

    def do_POST(self) -> None:
        sent = json.loads(self.content())
        self.asked.append((self.path, sent))
        if self.path.startswith("/submit-job"):
            # The job of one name gets the id of the foreign job.
            job_id = FOREIGN["jobId"] if "impostor" in self.path else "777"
            self.jobs[job_id] = {"jobStatus": "RUNNING", "jobName": self.path.partition("jobName=")[2]}
            self.jobs[FOREIGN["jobId"]] = FOREIGN
            self.respond({"jobId": job_id})
        else:
            self.jobs.pop(sent.get("jobId", ""), None)
            self.respond({})


@pytest.fixture
def deployment() -> Iterator[Deployed]:
    """The address of a deployment, and the requests that have changed it."""
    with deployed() as found:
        yield found


@contextmanager
def deployed(token: str = "") -> Iterator[Deployed]:
    asked: list[tuple[str, Any]] = []
    handler = type("Fresh", (Deployment,), {"asked": asked, "jobs": {}, "token": token})
    with listening(handler) as url:
        yield url, asked


def get(path: str, **more: Any) -> dict[str, Any]:
    return {"id": "get", "request": {"method": "GET", "path": path}, **more}


def post(path: str, **more: Any) -> dict[str, Any]:
    return {"id": "post", "request": {"method": "POST", "path": path, "json": {}}, **more}


def plan(folder: Path, scenarios: dict[str, list[dict[str, Any]]], **more: Any) -> RecordingPlan:
    """Plan to record scenarios of one area, the steps of each by its name."""
    lines = [
        {"area": "a", "scenario": name, "step": step, "exchange": None}
        for name, steps in scenarios.items()
        for step in steps
    ]
    file = folder / "scenarios"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return RecordingPlan("1.0", folder / "1.0.ndjson", Recording.load(file), **more)


@pytest.fixture
def take(tmp_path: Path) -> RecordingPlan:
    """Scenarios to record: a single step, a job, a response that names foreign jobs, and tags."""
    scenarios = {
        "plain": [get("/overview")],
        "job": [
            post("/submit-job?jobName=nightly", capture={"gen": "/jobId"}, record=False),
            post("/submit-job?jobName=impostor", capture={"other": "/jobId"}, record=False),
            get("/job-info/{{gen}}"),
        ],
        "gossip": [get("/gossip")],
        "tags": [post("/update-tags")],
    }
    return plan(tmp_path, scenarios)


def test_recording_can_be_replayed_where_it_was_made(deployment: Deployed, take: RecordingPlan) -> None:
    taken = record(deployment[0], take)
    fidelity = replay(deployment[0], Recording.load(take.file))
    assert (taken.steps, taken.scenarios, fidelity.matched, fidelity.total) == (2, 3, 2, 2)
    assert not take.part.exists()


def test_answers_that_tell_of_other_peoples_jobs_are_left_out(deployment: Deployed, take: RecordingPlan) -> None:
    assert record(deployment[0], take).withheld == ["a/gossip/get"]
    assert "payroll" not in take.file.read_text(encoding="utf-8")


def test_own_jobs_are_stopped_and_no_others(deployment: Deployed, take: RecordingPlan) -> None:
    url, asked = deployment
    assert record(url, take).left == []
    assert [sent for path, sent in asked if path == "/stop-job"] == [STOP]


def test_tags_are_replaced_only_when_it_is_known_what_to_put_back(deployment: Deployed, take: RecordingPlan) -> None:
    url, asked = deployment
    record(url, take)
    assert "/update-tags" not in [path for path, _ in asked]
    known = RecordingPlan(take.release, take.file, take.scenarios, tags={"team": "a"})
    assert record(url, known).foreign == ["a/tags"], "there is a job of somebody else"
    assert record(Address(url, dedicated=True), known).steps == 3
    assert asked[-1] == ("/update-tags", {"team": "a"})


@pytest.fixture
def of_two_nodes(tmp_path: Path) -> RecordingPlan:
    """A recording of a job that is submitted at the second node, and of the tags of that node."""
    steps = [
        {**post("/submit-job?jobName=nightly"), "id": "submit", "node": 2},
        {**post("/update-tags"), "id": "tag", "node": 2},
        get("/overview"),
    ]
    return plan(tmp_path, {"nodes": steps}, tags={})


def test_step_is_sent_to_its_node(of_two_nodes: RecordingPlan) -> None:
    with deployed() as (first, asked_first), deployed() as (second, asked_second):
        address = Address(first, nodes=(second,), dedicated=True)
        assert record(address, of_two_nodes).steps == 3
        assert [path.partition("?")[0] for path, _ in asked_second] == ["/submit-job", "/update-tags", "/update-tags"]
        assert [path for path, _ in asked_first] == ["/update-tags"]
        fidelity = replay(address, Recording.load(of_two_nodes.file))
        assert (fidelity.matched, fidelity.total) == (3, 3)


def test_step_for_a_node_without_an_address_says_so(deployment: Deployed, of_two_nodes: RecordingPlan) -> None:
    url, asked = deployment
    address = Address(url, dedicated=True)
    assert record(address, of_two_nodes).failed == ["a/nodes/submit", "a/nodes/tag"]
    differs = replay(address, Recording.load(of_two_nodes.file)).steps
    assert [step.matches for step in differs] == [True, True, True]
    assert asked == [], "no tags were changed, so there are none to restore"


@pytest.fixture
def of_a_failover(tmp_path: Path) -> RecordingPlan:
    """A recording of the responses after the master has left."""
    return plan(tmp_path, {"failover": [{**get("/overview"), "stop-master": True}]})


def test_step_stops_the_master_before_its_request(of_a_failover: RecordingPlan) -> None:
    stopped: list[str] = []
    with deployed() as (url, _):
        assert record(Address(url, stop_master=stopped.append), of_a_failover).steps == 1
    assert stopped == ["h:5801"]


def test_step_that_stops_the_master_needs_a_way_to(deployment: Deployed, of_a_failover: RecordingPlan) -> None:
    record(deployment[0], of_a_failover)
    line = json.loads(of_a_failover.file.read_text(encoding="utf-8"))
    assert "--kill-command" in line["exchange"]["error"]


def test_recording_that_is_cut_off_goes_on_where_it_was(deployment: Deployed, take: RecordingPlan) -> None:
    url, asked = deployment

    def cut(scenario: Scenario) -> None:
        if scenario.name == "job":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record(url, take, report=cut)
    assert (take.part.exists(), take.file.exists()) == (True, False)
    assert [sent for path, sent in asked if path == "/stop-job"] == [STOP]
    played: list[str] = []
    taken = record(url, take, report=lambda scenario: played.append(scenario.name))
    assert (played, taken.resumed, taken.steps) == (["gossip"], 2, 2)
    assert (take.part.exists(), take.file.exists()) == (False, True)


def test_replay_that_is_cut_off_stops_its_jobs(deployment: Deployed, take: RecordingPlan) -> None:
    url, asked = deployment
    record(url, take)
    asked.clear()

    def cut(mark: ReplayedStep) -> None:
        if mark.scenario == "job":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay(url, Recording.load(take.file), report=cut)
    assert [sent for path, sent in asked if path == "/stop-job"] == [STOP]


def test_recording_is_not_continued_under_another_name(deployment: Deployed, take: RecordingPlan) -> None:
    take.part.write_text('{"release": "0.9", "area": "a", "scenario": "s"}\n', encoding="utf-8")
    with pytest.raises(BrokenRecording, match=r"a recording of 0\.9, not of 1\.0"):
        record(deployment[0], take)


def test_credentials_open_the_door_and_are_not_recorded(take: RecordingPlan) -> None:
    with deployed("opensesame") as (url, _):
        with pytest.raises(AccessDenied, match="401"):
            record(url, take)
        with pytest.raises(AccessDenied, match="401"):
            replay(url, take.scenarios)
        record(Address(url, Connection(bearer=Secret("opensesame"))), take)
    assert "Bearer [hidden]" in take.file.read_text(encoding="utf-8")
    assert "opensesame" not in take.file.read_text(encoding="utf-8")


def test_step_without_the_awaited_answer_is_reported(deployment: Deployed, tmp_path: Path) -> None:
    poll = {"until": {"pointer": "/never", "equals": 1}, "timeoutSeconds": 0}
    waiting = plan(tmp_path, {"s": [get("/overview", poll=poll)]})
    assert record(deployment[0], waiting).failed == ["a/s/get"]


def test_replay_that_replaces_tags_puts_back_those_that_are_named(deployment: Deployed, take: RecordingPlan) -> None:
    url, asked = deployment
    replay(Address(url, dedicated=True), take.scenarios, tags={"team": "a"})
    assert asked[-1] == ("/update-tags", {"team": "a"})
    asked.clear()
    replay(url, take.scenarios.only("a/plain"))
    assert asked == []
