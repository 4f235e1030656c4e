"""`POST /stop-job` stops one job. `POST /stop-jobs` stops several; their ids are JSON numbers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from seatunnel_conformance.arrange.expectations import (
    BEYOND_LONG,
    MISSING_ID,
    accepted,
    answered,
    refused,
    shown,
    stays_unknown,
    worded,
)
from seatunnel_conformance.arrange.jobs import Jobs, OwnJob
from seatunnel_conformance.arrange.nodes import has_several_members, members
from seatunnel_conformance.checks.job_views import is_unchanged, shown_everywhere
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import NotObservable, SingleNode
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/stop-job"


@check("stop-job.receipt")
def receipt(target: Target, jobs: Jobs) -> None:
    """A client that compares the id in the receipt with the id that it sent assumes that its job was not stopped."""
    job = jobs.moving()
    for sent in (job.id, f"+0{job.id}"):
        answered(target.post(PATH, body={"jobId": sent}), {"jobId": sent})
    assert jobs.must_end(job)["jobStatus"] == "CANCELED"


@check("stop-job.number-or-text")
def number_or_text(target: Target, jobs: Jobs) -> None:
    """A client gets an error, or its id loses digits, depending on how its language stores ids."""
    first, second = jobs.moving(), jobs.moving()
    answered(target.post(PATH, body={"jobId": int(first.id), "isStopWithSavePoint": True}), {"jobId": first.id})
    answered(target.post(PATH, body={"jobId": second.id}), {"jobId": second.id})
    assert jobs.must_end(first, savepoint=True)["jobStatus"] == "SAVEPOINT_DONE"
    assert jobs.must_end(second)["jobStatus"] == "CANCELED"


@check("stop-job.savepoint-words")
def savepoint_words(target: Target, jobs: Jobs) -> None:
    """A client that sends the flag as a string gets a stop without a savepoint, and can't continue the job."""
    ends = (("TRUE", "SAVEPOINT_DONE"), ("yes", "CANCELED"), (1, "CANCELED"), (None, "CANCELED"))
    stopped = [(jobs.moving(), word, end) for word, end in ends]
    for job, word, _ in stopped:
        accepted(target.post(PATH, body={"jobId": job.id, "isStopWithSavePoint": word}))
    for job, _, end in stopped:
        assert jobs.must_end(job, savepoint=end == "SAVEPOINT_DONE")["jobStatus"] == end


@check("stop-job.unknown-id")
def unknown_id(target: Target, jobs: Jobs) -> None:
    """A script that stops a list of jobs fails at the first one that has left the history."""
    unknown_id = jobs.new_id()
    answered(target.post(PATH, body={"jobId": unknown_id}), {"jobId": unknown_id})
    _saved_too_late(target, jobs, unknown_id)
    stays_unknown(jobs, unknown_id)


@check("stop-job.ended-job")
def ended_job(target: Target, jobs: Jobs) -> None:
    """A late stop changes the result of a job that had already finished."""
    # Not a shared job: other checks may have stopped it already.
    finished = jobs.submitted()
    jobs.ended(finished)
    _stays_ended(target, jobs, finished, "FINISHED")
    _stays_ended(target, jobs, jobs.stopped(), "CANCELED")
    _stays_ended(target, jobs, jobs.stopped(savepoint=True), "SAVEPOINT_DONE")


def _stays_ended(target: Target, jobs: Jobs, job: OwnJob, state: str) -> None:
    before = shown_everywhere(target, job, state)
    answered(jobs.stop(job.id), {"jobId": job.id})
    _saved_too_late(target, jobs, job.id)
    is_unchanged(before, target, job, state)


def _saved_too_late(target: Target, jobs: Jobs, job_id: str) -> None:
    """Assert that a stop with a savepoint is accepted for a job that does not run. Only the master must accept it."""
    response = jobs.stop(job_id, savepoint=True)
    if response.status == HTTPStatus.INTERNAL_SERVER_ERROR and has_several_members(target):
        refused(response, 500)
    else:
        answered(response, {"jobId": job_id})


@check("stop-job.savepoint-at-worker")
def savepoint_at_worker(nodes: Sequence[Target], jobs: Jobs) -> None:
    """A client assumes too early that a savepoint is complete, and starts the job from an older one."""
    everybody = members(nodes[0])
    if len(everybody) == 1:
        raise NotObservable("the cluster has a single member")
    statuses = [replace(jobs, target=node).stop(jobs.finished().id, savepoint=True).status for node in nodes]
    assert statuses == [replace(jobs, target=node).stop(jobs.new_id(), savepoint=True).status for node in nodes]
    assert set(statuses) <= {200, 500}
    masters = statuses.count(200)
    assert masters == 1 or (masters == 0 and len(nodes) < len(everybody)), f"{masters} nodes answer as the master"
    workers = [replace(jobs, target=node) for node, status in zip(nodes, statuses, strict=True) if status != 200]
    if not workers:
        raise SingleNode
    for worker in workers:
        job = worker.moving()
        answered(worker.stop(job.id, savepoint=True), {"jobId": job.id})
        assert {shown(replace(jobs, target=node), job)["jobStatus"] for node in nodes} == {"SAVEPOINT_DONE"}


@check("stop-job.again")
def again(target: Target, jobs: Jobs) -> None:
    """A client that repeats a stop because the response was lost gets an error, although the job was stopped."""
    job = jobs.moving()
    for _ in range(2):
        answered(target.post(PATH, body={"jobId": job.id}), {"jobId": job.id})
    assert jobs.must_end(job)["jobStatus"] == "CANCELED"


@check("stop-job.missing-id", writes=True)
def missing_id(target: Target, contract: Contract) -> None:
    """A client that forgets the id must get an error, or it assumes that a job was stopped."""
    refused(target.post(PATH, body={}), 400, worded(contract, MISSING_ID))
    refused(target.post(PATH, body={"jobId": None}), 400, worded(contract, MISSING_ID))


@check("stop-job.invalid-id", writes=True)
def invalid_id(target: Target) -> None:
    """A client that sends a damaged id must get an error, or it assumes that a job was stopped."""
    for wrong in ("abc", 1.5, "", int(BEYOND_LONG), True):
        refused(target.post(PATH, body={"jobId": wrong}), 400)


@check("stop-job.force")
def force(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A job that hangs while it takes its savepoint can't be ended."""
    ends = {"ends-the-job": "CANCELED", "ignored": "SAVEPOINT_DONE"}
    job = jobs.moving()
    response = target.post(PATH, body={"jobId": job.id, "isStopWithSavePoint": True, "force": True})
    answered(response, {"jobId": job.id})
    end = ends[contract.operation("stop_job").behaviour.choice("force")]
    assert jobs.must_end(job, savepoint=end == "SAVEPOINT_DONE")["jobStatus"] == end


SEVERAL = "/stop-jobs"

_ITEMS: Final = 10
"""Items with unknown ids that precede the running jobs in a list of stops."""


@check("stop-jobs.receipts")
def receipts(target: Target, jobs: Jobs) -> None:
    """A client matches the receipts with its list by order, and shows the wrong job as stopped."""
    numbers = [int(jobs.new_id()) for _ in range(3)]
    numbers.append(numbers[0])
    response = target.post(SEVERAL, body=[{"jobId": number} for number in numbers])
    answered(response, [{"jobId": number} for number in numbers])


@check("stop-jobs.stops-all")
def stops_all(target: Target, jobs: Jobs) -> None:
    """A script that stops all jobs before an upgrade leaves one running, or without its savepoint."""
    plain, saved = jobs.moving(), jobs.moving()
    wanted = ((plain, False), (saved, True))
    body = [{"jobId": int(job.id), "isStopWithSavePoint": savepoint} for job, savepoint in wanted]
    # Unknown ids come first, so that the list is long without many running jobs.
    body = [{"jobId": int(jobs.new_id())} for _ in range(_ITEMS)] + body
    accepted(target.post(SEVERAL, body=body))
    assert jobs.must_end(plain)["jobStatus"] == "CANCELED"
    assert jobs.must_end(saved, savepoint=True)["jobStatus"] == "SAVEPOINT_DONE"


@check("stop-jobs.small-number", writes=True)
def small_number(target: Target, contract: Contract) -> None:
    """After an error, a client with small ids must know whether its job still runs, or may start it twice."""
    # The guard of jobs refuses the request if the id belongs to a job of somebody else.
    small = random.SystemRandom().randrange(2**31)
    response = target.post(SEVERAL, body=[{"jobId": small}])
    if contract.operation("stop_jobs").behaviour.choice("smallNumber") == "fails-after-stop":
        refused(response, 500)
    else:
        answered(response, [{"jobId": small}])


@check("stop-jobs.text-id")
def text_id(target: Target, jobs: Jobs) -> None:
    """A client that sends ids as strings gets the same error whether its job was stopped or not."""
    job = jobs.moving()
    refused(target.post(SEVERAL, body=[{"jobId": job.id}]), 500)
    assert jobs.must_end(job)["jobStatus"] == "CANCELED"


@check("stop-jobs.one-by-one")
def one_by_one(target: Target, jobs: Jobs) -> None:
    """After an error, a client must know that the jobs after the wrong item were not stopped."""
    job = jobs.running()
    refused(target.post(SEVERAL, body=[{"jobId": "abc"}, {"jobId": int(job.id)}]), 400)
    assert jobs.info(job.id)["jobStatus"] == "RUNNING"


@check("stop-jobs.no-stops", writes=True)
def no_stops(target: Target) -> None:
    """A script whose list happens to be empty fails without need."""
    assert accepted(target.post(SEVERAL, body=[])) == []


@check("stop-jobs.not-a-list", writes=True)
def not_a_list(target: Target) -> None:
    """A client that sends the body of `/stop-job` must get an error, or it assumes that a job was stopped."""
    for body in ({"jobId": 873519264018273645}, 5, "x", [1]):
        refused(target.post(SEVERAL, body=body), 500)


@check("stop-jobs.missing-id", writes=True)
def stop_jobs_missing_id(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that forgets an id must get an error, or it assumes that a job was stopped."""
    for before in ([], [{"jobId": int(jobs.new_id())}]):
        refused(target.post(SEVERAL, body=[*before, {}]), 400, worded(contract, MISSING_ID))
        refused(target.post(SEVERAL, body=[*before, {"jobId": None}]), 400, worded(contract, MISSING_ID))


@check("stop-jobs.invalid-id", writes=True)
def stop_jobs_invalid_id(target: Target, jobs: Jobs) -> None:
    """A client that sends a damaged id must get an error, or it assumes that a job was stopped."""
    for wrong in ("abc", 1.5, int(BEYOND_LONG)):
        for before in ([], [{"jobId": int(jobs.new_id())}]):
            refused(target.post(SEVERAL, body=[*before, {"jobId": wrong}]), 400)


@check("stop-jobs.unknown-id")
def stop_jobs_unknown_id(target: Target, jobs: Jobs) -> None:
    """A script that stops all jobs it has started fails at one that has ended already."""
    ended, unknown_id = jobs.finished(), jobs.new_id()
    before = shown_everywhere(target, ended, "FINISHED")
    numbers = [int(unknown_id), int(ended.id)]
    # A member other than the master may refuse savepoints of such jobs (`stop-job.savepoint-at-worker`).
    for savepoint in (False,) if has_several_members(target) else (False, True):
        response = target.post(
            SEVERAL, body=[{"jobId": number, "isStopWithSavePoint": savepoint} for number in numbers]
        )
        answered(response, [{"jobId": number} for number in numbers])
    is_unchanged(before, target, ended, "FINISHED")
    stays_unknown(jobs, unknown_id)
