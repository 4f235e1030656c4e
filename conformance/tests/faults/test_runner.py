"""Runs of faults on a real reference server, with few checks and few faults."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from errno import ENOSPC
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults import results, runner, trial
from seatunnel_conformance.faults.catalogue import Expected, Fault, fault_named
from seatunnel_conformance.faults.plan import FaultPlan, NothingSelected, select
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.faults.results import (
    Event,
    FaultResult,
    FaultsFinished,
    FaultsStarted,
    FaultStatus,
    ResultsError,
    read_results,
)
from seatunnel_conformance.faults.runner import processes_for, run
from seatunnel_conformance.faults.trial import FaultTrial, trials
from seatunnel_conformance.observe.forms import END_STATES
from seatunnel_conformance.report.outcomes import Verdict
from seatunnel_openapi import Contract

CHECKS = ("job-info.unknown-id", "running-job.unknown-id", "overview.members")


@pytest.fixture
def plan(reference: str) -> FaultPlan:
    """Two faults, three checks, and nothing generated."""
    return FaultPlan(
        deployments={"plain": partial(nullcontext, reference)},
        settings=Settings(url=reference, release="documented", only=CHECKS, reference=True),
        only=("unknown-id-is-404", "version-is-missing"),
        generated=0,
        foreign=True,
    )


def changed(plan: FaultPlan, **more: object) -> FaultPlan:
    return FaultPlan(**{name: getattr(plan, name) for name in plan.__slots__} | more)


@pytest.mark.slow
def test_faults_are_killed_by_the_checks_of_their_clauses(plan: FaultPlan):
    score = run(plan)
    killers = {result.fault: sorted(result.killers) for result in score.results}
    assert killers == {
        "unknown-id-is-404": ["job-info.unknown-id", "running-job.unknown-id"],
        "version-is-missing": ["overview.members"],
    }
    assert {result.fate for result in score.results} == {FaultStatus.KILLED}
    assert all(result.altered for result in score.results)


def test_run_tells_its_events_as_they_happen(plan: FaultPlan):
    events: list[Event] = []
    run(plan, events.append)
    assert [type(event) for event in events] == [FaultsStarted, FaultResult, FaultResult, FaultsFinished]
    assert events[0].clean == {"pass": len(CHECKS)}
    assert events[-1].fates["killed"] == 2


def test_fault_of_a_clause_whose_check_is_not_made_is_unobservable(plan: FaultPlan):
    score = run(changed(plan, only=("head-is-405",)))
    assert [result.fate for result in score.results] == [FaultStatus.UNOBSERVABLE]


def test_fault_for_another_deployment_is_unobservable_on_our_own(plan: FaultPlan):
    score = run(changed(plan, only=("context-path-is-optional",), foreign=False))
    (result,) = score.results
    assert result.fate is FaultStatus.UNOBSERVABLE
    assert result.note == "it needs a deployment with a context path"


@pytest.mark.parametrize(
    ("fault_id", "fate"),
    [("somebody-elses-jobs-are-there", FaultStatus.SURVIVED), ("node-counts-no-workers", FaultStatus.KILLED)],
)
def test_harmless_change_is_one_of_every_node_and_a_fault_one_of_the_target(
    plan: FaultPlan, reference: str, fault_id: str, fate: FaultStatus
):
    checked = replace(plan.settings, only=("nodes.same-counts",), nodes=(reference,))
    (result,) = run(changed(plan, settings=checked, only=(fault_id,))).results
    assert (result.fate, result.checks) == (fate, 1)


def test_checks_of_recommendations_that_a_harmless_change_may_break_are_left_out(plan: FaultPlan):
    checked = replace(plan.settings, only=("http.keep-alive", "overview.members"))
    (result,) = run(changed(plan, settings=checked, only=("connections-are-closed",))).results
    assert (result.fate, result.checks) == (FaultStatus.SURVIVED, 1)


def test_group_is_one_trial_unless_something_in_it_is_noticed_or_changes_nothing(
    plan: FaultPlan, monkeypatch: pytest.MonkeyPatch
):
    harmless, seen, idle = map(fault_named, ("headers-are-added", "version-is-missing", "ended-jobs-are-listed-twice"))
    other = replace(fault_named("headers-are-reversed"), group="")
    clean = {"plain": dict.fromkeys(CHECKS, Verdict.PASS)}
    tried: list[str] = []
    run_one = FaultTrial.run
    monkeypatch.setattr(FaultTrial, "run", lambda self, fault: tried.append(fault.id) or run_one(self, fault))

    def fates(*group: Fault) -> tuple[list[FaultStatus], int]:
        tried.clear()
        members = [replace(fault, breaks=(), expected=Expected.IGNORED, kind="harmless") for fault in group]
        found = list(trials(plan, clean, [members]))
        assert [result.fault for result in found] == [fault.id for fault in group]
        return [result.fate for result in found], len(tried)

    assert fates(harmless, other) == ([FaultStatus.SURVIVED] * 2, 1)
    assert fates(harmless, seen) == ([FaultStatus.SURVIVED, FaultStatus.KILLED_ELSEWHERE], 3)
    assert fates(harmless, idle) == ([FaultStatus.SURVIVED, FaultStatus.IDLE], 3)


def test_deployment_of_our_own_has_run_a_job_before_its_first_fault(plan: FaultPlan, seatunnel_server: Any):
    # If there is only the server's own log, mixed-up links are the right ones.
    checked = replace(plan.settings, only=("logs.links-lead-to-files",))
    own = {"plain": partial(nullcontext, seatunnel_server.url)}
    score = run(changed(plan, deployments=own, settings=checked, only=("log-links-are-mixed-up",), foreign=False))
    assert [result.fate for result in score.results] == [FaultStatus.KILLED]


@pytest.mark.parametrize(("few", "starts"), [(100, 1), (0, 2)])
def test_server_of_our_own_is_replaced_once_its_lists_are_long(
    plan: FaultPlan, seatunnel_server: Any, monkeypatch: pytest.MonkeyPatch, few: int, starts: int
):
    # Checks don't read a long list of ended jobs, so faults of that list would survive.
    started = []

    @contextmanager
    def deployment() -> Iterator[str]:
        started.append(1)
        yield seatunnel_server.url

    monkeypatch.setattr(trial, "FEW", few)
    checked = replace(plan.settings, only=("submit-job.receipt",))
    own = changed(plan, deployments={"plain": deployment}, settings=checked, foreign=False)
    clean = {"plain": {"submit-job.receipt": Verdict.PASS}}
    found = list(trials(own, clean, [[fault_named("receipt-is-201")], [fault_named("receipt-loses-name")]]))
    assert ([one.fate for one in found], len(started)) == ([FaultStatus.KILLED] * 2, starts)


def test_results_are_written_and_gone_on_with(plan: FaultPlan, tmp_path: Path):
    path = tmp_path / "faults.ndjson"
    run(changed(plan, only=("unknown-id-is-404",), report=path))
    first = read_results(path)[1]
    tried: list[str] = []
    both = run(changed(plan, resume=path), lambda event: tried.append(type(event).__name__))
    header, found = read_results(path)
    assert found[0] == first[0], "what was known was tried again"
    assert {result.fault for result in found} == set(plan.only) == {result.fault for result in both.results}
    assert header is not None
    assert header.selected == 2


def test_results_that_are_not_asked_for_stay_in_the_file_and_out_of_the_score(plan: FaultPlan, tmp_path: Path):
    path = tmp_path / "faults.ndjson"
    run(changed(plan, only=("unknown-id-is-404",), report=path))
    first = read_results(path)[1]
    score = run(changed(plan, only=("version-is-missing",), resume=path))
    assert read_results(path)[1][:1] == first
    assert [result.fault for result in score.results] == ["version-is-missing"]
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_results_survive_a_run_that_can_not_go_on_with_them(
    plan: FaultPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "faults.ndjson"
    run(changed(plan, only=("unknown-id-is-404",), report=path))
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(results, "_line", full)
    with pytest.raises(ResultsError, match="can't be written: No space left on device"):
        run(changed(plan, resume=path))
    assert (path.read_bytes(), len(list(tmp_path.iterdir()))) == (before, 1)


def test_results_of_another_seed_are_not_gone_on_with(plan: FaultPlan, tmp_path: Path):
    path = tmp_path / "faults.ndjson"
    run(changed(plan, report=path))
    other = Settings(url=plan.settings.url, release="documented", only=CHECKS, seed=9, reference=True)
    with pytest.raises(ResultsError, match="seed"):
        run(changed(plan, settings=other, resume=path))


@pytest.mark.slow
def test_processes_come_to_the_same_results(plan: FaultPlan):
    alone, shared = run(plan), run(changed(plan, jobs=2))
    assert {(one.fault, one.fate) for one in shared.results} == {(one.fault, one.fate) for one in alone.results}


def test_few_faults_are_tried_in_one_process_and_many_in_four():
    assert [processes_for(faults) for faults in (0, 1, 39, 60, 80, 5000)] == [1, 1, 1, 3, 4, 4]


@pytest.mark.slow
def test_run_whose_process_dies_has_ended(plan: FaultPlan, monkeypatch: pytest.MonkeyPatch):
    deadly = changed(plan, deployments={"plain": partial(os._exit, 3)}, jobs=2)
    monkeypatch.setattr(runner, "clean_runs", lambda *_: {})
    score = run(deadly)
    assert (score.results, score.ended) == ((), "a process of the run has died")


@pytest.mark.parametrize(("release", "count"), [("documented", 0), ("2.3.10", 1)])
def test_fault_of_an_operation_that_a_release_lacks_is_not_tried(plan: FaultPlan, release: str, count: int):
    settings = replace(plan.settings, release=release)
    ids = [fault.id for fault in select(changed(plan, settings=settings, only=("harmless",), generated=0))]
    assert ids.count("threads-change-their-names") == count


def test_selection_of_nothing_is_an_error(plan: FaultPlan):
    with pytest.raises(NothingSelected, match="no-such-fault"):
        select(changed(plan, only=("no-such-fault",)))


@pytest.mark.parametrize(
    ("only", "kinds"), [(("tags",), {"tags"}), (("schema",), {"schema"}), (("whole:*",), {"whole"})]
)
def test_faults_are_selected_by_kind_and_by_id(plan: FaultPlan, only: tuple[str, ...], kinds: set[str]):
    assert {fault.kind for fault in select(changed(plan, only=only, generated=5))} == kinds


def test_another_machines_deployment_is_only_read_from(plan: FaultPlan):
    remote = Settings(url="http://localhost:8080", release="documented", only=CHECKS)
    events: list[Event] = []
    run(changed(plan, settings=remote), events.append)
    assert events[0].profile == "read-only"


@pytest.mark.slow
def test_faults_leave_no_running_job_and_no_tag_behind(
    plan: FaultPlan, reference: str, documented: Contract, recording: Any
):
    checks = ("life-cycle.stop-ends", "update-tags.replaces")
    with Proxy(reference, documented) as before:
        before.switch(recording)
        settings = Settings(url=before.url, release="documented", only=checks, wait=2.0, reference=True)
        deployments = {"plain": partial(nullcontext, before.url)}
        score = run(
            changed(plan, deployments=deployments, settings=settings, only=("stop-is-swallowed", "tags-are-added"))
        )
    assert [result.fate for result in score.results] == [FaultStatus.KILLED, FaultStatus.KILLED]
    tags = [exchange.request_json for exchange in recording.exchanges if exchange.is_for("update_tags")]
    assert len(tags) > 2
    assert tags[-1] == {}
    jobs = [
        exchange.document["jobId"] for exchange in recording.exchanges if exchange.is_for("submit_job") and exchange.ok
    ]
    assert jobs
    for job_id in jobs:
        state = httpx2.get(f"{reference}/job-info/{job_id}").json()["jobStatus"]
        assert state in {*END_STATES, "CANCELING"}
