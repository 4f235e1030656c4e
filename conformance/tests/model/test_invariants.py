"""Every invariant holds for a correct snapshot, and is violated by a snapshot with one wrong value."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

import seatunnel_openapi
from seatunnel_conformance.arrange.jobs import SETTLING, OwnJob
from seatunnel_conformance.errors import DuplicateRegistration
from seatunnel_conformance.model import machine
from seatunnel_conformance.model.checker import CommandHistory
from seatunnel_conformance.model.invariants import INVARIANTS, invariant
from seatunnel_conformance.model.snapshot import LISTS, LastCommand, ModelJob, Observation, Snapshot, Verb, Work
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract

RUNS, SAVED, FAILED = (OwnJob(f"88143242148288922{digit}", f"conformance-test-{digit}", {}) for digit in (1, 2, 3))
NOBODY = OwnJob("881432421482889229", "", {})

RUNNING_LIST, HISTORY, SAVED_LIST = "/running-jobs", "/finished-jobs", "/finished-jobs/SAVEPOINT_DONE"


def answered(document: Any, status: int = 200) -> Response:
    return Response(status, [("content-type", "application/json")], json.dumps(document).encode())


@dataclass
class Draft:
    """A mutable snapshot with an endless job that runs, one that was stopped, and one that has failed."""

    contract: Contract
    running: dict[str, Any]
    saved: dict[str, Any]
    failed: dict[str, Any]
    lists: dict[str, list[Any]]
    endless: ModelJob = field(default_factory=lambda: ModelJob(RUNS, Work.ENDLESS, starts=2))
    stopped: ModelJob = field(default_factory=lambda: ModelJob(SAVED, Work.ENDLESS, stopped=True))
    failing: ModelJob = field(default_factory=lambda: ModelJob(FAILED, Work.FAILING))
    command: LastCommand = field(default_factory=lambda: LastCommand(Verb.WAIT))
    counted: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"finishedJobs": ("1", "1", "1")})
    tagged: dict[str, tuple[bool, int]] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def right(cls, contract: Contract) -> "Draft":
        examples = contract.document["components"]["examples"]
        running, finished = (copy.deepcopy(examples[f"GetJobInfo{form}"]["value"]) for form in ("Running", "Finished"))
        running |= {"jobId": RUNS.id, "jobName": RUNS.name, "jobStatus": "RUNNING", "isStartWithSavePoint": True}
        finished["finishTime"] = finished["finishedTime"]  # `/finished-jobs` names it so
        saved = finished | {"jobId": SAVED.id, "jobName": SAVED.name, "jobStatus": "SAVEPOINT_DONE"}
        failed = finished | {"jobId": FAILED.id, "jobName": FAILED.name, "jobStatus": "FAILED", "errorMsg": "java"}
        lists: dict[str, list[Any]] = {path: [] for path in LISTS}
        # The history also has the first run of the job that was started again.
        lists |= {RUNNING_LIST: [running], HISTORY: [saved, failed, saved | {"jobId": RUNS.id}]}
        lists |= {SAVED_LIST: [saved], "/finished-jobs/FAILED": [failed]}
        return cls(contract, running, saved, failed, copy.deepcopy(lists))

    def snapshot(self) -> Snapshot:
        shown = {RUNS.id: self.running, SAVED.id: self.saved, FAILED.id: self.failed}
        believed = [self.endless, self.stopped, self.failing]
        for job in believed:
            job.shown = job.shown or [copy.deepcopy(shown[job.own.id])]
        details = copy.deepcopy(shown) | self.details
        return Snapshot(
            self.contract,
            believed,
            self.command,
            Observation(shown, shown, details, self.lists, self.counted),
            self.tagged,
        )


Change = Callable[[Draft], None]

ANSWERED: dict[str, LastCommand] = {
    "submit-job.receipt": LastCommand(
        Verb.SUBMIT, (RUNS,), response=answered({"jobId": RUNS.id, "jobName": RUNS.name})
    ),
    "submit-jobs.receipts": LastCommand(
        Verb.SUBMIT, (RUNS,), several=True, response=answered([{"jobId": RUNS.id, "jobName": RUNS.name}])
    ),
    "submit-job.id-of-running-job": LastCommand(Verb.SUBMIT_AGAIN, (RUNS,), response=answered({"jobId": RUNS.id})),
    "submit-job.id-of-ended-job": LastCommand(Verb.SUBMIT_AGAIN, (SAVED,), response=answered({"status": "fail"}, 500)),
    "stop-job.receipt": LastCommand(Verb.STOP, (RUNS,), response=answered({"jobId": RUNS.id})),
    "stop-jobs.receipts": LastCommand(Verb.STOP, (RUNS,), several=True, response=answered([{"jobId": int(RUNS.id)}])),
    "stop-job.unknown-id": LastCommand(Verb.STOP_UNKNOWN, (NOBODY,), response=answered({"jobId": NOBODY.id})),
    "update-tags.success": LastCommand(Verb.TAG, response=answered({"status": "success"})),
    "life-cycle.generated-ids": LastCommand(
        Verb.SUBMIT, (RUNS,), response=answered({"jobId": RUNS.id, "jobName": RUNS.name})
    ),
}
"""Commands after which a rule has something to judge, and the answer is right."""


def setting(**changes: Any) -> Change:
    """Return a function that sets attributes of a draft."""

    def change(draft: Draft) -> None:
        for name, value in changes.items():
            setattr(draft, name, value)

    return change


def shown_then(job: str, **members: Any) -> Change:
    """Return a function that lets `/job-info` show the correct object of a job first, and then a changed one."""

    def change(draft: Draft) -> None:
        believed = {"running": draft.endless, "saved": draft.stopped, "failed": draft.failing}[job]
        document = getattr(draft, job)
        believed.shown = [copy.deepcopy(document), {**document, **members}]

    return change


def instead(job: str, **members: Any) -> Change:
    """Return a function after which all operations show changed members of a job."""
    return lambda draft: getattr(draft, job).update(members)


def listed(path: str, change: Callable[[list[Any]], None]) -> Change:
    """Return a function that changes one list."""
    return lambda draft: change(draft.lists[path])


def unknown(draft: Draft) -> None:
    draft.endless.shown = [{"jobId": ""}]


def misanswered(clause_id: str) -> Change:
    command = ANSWERED[clause_id]
    wrong = answered([{"jobId": "1"}], 200 if command.verb is not Verb.TAG else 500)
    return setting(command=LastCommand(command.verb, command.jobs, several=command.several, response=wrong))


WRONG: dict[str, Change] = {
    "life-cycle.states-in-order": shown_then("saved", jobStatus="RUNNING"),
    "life-cycle.times": shown_then("running", createTime="2024-10-27 09:30:06"),
    "life-cycle.never-unknown": unknown,
    "life-cycle.end-is-final": shown_then("saved", jobStatus="CANCELED"),
    "life-cycle.counters-never-fall": shown_then(
        "running", metrics={"sourceReceivedCount": "4", "sinkWriteCount": "5"}
    ),
    "life-cycle.streaming-runs-on": instead("running", jobStatus="CANCELING"),
    "life-cycle.batch-ends": setting(failing=ModelJob(FAILED, Work.BATCH)),
    "life-cycle.failure-ends": instead("failed", jobStatus="FINISHED"),
    "life-cycle.stop-ends": setting(stopped=ModelJob(SAVED, Work.ENDLESS, stopped=False)),
    "life-cycle.savepoint-stop-ends": instead("saved", jobStatus="CANCELED"),
    "life-cycle.restart": instead("running", isStartWithSavePoint=False),
    "life-cycle.generated-ids": setting(failing=ModelJob(SAVED, Work.FAILING), command=ANSWERED["submit-job.receipt"]),
    "job-info.asked-job": shown_then("running", jobId=SAVED.id),
    "submit-job.given-name": shown_then("running", jobName="SeaTunnel_Job"),
    "running-job.same-job": setting(details={SAVED.id: {"jobStatus": "FINISHED"}}),
    "running-jobs.lists-running": listed(RUNNING_LIST, list.clear),
    "running-jobs.no-ended": listed(RUNNING_LIST, lambda items: items.append({"jobId": SAVED.id})),
    "running-jobs.same-as-details": listed(
        RUNNING_LIST, lambda items: items[0].update(createTime="2020-01-01 00:00:00")
    ),
    "finished-jobs.lists-ended": listed(HISTORY, lambda items: items[0].update(finishTime="2020-01-01 00:00:00")),
    "life-cycle.in-one-list": listed(HISTORY, list.clear),
    "life-cycle.listed-once": listed("/finished-jobs/CANCELED", lambda items: items.append({"jobId": SAVED.id})),
    "overview.counts-match-lists": setting(counted={"finishedJobs": ("2", "1", "1")}),
    "update-tags.replaces": setting(tagged={"one": (True, 1), "two": (False, 1)}),
    "update-tags.clears": setting(tagged={"one": (False, 0), "two": (False, 1)}),
    **{clause_id: misanswered(clause_id) for clause_id in ANSWERED if clause_id != "life-cycle.generated-ids"},
}
"""For each rule one thing that is wrong."""


RIGHT: dict[str, Change] = {
    **{clause_id: setting(command=command) for clause_id, command in ANSWERED.items()},
    "life-cycle.batch-ends": lambda draft: (
        draft.failed.update(jobStatus="FINISHED"),
        setattr(draft, "failing", ModelJob(FAILED, Work.BATCH)),
    )[1],
    "life-cycle.stop-ends": lambda draft: (
        draft.saved.update(jobStatus="CANCELED"),
        setattr(draft, "stopped", ModelJob(SAVED, Work.ENDLESS, stopped=False)),
    )[1],
    "life-cycle.counters-never-fall": shown_then("running"),
    "update-tags.replaces": setting(tagged={"one": (True, 1), "two": (False, 0)}),
    "update-tags.clears": setting(tagged={"one": (False, 0), "two": (False, 0)}),
}
"""What has to be in a right snapshot for a rule to have something to judge."""


def judged(contract: Contract, clause_id: str, change: Change) -> list[str | None]:
    draft = Draft.right(contract)
    change(draft)
    return INVARIANTS[clause_id].cases(draft.snapshot())


@pytest.mark.parametrize("clause_id", INVARIANTS)
def test_rule_has_nothing_against_what_is_right(contract: Contract, clause_id: str):
    cases = judged(contract, clause_id, RIGHT.get(clause_id, lambda _: None))
    assert cases
    assert [case for case in cases if case is not None] == []


@pytest.mark.parametrize("clause_id", INVARIANTS)
def test_rule_notices_what_is_wrong(contract: Contract, clause_id: str):
    problems = [case for case in judged(contract, clause_id, WRONG[clause_id]) if case is not None]
    assert problems
    assert all(len(problem) > 20 for problem in problems)


@pytest.mark.parametrize("release", seatunnel_openapi.releases())
def test_rule_stands_for_a_clause_of_every_release(release: str):
    known = {clause.id for clause in seatunnel_openapi.load(release).clauses}
    assert INVARIANTS.keys() <= known


@pytest.mark.parametrize("clause_id", INVARIANTS)
def test_rule_says_why_it_matters(clause_id: str):
    assert INVARIANTS[clause_id].why.startswith("A client")


def test_two_rules_for_one_clause_are_refused():
    with pytest.raises(DuplicateRegistration, match=r"life-cycle\.times"):
        invariant("life-cycle.times")(lambda _: [])


@pytest.mark.parametrize(
    ("error", "is_verdict"), [("java", True), ("CheckpointException: CheckpointCoordinator inside have error.", False)]
)
def test_job_that_an_engine_fails_by_itself_while_it_stops_is_no_verdict(
    contract: Contract,
    error: str,
    is_verdict: bool,  # noqa: FBT001 - a parameter
):
    draft = Draft.right(contract)
    draft.saved |= {"jobStatus": "FAILED", "errorMsg": error}
    cases = INVARIANTS["life-cycle.savepoint-stop-ends"].cases(draft.snapshot())
    assert bool([case for case in cases if case is not None]) == is_verdict


def test_job_that_changes_during_the_look_is_held_against_no_list(contract: Contract):
    draft = Draft.right(contract)
    draft.lists[RUNNING_LIST].clear()
    snapshot = draft.snapshot()
    ended = {**snapshot.observation.after, RUNS.id: {**draft.running, "jobStatus": "CANCELING"}}
    moving = Observation(
        snapshot.observation.before, ended, snapshot.observation.details, snapshot.observation.lists, {}
    )
    changed = Snapshot(contract, snapshot.jobs, snapshot.command, moving)
    assert not INVARIANTS["running-jobs.lists-running"].cases(changed)


def test_details_that_go_on_after_the_end_accuse_no_list(contract: Contract):
    draft = Draft.right(contract)
    draft.endless.starts = 1
    draft.lists[RUNNING_LIST].clear()
    assert not [case for case in INVARIANTS["running-jobs.lists-running"].cases(draft.snapshot()) if case]


def test_list_that_can_not_be_read_is_held_against_nobody(contract: Contract):
    draft = Draft.right(contract)
    draft.lists.clear()
    snapshot = draft.snapshot()
    for clause_id in ("running-jobs.lists-running", "running-jobs.no-ended", "life-cycle.in-one-list"):
        assert not INVARIANTS[clause_id].cases(snapshot)


@pytest.mark.parametrize("clause_id", ["running-job.same-job", "finished-jobs.lists-ended"])
def test_details_that_two_other_operations_contradict_accuse_neither_of_them(contract: Contract, clause_id: str):
    def change(draft: Draft) -> None:
        draft.details[SAVED.id] = copy.deepcopy(draft.saved)
        draft.saved["createTime"] = "2020-01-01 00:00:00"

    assert set(judged(contract, clause_id, change)) == {None}


def test_count_that_one_list_confirms_is_right_and_the_lists_are_wrong(contract: Contract):
    differ = setting(counted={"finishedJobs": ("1", "1", "3")})
    assert set(judged(contract, "overview.counts-match-lists", differ)) == {None}
    assert [case for case in judged(contract, "life-cycle.listed-once", differ) if case]


@pytest.mark.parametrize(
    ("clause_id", "problem"),
    [
        ("running-jobs.lists-running", f"{RUNNING_LIST} lacks the job 7, which runs"),
        ("running-jobs.no-ended", f"{RUNNING_LIST} has the job 7, of which /job-info shows its end"),
        ("life-cycle.listed-once", "/finished-jobs/FAILED has the job 7, of which /job-info shows nothing"),
    ],
)
def test_list_that_a_job_proves_wrong_breaks_one_clause(contract: Contract, clause_id: str, problem: str):
    snapshot = Draft.right(contract).snapshot()
    wrong = replace(snapshot, observation=replace(snapshot.observation, wrong_lists=((clause_id, problem),)))
    broken = {one.clause_id for one in INVARIANTS.values() if problem in one.cases(wrong)}
    assert broken == {clause_id}


@pytest.mark.parametrize(("looks_late", "kept"), [(1, []), (9, ["late"])])
def test_list_that_is_late_is_looked_at_again_where_a_look_takes_long(
    monkeypatch: pytest.MonkeyPatch, looks_late: int, kept: list[str]
):
    now, looks = [0.0], [0]

    def look() -> tuple[Any, Any]:
        now[0] += 2 * SETTLING
        looks[0] += 1
        return None, ()

    rule = INVARIANTS["overview.counts-match-lists"]
    history = object.__new__(machine.LifeCycle)
    history.history = CommandHistory(["submit endless job"])
    history.checker = SimpleNamespace(problems=lambda _: [(rule, "late")] if looks[0] <= looks_late else [])
    found: list[str] = []
    monkeypatch.setattr(history, "_snapshot", look)
    monkeypatch.setattr(history, "_keep", lambda problems, _: found.extend(text for _, text in problems))
    monkeypatch.setattr(machine, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=lambda _: None))
    history.invariants_hold()
    assert found == kept
