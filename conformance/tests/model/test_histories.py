"""Random histories on good, broken, busy and slow servers."""

import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.checks import registry
from seatunnel_conformance.model.looks import workers
from seatunnel_conformance.report.check_ids import HISTORIES
from seatunnel_conformance.report.outcomes import Outcome
from seatunnel_conformance.report.verdicts import Verdict
from seatunnel_conformance.run import stateful as run
from seatunnel_conformance.run.judging import judge as judge_planned
from seatunnel_conformance.run.selection import plan
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract, load

pytestmark = pytest.mark.slow

Ask = Callable[[Any], tuple[int, Any]]
Fault = Callable[[Any, Ask], tuple[int, Any]]
Judge = Callable[..., dict[str, Outcome]]


@pytest.fixture
def histories(monkeypatch: pytest.MonkeyPatch) -> Iterator[Judge]:
    """Return a function that judges clauses by the histories of one run against an address."""
    monkeypatch.setattr(run, "_LONGEST_SEARCH", 2.0)
    registry.all_checks()
    contexts = []

    def judged(url: str, *clauses: str, release: str = "documented", **more: Any) -> dict[str, Outcome]:
        contract = load(release)
        only = tuple(f"{clause}, {HISTORIES}" for clause in clauses or ("*",))
        settings = Settings(
            **{
                "url": url,
                "release": release,
                "only": only,
                "seed": 3,
                "run": secrets.token_hex(3),
                "wait": 20.0,
                **more,
            }
        )
        context = Context.set_up(settings, contract)
        context.tags.latency = 1.0
        contexts.append(context)
        return {
            one.id.partition(",")[0]: judge_planned(context, one)
            for one in plan(settings, contract, registry.all_checks())
        }

    yield judged
    for context in contexts:
        context.close()


def reasons(outcomes: dict[str, Outcome]) -> list[str]:
    return [
        f"{outcome.id}: {outcome.reason}"
        for outcome in outcomes.values()
        if outcome.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE}
    ]


def test_reference_server_keeps_every_rule(reference: str, histories: Judge):
    outcomes = histories(reference)
    assert reasons(outcomes) == []
    passed = [clause for clause, outcome in outcomes.items() if outcome.verdict is Verdict.PASS]
    assert len(passed) > 20
    assert sum(outcome.requests for outcome in outcomes.values()) > 100


@pytest.mark.parametrize("release", ["docs-2024-10", "2.3.12", "3.0.0"])
def test_server_of_a_release_keeps_every_rule(reference_as: Callable[[str], str], histories: Judge, release: str):
    assert reasons(histories(reference_as(release), release=release)) == []


def test_same_seed_makes_the_same_histories(reference: str, histories: Judge, monkeypatch: pytest.MonkeyPatch):
    from seatunnel_conformance.model.history import History  # noqa: PLC0415 - watched here

    told: list[list[str]] = []
    note = History.note

    def listening(self: History, sentence: str, exchanges: Any) -> None:
        told[-1].append(re.sub(r"conformance-\w+", "job", sentence))
        note(self, sentence, exchanges)

    monkeypatch.setattr(History, "note", listening)
    for seed in (5, 5, 6):
        told.append([])
        histories(reference, "life-cycle.times", seed=seed)
    assert told[0] == told[1] != told[2]


def renamed_by_stop(asked: Any, ask: Ask) -> tuple[int, Any]:
    """A job that has ended is called by another name."""
    status, document = ask(asked)
    if asked.target.startswith("/job-info/") and "finishedTime" in document:
        document["jobName"] = "SeaTunnel_Job"
    return status, document


def stops_are_forgotten(asked: Any, ask: Ask) -> tuple[int, Any]:
    """A stop is acknowledged, and not done."""
    return (200, {"jobId": str(asked.json["jobId"])}) if asked.target == "/stop-job" else ask(asked)


def savepoints_are_forgotten(asked: Any, ask: Ask) -> tuple[int, Any]:
    """A stop never takes a savepoint."""
    return ask(asked.with_json({"jobId": asked.json["jobId"]}) if asked.target == "/stop-job" else asked)


def history_drops_the_last(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The job that ended last is not in the history."""
    status, document = ask(asked)
    return status, document[:-1] if asked.target == "/finished-jobs" else document


def clock_runs(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The create time of a job is the time of the question."""
    status, document = ask(asked)
    if asked.target.startswith("/job-info/") and "createTime" in document:
        document["createTime"] = f"2024-10-27 09:30:{time.monotonic_ns() % 60:02}"
    return status, document


def running_count_is_one_too_high(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The overview counts a running job too many as soon as there is one."""
    status, document = ask(asked)
    if asked.target == "/overview" and document["runningJobs"] != "0":
        document["runningJobs"] = str(int(document["runningJobs"]) + 1)
    return status, document


def duplicate_id_is_refused(asked: Any, ask: Ask) -> tuple[int, Any]:
    """The id of a job that runs is refused."""
    found = re.search(r"jobId=(\d+)", asked.target)
    if asked.target.startswith("/submit-job?") and found:
        _, shown = ask(type(asked)("GET", f"/job-info/{found[1]}", b""))
        if shown.get("jobStatus") == "RUNNING":
            return 500, {"status": "fail", "message": "taken"}
    return ask(asked)


def tags_are_kept(asked: Any, ask: Ask) -> tuple[int, Any]:
    """Tags that were given are never taken away."""
    return (200, {"status": "success"}) if asked.target == "/update-tags" and asked.json == {} else ask(asked)


@pytest.mark.parametrize(
    ("fault", "clause"),
    [
        (renamed_by_stop, "submit-job.given-name"),
        (savepoints_are_forgotten, "life-cycle.savepoint-stop-ends"),
        (history_drops_the_last, "life-cycle.listed-once"),
        (clock_runs, "life-cycle.times"),
        (running_count_is_one_too_high, "overview.counts-match-lists"),
        (duplicate_id_is_refused, "submit-job.id-of-running-job"),
    ],
)
def test_broken_server_fails_by_the_rule_that_it_breaks(
    broken: Callable[[Fault], str], histories: Judge, fault: Fault, clause: str
):
    outcome = histories(broken(fault), clause)[clause]
    assert outcome.verdict is Verdict.FAIL, outcome.reason
    assert outcome.why.startswith("A client")
    finding = outcome.findings[0]
    assert re.search(r"^1\. ", finding.detail, re.MULTILINE)
    assert "curl -sS -i --path-as-is -H 'Content-Type: application/json'" in finding.curl


def test_failure_is_told_by_a_short_history(
    broken: Callable[[Fault], str], histories: Judge, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(run, "_LONGEST_SEARCH", 20.0)
    outcome = histories(broken(clock_runs), "life-cycle.times")["life-cycle.times"]
    steps = re.findall(r"^\d+\. .*", outcome.findings[0].detail, re.MULTILINE)
    assert len(steps) == 1
    assert "submit" in steps[0]
    *_, comment, seen = outcome.findings[0].curl.splitlines()
    assert comment == "# look at what shows it"
    assert "/job-info/" in seen


def test_stop_that_is_never_done_is_a_failure(
    broken: Callable[[Fault], str], histories: Judge, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("seatunnel_conformance.arrange.jobs.PATIENCE", 1.0)
    outcome = histories(broken(stops_are_forgotten), "life-cycle.stop-ends", "life-cycle.savepoint-stop-ends")
    assert Verdict.FAIL in {one.verdict for one in outcome.values()}


def test_slow_server_is_inconclusive(broken: Callable[[Fault], str], histories: Judge):
    """Its jobs never move a row in the time that is given to them."""

    def slow(asked: Any, ask: Ask) -> tuple[int, Any]:
        status, document = ask(asked)
        if isinstance(document, dict) and "metrics" in document and "finishedTime" not in document:
            document["metrics"] = dict.fromkeys(document["metrics"], "0")
        return status, document

    outcomes = histories(broken(slow), "life-cycle.*", wait=0.3)
    assert {outcome.verdict for outcome in outcomes.values()} == {Verdict.INCONCLUSIVE}
    assert all("did not come within 0.3 s" in outcome.reason for outcome in outcomes.values())


def test_cluster_without_slots_is_inconclusive(broken: Callable[[Fault], str], histories: Judge):
    """No slots are free, so that jobs fail before they begin."""

    def full(asked: Any, ask: Ask) -> tuple[int, Any]:
        status, document = ask(asked)
        if asked.target.startswith("/job-info/") and "finishedTime" in document:
            document |= {"jobStatus": "FAILED", "errorMsg": "org.apache…NoEnoughResourceException: …"}
        return status, document

    outcomes = histories(broken(full), "life-cycle.*")
    assert {outcome.verdict for outcome in outcomes.values()} == {Verdict.INCONCLUSIVE}


@contextmanager
def traffic(url: str, contract: Contract) -> Iterator[list[str]]:
    """Have other people's jobs start, end and be stopped all the time; the list is that of their ids."""
    stop, ids = threading.Event(), []
    with Target(url, allow_writes=True) as target:
        others = Jobs(target, contract)

        def come_and_go() -> None:
            while not stop.is_set():
                jobs = [others.submitted(config) for config in (others.batch(), others.endless(), others.failing())]
                ids.extend(job.id for job in jobs)
                stop.wait(0.1)
                others.stop_when_moving(jobs[1])

        thread = threading.Thread(target=come_and_go)
        thread.start()
        try:
            yield ids
        finally:
            stop.set()
            thread.join()
            others.close()


def test_busy_cluster_makes_no_false_alarm_and_keeps_its_jobs(
    broken: Callable[[Fault], str], reference: str, histories: Judge, contract: Contract
):
    bodies: list[bytes] = []

    def watched(asked: Any, ask: Ask) -> tuple[int, Any]:
        if asked.method == "POST":
            bodies.append(asked.target.encode() + asked.body)
        return ask(asked)

    with traffic(reference, contract) as ids:
        outcomes = histories(broken(watched))
    assert reasons(outcomes) == []
    assert len(ids) > 9
    assert not any(job_id.encode() in body for job_id in ids for body in bodies)


def test_nothing_is_left_behind(reference: str, histories: Judge):
    with Target(reference) as target:
        before = Counter(job["jobName"] for job in target.get("/running-jobs").items)
        outcomes = histories(reference, "life-cycle.*", run="leftover")
        assert Verdict.PASS in {outcome.verdict for outcome in outcomes.values()}
        after = Counter(job["jobName"] for job in target.get("/running-jobs").items)
        assert not [name for name in after - before if "leftover" in name]
        assert workers(target, {"conformance-leftover": "one"}) == 0
