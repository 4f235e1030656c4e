"""The life cycle of a job from submission to end, across operations."""

from __future__ import annotations

import time
from http import HTTPStatus

from seatunnel_conformance.arrange.expectations import accepted, entry, ids, shown
from seatunnel_conformance.arrange.job_reads import FAILED_END
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.checks.job_views import TICK, is_unchanged, shown_everywhere
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.checks.submit_job_forms import UPLOAD_OPERATION as UPLOAD
from seatunnel_conformance.checks.submit_job_forms import upload
from seatunnel_conformance.observe import rules
from seatunnel_conformance.observe.forms import END, END_STATES, STAGES, JobForms
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.job_guard import HISTORY
from seatunnel_conformance.text.differences import canonical
from seatunnel_openapi import Contract


@check("life-cycle.states-in-order")
def states_in_order(jobs: Jobs) -> None:
    """A scheduler that has seen the end of a job starts the next job, while the first one runs again."""
    batch = jobs.submitted()
    jobs.ended(batch)
    stopped = jobs.moving()
    jobs.stop(stopped.id)
    jobs.ended_by_stop(stopped)
    for job in (batch, stopped):
        rules.states_in_order(jobs.ended_timeline(job))


@check("life-cycle.batch-ends")
def batch_ends(jobs: Jobs) -> None:
    """A scheduler waits forever for the end of a batch job."""
    job = jobs.submitted()
    assert jobs.must_finish(job)["jobStatus"] == "FINISHED"


@check("life-cycle.streaming-runs-on")
def streaming_runs_on(jobs: Jobs) -> None:
    """A streaming job ends without being stopped, and its target tables are no longer updated."""
    job = jobs.moving()
    jobs.ended(jobs.submitted())
    assert jobs.info(job.id)["jobStatus"] == "RUNNING"
    jobs.stop(job.id)


@check("life-cycle.failure-ends")
def failure_ends(jobs: Jobs) -> None:
    """A scheduler sees a failed job as finished, and reports rows that were never moved."""
    document = shown(jobs, jobs.failed())
    assert document["jobStatus"] == "FAILED"
    assert isinstance(document["errorMsg"], str)
    assert document["errorMsg"].strip()


@check("life-cycle.stop-ends")
def stop_ends(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A user who stops a job assumes that it writes no more rows; a job that runs on keeps writing."""
    has_upload = UPLOAD in {operation.id for operation in contract.operations}
    uploaded = [jobs.own(jobs.endless())] if has_upload else []
    # A refused upload is reported by `submit-job.upload-parameters`.
    uploaded = [job for job in uploaded if upload(target, job).status == HTTPStatus.OK]
    own = [jobs.submitted(jobs.endless()), *uploaded]
    for job in own:
        jobs.until_moving(job)
        jobs.stop_accepted(job)
    for document in [jobs.must_end(job) for job in own]:
        assert document["jobStatus"] == "CANCELED"


@check("life-cycle.savepoint-stop-ends")
def savepoint_stop_ends(jobs: Jobs) -> None:
    """A job that was stopped for an upgrade has no savepoint from which it could continue."""
    job = jobs.moving()
    jobs.stop_accepted(job, savepoint=True)
    assert jobs.must_end(job, savepoint=True)["jobStatus"] == "SAVEPOINT_DONE"


@check("life-cycle.restart")
def restart(target: Target, jobs: Jobs) -> None:
    """After an upgrade, jobs that were stopped with a savepoint can't be continued, or start from the beginning."""
    job = jobs.stopped(savepoint=True)
    jobs.settle()
    accepted(jobs.send(job, isStartWithSavePoint="true"))
    document = jobs.until_restarted(job)
    older = accepted(target.get("/running-job/{jobId}", jobId=job.id))
    other, items = jobs.running(), target.get("/running-jobs").items
    listed = [item for item in items if item["jobId"] == job.id]
    jobs.stop_when_moving(job)
    # If no running job is listed, `running-jobs.lists-running` fails.
    assert listed or other.id not in ids(items), "a job that runs again is not in the list of running jobs"
    for found in (document, older, *listed):
        assert found == {**found, "isStartWithSavePoint": True, "jobName": job.name}
        assert STAGES.get(str(found.get("jobStatus")), 0) == 0, f"a job that runs again is {found['jobStatus']}"


@check("life-cycle.in-one-list")
def in_one_list(jobs: Jobs) -> None:
    """A dashboard that adds up both lists counts a job twice, or not at all."""
    running, ended = jobs.running(), jobs.finished()
    both = running.id, ended.id
    in_running, in_finished = ids(jobs.listed("/running-jobs", *both).items), ids(jobs.listed(HISTORY, *both).items)
    assert running.id in in_running
    assert ended.id not in in_running
    assert running.id not in in_finished
    assert ended.id in in_finished


@check("life-cycle.listed-once")
def listed_once(jobs: Jobs) -> None:
    """A dashboard that counts jobs by state counts a job twice, or not at all."""
    jobs_by_state = jobs.of_each_end()
    job_ids = [job.id for job in jobs_by_state.values()]
    every = jobs.listed(HISTORY, *job_ids).items
    for job in jobs_by_state.values():
        entry(every, job.id)
    for state in END_STATES:
        listed = ids(jobs.listed(f"{HISTORY}/{state}", *job_ids).items)
        for own_state, job in jobs_by_state.items():
            assert listed.count(job.id) == (1 if own_state == state else 0)


@check("life-cycle.times")
def times(target: Target, jobs: Jobs) -> None:
    """A report of the duration of a job is wrong, or can't tell two runs with the same id apart."""
    job = jobs.moving()
    begun = shown_everywhere(target, job, "RUNNING")
    jobs.stop(job.id)
    assert jobs.must_end(job)[END]
    by_state = f"{HISTORY}/CANCELED"
    jobs.listed_soon(lambda: [one for one in jobs.listed(by_state).items if one["jobId"] == job.id])
    ended = shown_everywhere(target, job, "CANCELED")
    time.sleep(TICK)
    again = shown_everywhere(target, job, "CANCELED", time.monotonic())
    creations = [view.get("createTime") for view in (*begun.values(), *ended.values())]
    ends = [view.get(END) for view in ended.values()]
    begin, end = (max(found, key=found.count, default=None) for found in (creations, ends))
    for view in begun.values():
        assert view.get("createTime", begin) == begin
    for view in (*ended.values(), *again.values()):
        assert (view.get("createTime", begin), view.get(END, end)) == (begin, end)
    assert str(begin) <= str(end)


@check("life-cycle.never-unknown")
def never_unknown(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A scheduler that asks for a job right after submitting it sees a lost job, and submits it again."""
    job, older = jobs.submitted(), JobForms.of(contract, "get_running_job")
    response = target.get("/running-job/{jobId}", jobId=job.id)
    found = response.json if response.status == HTTPStatus.OK else {}
    is_unknown = older.unknown.fits(found) and found.keys() <= older.unknown.members
    assert not is_unknown, f"/running-job shows the accepted job {job.id} as unknown: {canonical(found)}"
    jobs.ended(job)
    rules.never_unknown(jobs.timeline(job))


@check("life-cycle.end-is-final")
def end_is_final(jobs: Jobs) -> None:
    """A scheduler that has recorded the end of a job never reads it again, and keeps a wrong result."""
    failed = jobs.submitted(jobs.failing())  # not the shared one, which other checks rely on
    jobs.ended(failed, FAILED_END)
    ends = {"CANCELED": jobs.canceled(), "FAILED": failed}
    before = {state: shown_everywhere(jobs.target, job, state) for state, job in ends.items()}
    for job in ends.values():
        jobs.stop(job.id)
        jobs.stop(job.id, savepoint=True)
    jobs.ended(jobs.submitted())
    for state, job in ends.items():
        is_unchanged(before[state], jobs.target, job, state)
        rules.end_is_final(jobs.ended_timeline(job))


@check("life-cycle.counters-never-fall")
def counters_never_fall(jobs: Jobs) -> None:
    """A chart of rows per second, or a bill by rows, gets negative values."""
    job = jobs.submitted()
    jobs.ended(job)
    rules.counters_never_fall(jobs.ended_timeline(job))


@check("life-cycle.generated-ids")
def generated_ids(target: Target, jobs: Jobs) -> None:
    """If two jobs have the same id, clients read or stop the wrong job."""
    alone = [jobs.batch({"job.name": jobs.new_name()}) for _ in range(2)]
    generated = [accepted(target.post("/submit-job", body=config))["jobId"] for config in alone]
    # Ids that are derived from the time would be equal for jobs of one request.
    listed = [{**jobs.batch(), "params": {"jobName": jobs.new_name()}} for _ in range(2)]
    generated += [receipt["jobId"] for receipt in accepted(target.post("/submit-jobs", body=listed))]
    for job_id in generated:
        jobs.claim(job_id)
    assert [job_id for job_id in generated if int(job_id) <= 0] == []
    assert len(set(generated)) == len(generated), f"two jobs got the same id: {canonical(sorted(generated))}"
