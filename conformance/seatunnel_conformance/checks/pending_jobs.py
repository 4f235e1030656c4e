"""`GET /pending-jobs`: the jobs that wait for slots."""

from __future__ import annotations

from functools import partial
from operator import le

from seatunnel_conformance.arrange.expectations import stated
from seatunnel_conformance.arrange.stable_reads import settled
from seatunnel_conformance.checks.overview import waiting_and_counted
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/pending-jobs"
OPERATION = "get_pending_jobs"

TIMES = ("oldestEnqueueTimestamp", "newestEnqueueTimestamp")


@check("pending-jobs.members")
def members(target: Target, contract: Contract) -> None:
    """A user whose job does not start can't find out what it waits for."""
    found = stated(contract, OPERATION, target.get(PATH))
    since = [job["enqueueTimestamp"] for job in found["pendingJobs"]]
    assert since == sorted(since)
    shown, size = settled(partial(_shown_and_counted, target), le)
    assert shown <= size
    waiting, counted = waiting_and_counted(target)
    assert waiting == counted


def _shown_and_counted(target: Target) -> tuple[int, int]:
    """Return the number of the jobs in the queue, and its size; an engine doesn't read both at the same time."""
    found = target.get(PATH).members
    return len(found["pendingJobs"]), found["queueSummary"]["size"]


@check("pending-jobs.one-job")
def one_job(target: Target, contract: Contract, unused_id: str) -> None:
    """A console that asks for one job shows the data of another one."""
    for query in ({"jobId": unused_id}, {"jobId": unused_id, "limit": "5"}):
        found = stated(contract, OPERATION, target.get(PATH, query=query))
        assert found["pendingJobs"] == []


@check("pending-jobs.limit")
def limit(target: Target, contract: Contract) -> None:
    """A console that shows the first jobs of a long queue has to read all of them."""
    first = stated(contract, OPERATION, target.get(PATH, query={"limit": "1"}))["pendingJobs"]
    # Read afterwards: what waits then waited at the first read, or came later.
    every = stated(contract, OPERATION, target.get(PATH, query={"limit": "0"}))["pendingJobs"]
    assert len(first) <= 1
    assert not first or not every or first[0]["enqueueTimestamp"] <= every[0]["enqueueTimestamp"]


@check("pending-jobs.pretty")
def pretty(target: Target, contract: Contract) -> None:
    """A user who reads the response without a tool can't read its times."""
    response = target.get(PATH, query={"pretty": "true"})
    found = stated(contract, OPERATION, response)["queueSummary"]
    assert [name for name in TIMES if not isinstance(found[name], str)] == []
    assert response.text.count("\n") > 1


@check("pending-jobs.invalid-query")
def invalid_query(target: Target) -> None:
    """A client that reads all errors as JSON can't read this one, which is a web page."""
    for query in ({"jobId": "abc"}, {"jobId": ""}, {"limit": "abc"}, {"limit": ""}):
        response = target.get(PATH, query=query)
        assert (response.status, response.media_type) == (400, "text/html"), response
