"""`POST /submit-jobs`: submits several jobs."""

from __future__ import annotations

from typing import Any

from seatunnel_conformance.arrange.expectations import (
    REFUSALS,
    accepted,
    answered,
    moved,
    refused,
    started_once,
    stays_unknown,
    worded,
)
from seatunnel_conformance.arrange.job_reads import ASKED_JOB, RUNNING
from seatunnel_conformance.arrange.jobs import ROWS, Jobs, OwnJob
from seatunnel_conformance.arrange.nodes import has_several_members
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.checks.submit_job import DEFAULT_NAME, NAME
from seatunnel_conformance.checks.submit_job_forms import UNKNOWN_MODE
from seatunnel_conformance.errors import ArrangementFailed
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract

PATH = "/submit-jobs"

INVALID_PARAMS = "Invalid Params format in Params."


@check("submit-jobs.receipts")
def receipts(target: Target, jobs: Jobs) -> None:
    """A client matches the receipts with its jobs by order, and follows the wrong job."""
    configs = [{**jobs.batch(), "source": [jobs.source(rows=ROWS + at)]} for at in range(3)]
    own = [jobs.own(config, suffix=suffix) for config, suffix in zip(configs, ("", f" {NAME}", ""), strict=True)]
    response = target.post(PATH, body=[with_params(job) for job in own])
    answered(response, [{"jobId": job.id, "jobName": job.name} for job in own])
    for at, job in enumerate(own):
        assert jobs.info(job.id)["jobName"] == job.name
        moved(jobs, jobs.ended(job), ROWS + at)


@check("submit-jobs.optional-params")
def optional_params(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that leaves out a parameter gets an error, or a job with an unexpected id or name."""
    config = jobs.batch({"job.name": "conformance-env"})
    whole, unnamed, named = (jobs.own(config) for _ in range(3))
    params = [{"jobId": whole.id, "jobName": whole.name}, {"jobId": unnamed.id}, {"jobName": named.name}]
    receipts = _claimed(jobs, target.post(PATH, body=[{**config, "params": one} for one in params]), 2)
    assert [receipt["jobName"] for receipt in receipts] == [whole.name, "conformance-env", named.name]
    assert [receipt["jobId"] for receipt in receipts[:2]] == [whole.id, unnamed.id]
    third = receipts[2]["jobId"]
    # A second request, because a target may have too few slots for all of these jobs at once.
    fresh, endless, plain = further = jobs.own(config), jobs.own(jobs.endless()), jobs.own(jobs.batch())
    flag = str(_starts_afresh(target, contract)).lower()
    params = [
        {"jobName": fresh.name, "isStartWithSavePoint": "false"},
        {"jobId": endless.id, "jobName": endless.name, "isStartWithSavePoint": flag},
        {"jobId": plain.id},
    ]
    body = [{**job.config, "params": one} for job, one in zip(further, params, strict=True)]
    receipts = _claimed(jobs, target.post(PATH, body=body), 0)
    assert [receipt["jobName"] for receipt in receipts] == [fresh.name, endless.name, DEFAULT_NAME]
    batch = OwnJob(receipts[0]["jobId"], fresh.name, config)
    started_once(jobs, batch.id, batch.name)
    started_once(jobs, third, named.name)
    ends = [jobs.must_finish(job)["jobStatus"] for job in (whole, unnamed, batch, plain)]
    runs = jobs.wait(endless, RUNNING, lambda job: job["jobStatus"] == "RUNNING" or jobs.forms.is_over(job))
    assert [*ends, runs["jobStatus"]] == [*4 * ["FINISHED"], "RUNNING"]
    assert str(runs["isStartWithSavePoint"]).lower() == flag
    jobs.stop_when_moving(endless)


def _starts_afresh(target: Target, contract: Contract) -> bool:
    """Return whether a start from a missing savepoint is accepted; members other than the master always refuse it."""
    stated = contract.operation("submit_jobs").behaviour.choice("missingCheckpoint")
    return stated == "starts-fresh" and not has_several_members(target)


def _claimed(jobs: Jobs, response: Response, position: int) -> list[Any]:
    """Return the receipts of a list of jobs, and claim the generated id of the job at `position`."""
    receipts: list[Any] = accepted(response)
    for receipt in receipts[position : position + 1]:
        jobs.claim(receipt["jobId"])
    return receipts


@check("submit-jobs.missing-params")
def missing_params(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that sends a list of configs as for `/submit-job` must learn that `params` is missing."""
    refused(target.post(PATH, body=[jobs.batch()]), _status(contract, "missingParams"))


@check("submit-jobs.empty-params")
def empty_params(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that needs no parameters must know whether empty `params` are accepted or refused."""
    response = target.post(PATH, body=[{**jobs.batch(), "params": {}}])
    refused(response, _status(contract, "emptyParams"), worded(contract, INVALID_PARAMS))


@check("submit-jobs.text-params")
def text_params(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that sends ids as numbers must get the error of its release: accepted numbers can lose digits."""
    for params in ({"jobId": int(jobs.new_id())}, {"jobName": "conformance", "isStartWithSavePoint": False}):
        refused(target.post(PATH, body=[{**jobs.batch(), "params": params}]), _status(contract, "nonTextParam"))


@check("submit-jobs.values-read-again")
def values_read_again(target: Target, jobs: Jobs) -> None:
    """A client that escapes job names, as this clause requires, finds the jobs under the escaped names."""
    own = target.own.prefix
    for sent, read in ((f"{own}a%20b", f"{own}a b"), (f"{own}a+b", f"{own}a b"), (f"a&jobName={own}c", f"{own}c")):
        job = jobs.own(jobs.batch())
        response = target.post(PATH, body=[{**job.config, "params": {"jobId": job.id, "jobName": sent}}])
        answered(response, [{"jobId": job.id, "jobName": read}])


@check("submit-jobs.invalid-params")
def invalid_params(target: Target, jobs: Jobs) -> None:
    """A client that damages or forgets an id gets a job that starts from the beginning."""
    refused(target.post(PATH, body=[{**jobs.batch(), "params": {"jobId": "abc"}}]), 400)
    refused(target.post(PATH, body=[{**jobs.batch(), "params": {"isStartWithSavePoint": "true"}}]), 400)


@check("submit-jobs.no-jobs", writes=True)
def no_jobs(target: Target) -> None:
    """A script whose list happens to be empty fails without need."""
    assert accepted(target.post(PATH, body=[])) == []


@check("submit-jobs.not-objects", writes=True)
def not_objects(target: Target) -> None:
    """A client whose list contains other items than jobs, such as null, gets an error, and none of its jobs runs."""
    for body in ([1, "x", None], 5, "x"):
        assert accepted(target.post(PATH, body=body)) == []


@check("submit-jobs.one-by-one")
def one_by_one(target: Target, contract: Contract, jobs: Jobs) -> None:
    """After an error, a client that submits the whole list again runs a part of its jobs twice."""
    good, behind = jobs.own(jobs.batch()), jobs.own(jobs.batch())
    bad = jobs.own({**jobs.batch(), "source": [{"plugin_name": "ConformanceNoSuchPlugin"}]})
    response = target.post(PATH, body=[with_params(job) for job in (good, bad, behind)])
    refused(response, 500)
    if contract.operation("submit_jobs").behaviour.choice("failedBatch") == "nothing-runs":
        stays_unknown(jobs, good.id)
        return
    try:
        ended = jobs.ended(good)
    except ArrangementFailed as problem:
        if problem.see == ASKED_JOB:
            raise
        raise AssertionError(f"the job before the one that failed does not run: {problem}") from None
    assert ended["jobStatus"] == "FINISHED"


def with_params(job: OwnJob) -> dict[str, Any]:
    """Return an item of the body of `POST /submit-jobs`."""
    return {**job.config, "params": {"jobId": job.id, "jobName": job.name}}


def _status(contract: Contract, fact: str) -> int:
    return REFUSALS[contract.operation("submit_jobs").behaviour.choice(fact)]


@check("submit-jobs.restore")
def restore(target: Target, contract: Contract, jobs: Jobs) -> None:
    """Jobs that should continue from their savepoints start from the beginning, and move every row again."""
    job = jobs.own(jobs.batch())
    params = {"jobId": job.id, "jobName": job.name}
    unknown = {**job.config, "params": {**params, "restoreMode": "no_such_mode"}}
    refused(target.post(PATH, body=[unknown]), 400, worded(contract, UNKNOWN_MODE))
    none = {**job.config, "params": {**params, "restoreMode": "None", "isStartWithSavePoint": "true"}}
    assert [each["jobId"] for each in accepted(target.post(PATH, body=[none]))] == [job.id]
    moved(jobs, jobs.ended(job))
