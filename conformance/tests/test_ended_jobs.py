"""Releases of which an ended job keeps its running form at first."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from seatunnel_conformance.arrange.job_reads import OwnJob
from seatunnel_conformance.checks.job_views import is_unchanged, shown_everywhere
from seatunnel_conformance.errors import MemberMissing, NotObservable
from seatunnel_conformance.faults.catalogue import effect_of
from seatunnel_conformance.faults.changes import among, drop, listed, lists, put, shown
from seatunnel_conformance.faults.exchange import ProxiedExchange
from seatunnel_conformance.observe.accusation import comparable
from seatunnel_conformance.observe.forms import JobForms, changed
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.reads import MANY, ListReads
from seatunnel_openapi import load

OWN = OwnJob("7", "own", {})
RUNNING = {"envOptions": {}, "pluginJarsUrls": [], "isStartWithSavePoint": False}


KEEPS_THE_RUNNING_FORM = effect_of(
    shown(lambda job: drop("finishTime", "errorMsg")(job) | RUNNING, lambda _, job: "finishTime" in job), "get_job_info"
)
"""Ended jobs have the running form."""


@pytest.mark.slow
@pytest.mark.parametrize(("release", "verdict"), [("2.3.13", Verdict.FAIL), ("development-2026-07-01", Verdict.PASS)])
def test_running_form_of_an_ended_job_is_accepted_only_where_the_release_keeps_it(
    broken: Callable[..., str], judge: Callable[..., Outcome], release: str, verdict: Verdict
):
    outcome = judge("job-info.finished-members", broken(KEEPS_THE_RUNNING_FORM(), release), release)
    assert outcome.verdict is verdict, outcome.reason


def lists_ended_jobs_once(it: ProxiedExchange, seen: set[str]) -> ProxiedExchange:
    """The first list of running jobs still has each as ended, as an engine does for a moment."""
    new = {job["jobId"] for job in it.document} - seen
    seen |= new
    return listed(put(jobStatus="FINISHED"), among(new))(it)


@pytest.mark.slow
def test_job_that_is_listed_for_a_moment_after_its_end_is_no_failure(
    broken: Callable[..., str], judge: Callable[..., Outcome]
):
    newest = "development-2026-07-01"
    outcome = judge(
        "running-jobs.no-end-state",
        broken(effect_of(lists_ended_jobs_once, "get_running_jobs", when=lists)(), newest),
        newest,
    )
    assert outcome.verdict is Verdict.PASS, outcome.reason


@pytest.mark.parametrize(
    ("release", "state", "expected"),
    [
        ("development-2026-07-01", "FAILED", NotObservable),
        ("development-2026-07-01", "RUNNING", MemberMissing),
        ("2.3.13", "FAILED", MemberMissing),
    ],
)
def test_member_that_comes_later_is_no_missing_one(release: str, state: str, expected: type[Exception]):
    contract = load(release)
    running = contract.document["components"]["examples"]["GetJobInfoRunning"]["value"]
    with pytest.raises(expected):
        JobForms.of(contract, "get_job_info").shown({**running, "jobStatus": state})["errorMsg"]


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/finished-jobs", "/finished-jobs/{state}", "/running-job/{jobId}"])
def test_job_in_the_running_form_is_compared_with_the_finished_form(
    reference_as: Callable[..., str], judge: Callable[..., Outcome], tmp_path: Path, path: str
):
    config = tmp_path / "seatunnel.yaml"
    config.write_text("seatunnel: {engine: {state-cleanup-delay-ms: 100000000}}", encoding="utf-8")
    release = "development-2026-07-01"
    outcome = judge(f"GET {path}, with jobs", reference_as(release, "--config", str(config)), release)
    assert outcome.verdict is Verdict.PASS, outcome.reason


def test_jars_depend_on_the_form_of_an_ended_job():
    contract = load("development-2026-07-01")
    examples = contract.document["components"]["examples"]
    running = {**examples["GetJobInfoRunning"]["value"], "jobStatus": "FINISHED"}
    finished = {name: running.get(name) for name in contract.schema("FinishedJob")["required"]} | {"pluginJarsUrls": []}
    assert running["pluginJarsUrls"]
    assert changed(running, finished) == {}
    found, expected = comparable(running), comparable(finished)
    assert {name for name in found.keys() & expected.keys() if found[name] != expected[name]} == set()


class GrowingList:
    """A target with one ended job of the run, to whose lists others may add many, or which forgets the run's job."""

    def __init__(self) -> None:
        self.wire = SimpleNamespace(lists=ListReads())
        self.observer = SimpleNamespace(touch=lambda _: None, changed=lambda _: 0.0)
        self.shown = [{"jobId": OWN.id, "jobStatus": "FINISHED"}]
        self.forgets = ""

    def get(self, *_: str, **__: str) -> Response:
        return Response(200, [("content-type", "application/json")], json.dumps(self.shown[0]).encode())

    def listed(self, path: str, _: float) -> SimpleNamespace:
        return SimpleNamespace(items=[] if path == self.forgets else self.shown)


def test_list_that_became_long_shows_an_ended_job_as_before_and_one_that_forgets_it_does_not():
    target = GrowingList()
    before = shown_everywhere(cast(Target, target), OWN, "FINISHED")
    assert "get_finished_jobs_by_state" in before
    target.forgets = "/finished-jobs/FINISHED"
    with pytest.raises(AssertionError, match="get_finished_jobs_by_state no longer shows the job"):
        is_unchanged(before, cast(Target, target), OWN, "FINISHED")
    target.wire.lists.count(target.forgets, MANY + 1)
    is_unchanged(before, cast(Target, target), OWN, "FINISHED")
