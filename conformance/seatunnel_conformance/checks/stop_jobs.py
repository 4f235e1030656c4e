"""`POST /stop-jobs`: stops several jobs. Ids are JSON numbers here."""

from __future__ import annotations

import random
from typing import Final

from seatunnel_conformance.arrange.expectations import (
    BEYOND_LONG,
    MISSING_ID,
    accepted,
    answered,
    refused,
    stays_unknown,
    worded,
)
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.members import has_several_members
from seatunnel_conformance.checks.job_views import is_unchanged, shown_everywhere
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/stop-jobs"

_ITEMS: Final = 10
"""Items of a list before the jobs that run."""


@check("stop-jobs.receipts")
def receipts(target: Target, jobs: Jobs) -> None:
    """A client matches the receipts with its list by their order, and takes the wrong job for stopped."""
    numbers = [int(jobs.new_id()) for _ in range(3)]
    numbers.append(numbers[0])
    response = target.post(PATH, body=[{"jobId": number} for number in numbers])
    answered(response, [{"jobId": number} for number in numbers])


@check("stop-jobs.stops-all")
def stops_all(target: Target, jobs: Jobs) -> None:
    """A script that stops all jobs before an upgrade leaves one running, or without its savepoint."""
    plain, saved = jobs.moving(), jobs.moving()
    wanted = ((plain, False), (saved, True))
    body = [{"jobId": int(job.id), "isStopWithSavePoint": savepoint} for job, savepoint in wanted]
    # Behind jobs that are not there, because a list can have any number of items, and a cluster few slots.
    body = [{"jobId": int(jobs.new_id())} for _ in range(_ITEMS)] + body
    accepted(target.post(PATH, body=body))
    assert jobs.must_end(plain)["jobStatus"] == "CANCELED"
    assert jobs.must_end(saved, savepoint=True)["jobStatus"] == "SAVEPOINT_DONE"


@check("stop-jobs.small-number", writes=True)
def small_number(target: Target, contract: Contract) -> None:
    """A client with small ids gets an error although its job was stopped, and may restart it."""
    # The guard looks up whether a foreign job has this id.
    small = random.SystemRandom().randrange(2**31)
    response = target.post(PATH, body=[{"jobId": small}])
    if contract.operation("stop_jobs").behaviour.choice("smallNumber") == "fails-after-stop":
        refused(response, 500)
    else:
        answered(response, [{"jobId": small}])


@check("stop-jobs.text-id")
def text_id(target: Target, jobs: Jobs) -> None:
    """A client that sends ids as strings gets an error although its job was stopped."""
    job = jobs.moving()
    refused(target.post(PATH, body=[{"jobId": job.id}]), 500)
    assert jobs.must_end(job)["jobStatus"] == "CANCELED"


@check("stop-jobs.one-by-one")
def one_by_one(target: Target, jobs: Jobs) -> None:
    """After an error, a client must know that the jobs behind the wrong item were not stopped."""
    job = jobs.running()
    refused(target.post(PATH, body=[{"jobId": "abc"}, {"jobId": int(job.id)}]), 400)
    assert jobs.info(job.id)["jobStatus"] == "RUNNING"


@check("stop-jobs.no-stops", writes=True)
def no_stops(target: Target) -> None:
    """A script whose list happens to be empty fails without need."""
    assert accepted(target.post(PATH, body=[])) == []


@check("stop-jobs.not-a-list", writes=True)
def not_a_list(target: Target) -> None:
    """A client that sends the body of `/stop-job` must get an error, or it assumes that a job was stopped."""
    for body in ({"jobId": 873519264018273645}, 5, "x", [1]):
        refused(target.post(PATH, body=body), 500)


@check("stop-jobs.missing-id", writes=True)
def missing_id(target: Target, contract: Contract) -> None:
    """A client that forgets an id must get an error, or it assumes that a job was stopped."""
    refused(target.post(PATH, body=[{}]), 400, worded(contract, MISSING_ID))
    refused(target.post(PATH, body=[{"jobId": None}]), 400, worded(contract, MISSING_ID))


@check("stop-jobs.invalid-id", writes=True)
def invalid_id(target: Target) -> None:
    """A client that sends a damaged id must get an error, or it assumes that a job was stopped."""
    for wrong in ("abc", 1.5, int(BEYOND_LONG)):
        refused(target.post(PATH, body=[{"jobId": wrong}]), 400)


@check("stop-jobs.unknown-id")
def unknown_id(target: Target, jobs: Jobs) -> None:
    """A script that stops all jobs it has started fails at one that has ended already."""
    ended, unknown_id = jobs.finished(), jobs.new_id()
    before = shown_everywhere(target, ended, "FINISHED")
    numbers = [int(unknown_id), int(ended.id)]
    # A member other than the master may refuse savepoints of such jobs (`stop-job.savepoint-at-worker`).
    for savepoint in (False,) if has_several_members(target) else (False, True):
        response = target.post(PATH, body=[{"jobId": number, "isStopWithSavePoint": savepoint} for number in numbers])
        answered(response, [{"jobId": number} for number in numbers])
    is_unchanged(before, target, ended, "FINISHED")
    stays_unknown(jobs, unknown_id)
