"""`GET /pending-jobs`: the jobs that wait for slots."""

from __future__ import annotations

from seatunnel_conformance.arrange.expectations import stated
from seatunnel_conformance.checks.overview import waiting_and_counted
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/pending-jobs"
OPERATION = "get_pending_jobs"

TIMES = ("oldestEnqueueTimestamp", "newestEnqueueTimestamp")


@check("pending-jobs.members")
def members(target: Target, contract: Contract) -> None:
    """A user whose job does not start looks here for what it lacks."""
    found = stated(contract, OPERATION, target.get(PATH))
    since = [job["enqueueTimestamp"] for job in found["pendingJobs"]]
    assert since == sorted(since)
    assert len(found["pendingJobs"]) <= found["queueSummary"]["size"]
    waiting, counted = waiting_and_counted(target)
    assert waiting == counted


@check("pending-jobs.one-job")
def one_job(target: Target, contract: Contract, unused_id: str) -> None:
    """A client that asks for one job must not show the others for it."""
    for query in ({"jobId": unused_id}, {"jobId": unused_id, "limit": "5"}):
        found = stated(contract, OPERATION, target.get(PATH, query=query))
        assert found["pendingJobs"] == []


@check("pending-jobs.limit")
def limit(target: Target, contract: Contract) -> None:
    """A client that shows the head of a long queue asks for no more."""
    every = stated(contract, OPERATION, target.get(PATH, query={"limit": "0"}))["pendingJobs"]
    first = stated(contract, OPERATION, target.get(PATH, query={"limit": "1"}))["pendingJobs"]
    assert len(first) <= 1
    assert not first or not every or first[0]["enqueueTimestamp"] <= every[-1]["enqueueTimestamp"]


@check("pending-jobs.pretty")
def pretty(target: Target, contract: Contract) -> None:
    """A user who asks by hand wants to read the times."""
    response = target.get(PATH, query={"pretty": "true"})
    found = stated(contract, OPERATION, response)["queueSummary"]
    assert [name for name in TIMES if not isinstance(found[name], str)] == []
    assert response.text.count("\n") > 1


@check("pending-jobs.invalid-query")
def invalid_query(target: Target) -> None:
    """A client that shows errors finds this one in another form than all the others."""
    for query in ({"jobId": "abc"}, {"jobId": ""}, {"limit": "abc"}, {"limit": ""}):
        response = target.get(PATH, query=query)
        assert (response.status, response.media_type) == (400, "text/html"), response
