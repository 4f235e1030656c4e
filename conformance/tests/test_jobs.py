"""The suite's own jobs: their number is limited, their states are awaited, and they are stopped at the end."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Timer
from typing import Any
from urllib.parse import parse_qs

import pytest
from asgi import App, Asked, app
from makers import MakeApp, Serve

from seatunnel_conformance.arrange.jobs import LOST, Jobs, OwnJob
from seatunnel_conformance.checks.submit_job_forms import upload
from seatunnel_conformance.errors import ArrangementFailed, IncompleteResponse, LimitMissed
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Request, Response
from seatunnel_conformance.target.job_guard import OwnIds
from seatunnel_conformance.target.wire import Wire
from seatunnel_openapi import Contract

pytestmark = pytest.mark.slow

MakeJobs = Callable[..., Jobs]


@pytest.fixture
def own(contract: Contract) -> Iterator[Callable[..., Jobs]]:
    """Return a maker of jobs on a target that may be changed, with a time limit short enough for tests."""
    targets = []

    def jobs(url: str, *, limit: float = 20.0) -> Jobs:
        targets.append(Target(url, allow_writes=True, own=OwnIds(dedicated=True)))
        return Jobs(targets[-1], contract, limit)

    yield jobs
    for target in targets:
        target.close()


@pytest.fixture
def ever_running(contract: Contract) -> App:
    """A target that accepts every job, and shows it running for ever, without rows."""
    return _in_state(contract, ["RUNNING"])


def _in_state(contract: Contract, states: list[str]) -> App:
    """Return a target that shows every job in the last of some states."""
    shown = contract.document["components"]["examples"]["GetJobInfoRunning"]["value"]
    shown = {**shown, "metrics": dict.fromkeys(shown["metrics"], "0")}

    submitted = {"1"}

    def answer(asked: Asked) -> tuple[int, Any]:
        if not asked.path.startswith("/job-info"):
            submitted.update(parse_qs(asked.target.partition("?")[2]).get("jobId", ()))
            return 200, {"jobId": "1", "jobName": "x"}
        job_id = asked.path.rpartition("/")[2]
        job = {**shown, "jobStatus": states[-1]} if job_id in submitted else {}
        return 200, {**job, "jobId": job_id}

    return app(answer)


def test_ids_are_long_enough_to_lose_digits(own: MakeJobs):
    jobs = own("http://localhost")
    new = [jobs.new_id() for _ in range(100)]
    assert len(set(new)) == 100
    assert all(str(int(float(job_id))) != job_id for job_id in new)


def test_names_are_those_of_the_run_and_differ_in_all_its_contexts(own: MakeJobs):
    first, other = own("http://localhost"), own("http://localhost")
    names = [jobs.own({}).name for jobs in (first, replace(first), first)]
    assert names == [f"conformance-{first.run}-{number}" for number in (1, 2, 3)]
    assert other.own({}).name == f"conformance-{other.run}-1"


def test_target_that_is_slow_is_no_failure(serve: Serve, ever_running: App, own: MakeJobs):
    with pytest.raises(LimitMissed, match=r"within 0\.3 s"):
        own(serve(ever_running), limit=0.3).finished()


def test_what_could_not_be_arranged_is_not_tried_again(serve: Serve, ever_running: App, own: MakeJobs):
    jobs = own(serve(ever_running), limit=0.3)
    failures = []
    for _ in range(2):
        with pytest.raises(LimitMissed) as error:
            jobs.finished()
        failures.append(error.value)
    assert failures[0] is failures[1]


def test_slow_target_is_not_said_to_have_ignored_a_stop(serve: Serve, ever_running: App, own: MakeJobs):
    jobs = own(serve(ever_running), limit=0.3)
    with pytest.raises(LimitMissed):
        jobs.must_end(OwnJob("1", "x", {}))


def test_job_that_is_refused_is_no_failure_of_what_needs_it(serve: Serve, one_answer: MakeApp, own: MakeJobs):
    with pytest.raises(ArrangementFailed, match="could not be submitted: 500"):
        own(serve(one_answer(500, b"{}"))).submitted()


def test_target_that_loses_every_job_is_asked_for_few(serve: Serve, one_answer: MakeApp, own: MakeJobs):
    jobs = own(serve(one_answer(200, b'{"jobId": ""}')))
    for _ in range(LOST):
        with pytest.raises(ArrangementFailed, match="does not show the accepted job"):
            jobs.ended(jobs.submitted())
    with pytest.raises(ArrangementFailed, match="none of 3 accepted jobs"):
        jobs.submitted()


@pytest.mark.slow
def test_what_still_runs_is_stopped_at_the_end(reference: str, own: MakeJobs):
    jobs = own(reference)
    shared, other = jobs.running(), jobs.moving()
    assert jobs.close() == []
    watching = own(reference)
    assert [watching.ended(job)["jobStatus"] for job in (shared, other)] == ["CANCELED", "CANCELED"]


@pytest.mark.slow
def test_many_ended_jobs_take_few_requests_at_the_end(reference: str, own: MakeJobs):
    """A target that takes half a second for each response would not show them all in the time of the cleanup."""
    jobs = own(reference)
    ended = [jobs.submitted() for _ in range(12)]
    for job in ended:
        jobs.ended(job)
        # As a generated request does, whose job is not waited for.
        jobs.claim(job.id)
    running, sent = jobs.running(), jobs.target.governor.sent
    assert jobs.close() == []
    assert jobs.target.governor.sent - sent < len(ended)
    assert own(reference).ended(running)["jobStatus"] == "CANCELED"


@pytest.mark.slow
def test_job_that_was_started_from_its_savepoint_is_stopped_at_the_end(reference: str, own: MakeJobs):
    jobs = own(reference)
    job = jobs.stopped(savepoint=True)
    jobs.settle()
    assert jobs.send(job, isStartWithSavePoint="true").status == 200
    jobs.until_restarted(job)
    assert jobs.close() == []
    assert own(reference).ended(job)["jobStatus"] == "CANCELED"


@pytest.mark.slow
@pytest.mark.parametrize("submit", [Jobs.send, lambda jobs, job: upload(jobs.target, job)], ids=["sent", "uploaded"])
def test_job_whose_submission_arrives_after_the_run_has_ended_is_stopped(
    submit: Callable[[Jobs, OwnJob], Response], reference: str, own: MakeJobs, monkeypatch: pytest.MonkeyPatch
):
    jobs, late = own(reference), own(reference)
    job = jobs.own(jobs.endless())

    exchange = Wire._exchange

    def cut(wire: Wire, request: Request, ends: float) -> Response:
        if request.method == "POST":
            raise IncompleteResponse("the run has ended")
        return exchange(wire, request, ends)

    monkeypatch.setattr(Wire, "_exchange", cut)
    with pytest.raises(IncompleteResponse):
        submit(jobs, job)
    monkeypatch.undo()
    submission = Timer(0.3, late.send, [job])
    submission.start()
    assert jobs.close() == []
    submission.join()
    assert late.ended(job)["jobStatus"] == "CANCELED"


@pytest.mark.slow
def test_job_that_the_target_has_named_itself_is_stopped_too(reference: str, own: MakeJobs):
    jobs = own(reference)
    config = jobs.endless({"job.name": jobs.new_name()})
    job_id = jobs.target.post("/submit-job", body=config).members["jobId"]
    jobs.claim(job_id)
    jobs.until_moving(OwnJob(job_id, "", {}))
    jobs.close()
    assert own(reference).ended(OwnJob(job_id, "", {}))["jobStatus"] == "CANCELED"


@pytest.mark.slow
def test_job_that_a_receipt_names_and_that_is_somebody_elses_is_not_stopped(reference: str, own: MakeJobs):
    others, jobs = own(reference), own(reference)
    foreign = others.moving()
    jobs.claim(foreign.id)
    assert jobs.close() == []
    assert others.info(foreign.id)["jobStatus"] == "RUNNING"
    others.close()


@pytest.mark.slow
def test_shared_job_that_somebody_has_stopped_is_replaced(reference: str, own: MakeJobs):
    jobs = own(reference)
    first = jobs.running()
    jobs.stop(first.id)
    jobs.ended(first)
    second = jobs.running()
    jobs.close()
    assert second.id != first.id


@pytest.mark.parametrize("end", ["FINISHED", "CANCELED"])
def test_shared_streaming_job_that_ends_by_itself_is_reported(
    serve: Serve, contract: Contract, own: MakeJobs, end: str
):
    states = ["RUNNING"]
    jobs = own(serve(_in_state(contract, states)), limit=0.1)
    jobs.running()
    states.append(end)
    with pytest.raises(ArrangementFailed, match="a streaming job has ended by itself") as error:
        jobs.running()
    assert error.value.see == "life-cycle.streaming-runs-on"


@pytest.mark.slow
def test_failing_job_fails(reference: str, own: MakeJobs):
    jobs = own(reference)
    assert jobs.info(jobs.failed().id)["jobStatus"] == "FAILED"
