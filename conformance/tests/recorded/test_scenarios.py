"""Recorded scenarios as checks, on a reference server of the release, and on others."""

from collections.abc import Callable, Iterator

import pytest
from makers import Judge, ReferenceAs

from seatunnel_conformance.arrange.context import Context
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.model.snapshot import workers
from seatunnel_conformance.replay.recording import RecordedStep, Scenario
from seatunnel_conformance.report.outcomes import Outcome, Verdict
from seatunnel_conformance.run.kinds import RecordedCheck
from seatunnel_conformance.run.plan import select
from seatunnel_conformance.run.workers import run_check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import load
from seatunnel_openapi.contract import Level

pytestmark = pytest.mark.slow

RELEASE = "2.3.10"

Play = Callable[..., dict[str, Outcome]]


@pytest.fixture
def engine(reference_as: ReferenceAs) -> str:
    """Return the address of a server that speaks as a recorded release."""
    return reference_as(RELEASE)


@pytest.fixture
def play() -> Iterator[Play]:
    """Return a function that plays the scenarios that globs select, and returns their outcomes."""
    contexts = []

    def played(url: str, *names: str, scenario: Scenario | None = None) -> dict[str, Outcome]:
        only = tuple(f"*recorded as {name}" for name in names)
        settings = Settings(url=url, release=RELEASE, profile="full", only=only, run="test", reference=True)
        context = Context.set_up(settings, load(RELEASE))
        contexts.append(context)
        chosen = select(settings, load(RELEASE)).checks
        if scenario:
            object.__setattr__(chosen[0], "kind", RecordedCheck(scenario))
        return {one.id.rpartition(" ")[2]: run_check(context, one) for one in chosen}

    yield played
    for context in contexts:
        assert context.close() == []


def test_server_that_speaks_as_the_release_passes(engine: str, play: Play):
    outcomes = play(
        engine, "life-cycle/*", "job-info/u*", "stop-job/id-*", "overview/*", "http-semantics/*", "update-tags/*"
    )
    assert [o.reason for o in outcomes.values() if o.verdict not in {Verdict.PASS, Verdict.SKIPPED}] == []
    assert len([o for o in outcomes.values() if o.verdict is Verdict.PASS]) > 50


def test_tags_are_put_back(engine: str, play: Play):
    request = {"method": "POST", "path": "/update-tags", "json": {"équipe": "测试"}}
    tagging = Scenario(
        "update-tags",
        "null-body",
        keeps_connection=False,
        steps=(RecordedStep({"id": "set", "request": request}, None),),
    )
    assert play(engine, "update-tags/null-body", scenario=tagging)["update-tags/null-body"].verdict is Verdict.PASS
    with Target(engine) as target:
        assert workers(target, {"équipe": "测试"}) == 0


def test_server_of_another_release_differs_and_every_step_is_told(reference: str, play: Play):
    outcome = play(reference, "job-info/unknown")["job-info/unknown"]
    assert (outcome.verdict, outcome.level) == (Verdict.FAIL, Level.SHOULD)
    assert "differs from the recorded one" in outcome.reason
    finding = outcome.findings[0]
    assert "/body/value/jobId: recorded" in finding.detail
    assert finding.curl.startswith("curl ")
    assert outcome.exchanges


def test_job_of_somebody_else_is_not_touched(engine: str, play: Play):
    with Target(engine, allow_writes=True) as target:
        others = Jobs(target, load(RELEASE), limit=20.0)
        job = others.own(others.endless(), job_id="7")
        others.send(job)
        others.until_moving(job)
        outcomes = play(
            engine, "stop-job/extra-keys", "stop-job/id-plus", "stop-job/id-leading-zeros", "job-info/leading-zeros"
        )
        assert {outcome.verdict for outcome in outcomes.values()} == {Verdict.SKIPPED}
        reasons = ("the job 7: the run did not submit it", "it could hit jobs of others")
        assert all(any(reason in outcome.reason for reason in reasons) for outcome in outcomes.values())
        assert others.info("7")["jobStatus"] == "RUNNING"
        others.close()


def test_clean_up_of_a_job_that_was_refused_is_not_waited_for(reference_as: ReferenceAs, judge: Judge):
    release, name = "development-2026-07-01", "submit-job/savepoint-unknown-id"
    outcome = judge(f"POST /submit-job, recorded as {name}", reference_as(release), release, profile="full")
    assert outcome.verdict is Verdict.PASS, outcome.reason
    assert outcome.requests < 10


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("job-info/canceled", Verdict.SKIPPED), ("job-info/running", Verdict.PASS)],
    ids=["compared", "cleaned up"],
)
def test_finished_form_that_comes_later_than_it_was_recorded_is_not_waited_for(
    reference_as: ReferenceAs, judge: Judge, name: str, verdict: Verdict
):
    release = "development-2026-07-01"
    url = reference_as(release, engine="state-cleanup-delay-ms: 100000000")
    outcome = judge(f"GET /job-info/{{jobId}}, recorded as {name}", url, release, profile="full")
    assert outcome.verdict is verdict, outcome.reason


def test_running_jobs_slots_and_other_workers_change_no_comparison_of_pending_jobs(
    reference_as: ReferenceAs, judge: Judge
):
    slots = "slot-service: {dynamic-slot: false, slot-num: 20}, job-schedule-strategy: WAIT"
    url = reference_as("2.3.13", engine=slots)
    with Target(url, allow_writes=True) as target:
        others = Jobs(target, load("2.3.13"), limit=20.0)
        job = others.moving()
        [worker] = target.get("/pending-jobs").members["clusterSnapshot"]["workers"]
        assert int(job.id) in worker["runningJobIds"]  # other tests may have left jobs on the server
        names = ("http-semantics/later-endpoints", "pending-jobs/empty-queue")
        outcomes = [judge(f"GET /pending-jobs, recorded as {name}", url, "2.3.13") for name in names]
        others.close()
    assert [outcome.reason for outcome in outcomes if outcome.verdict is not Verdict.PASS] == []


def test_target_that_is_slow_is_inconclusive(engine: str, play: Play):
    request = {"method": "GET", "path": "/overview"}
    poll = {"until": {"pointer": "/runningJobs", "equals": "no such number"}, "timeoutSeconds": 0.1}
    step = RecordedStep({"id": "wait", "request": request, "poll": poll, "record": False}, None)
    waiting = Scenario("overview", "plain", keeps_connection=False, steps=(step,))
    outcome = play(engine, "overview/plain", scenario=waiting)["overview/plain"]
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert "did not come within 0.1 s" in outcome.reason


def test_dead_target_is_inconclusive(play: Play):
    assert play("http://127.0.0.1:1", "overview/plain")["overview/plain"].verdict is Verdict.INCONCLUSIVE
