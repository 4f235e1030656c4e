"""`GET /running-job/{jobId}`: one job, with all counters (the older route)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from seatunnel_conformance.arrange.configurations import TABLES
from seatunnel_conformance.arrange.expectations import (
    BEYOND_LONG,
    NEGATIVE_ID,
    accepted,
    added_up,
    by_table,
    refused,
    unknown,
)
from seatunnel_conformance.arrange.jobs import ROWS, Jobs, OwnJob
from seatunnel_conformance.checks.job_views import as_by_others
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.observe.forms import JobForms
from seatunnel_conformance.observe.schemas import violations
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/running-job/{jobId}"

_TOTALS = {"SourceReceivedCount", "SinkWriteCount", "SourceReceivedBytes", "SinkWriteBytes"}


@check("running-job.same-job")
def same_job(jobs: Jobs) -> None:
    """A client that changes from this older path to `/job-info` sees another job under the same id."""
    job = jobs.finished()
    as_by_others(jobs, "get_running_job", job, "FINISHED", ("jobId", "jobName", "jobStatus", "createTime", "jobDag"))


@check("running-job.ended-too")
def ended_too(target: Target, jobs: Jobs) -> None:
    """A client that only knows this path waits forever for the end of its job."""
    job = jobs.finished()
    document = accepted(target.get(PATH, jobId=job.id))
    assert document["jobId"] == job.id
    assert document["jobStatus"] == "FINISHED"


@check("running-job.all-counters")
def all_counters(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A chart of a counter stays empty."""
    forms = JobForms.of(contract, "get_running_job")
    running = accepted(target.get(PATH, jobId=jobs.running().id))
    ended = accepted(target.get(PATH, jobId=jobs.finished().id))
    assert violations(contract, forms.running.name, running, "metrics") == []
    assert violations(contract, forms.finished.name, ended, "metrics") == []
    assert ended["metrics"]["SourceReceivedCount"] == str(ROWS)
    assert ended["metrics"]["SinkWriteCount"] == str(ROWS)
    key = {"table": "fake", "vertex-and-table": "Source[0].fake"}[contract.behaviour.choice("tableKeys")]
    assert ended["metrics"]["TableSourceReceivedCount"] == {key: str(ROWS)}
    by_table(_metrics(target, jobs.finished_parallel()), TABLES)


@check("running-job.tables-add-up")
def tables_add_up(target: Target, jobs: Jobs) -> None:
    """A report by table has fewer or more rows than the report of the whole job."""
    for job in (jobs.finished(), jobs.finished_parallel(), jobs.running()):
        assert _metrics(target, job).keys() >= _TOTALS
        added_up(partial(_metrics, target, job))
    for job in (jobs.finished(), jobs.running()):
        metrics = _metrics(target, job)
        for side in ("TableSource", "TableSink"):
            tables = {tuple(sorted(found)) for name, found in metrics.items() if name.startswith(side)}
            assert len(tables) == 1, f"the counters {side}… name different tables: {tables}"


def _metrics(target: Target, job: OwnJob) -> Mapping[str, Any]:
    found: Mapping[str, Any] = accepted(target.get(PATH, jobId=job.id))["metrics"]
    return found


@check("running-job.unknown-id")
def unknown_id(target: Target, contract: Contract, unused_id: str) -> None:
    """A client can't recognise that a job no longer exists, and polls it forever."""
    for asked in (unused_id, NEGATIVE_ID):
        unknown(contract, "get_running_job", asked, target.get(PATH, jobId=asked))


@check("running-job.invalid-id")
def invalid_id(target: Target) -> None:
    """A client that sends a damaged id concludes that its job does not exist."""
    for path in ("", "/1/", "/1/x"):
        refused(target.get(f"/running-job{path}"), 400)
    for asked in ("abc", "1.5", BEYOND_LONG):
        refused(target.get(PATH, jobId=asked), 400)
