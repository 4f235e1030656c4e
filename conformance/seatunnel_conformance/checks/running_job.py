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
from seatunnel_conformance.checks.job_views import as_in_details
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.observe.forms import JobForms
from seatunnel_conformance.observe.schemas import violations
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

PATH = "/running-job/{jobId}"

_TOTALS = {"SourceReceivedCount", "SinkWriteCount", "SourceReceivedBytes", "SinkWriteBytes"}


@check("running-job.same-job")
def same_job(target: Target, jobs: Jobs) -> None:
    """A client that changes from the older path to the newer one must get the same job."""
    job = jobs.finished()
    old = accepted(target.get(PATH, jobId=job.id))
    as_in_details(jobs, job, "FINISHED", old, ("jobId", "jobName", "jobStatus", "createTime", "jobDag"))


@check("running-job.ended-too")
def ended_too(target: Target, jobs: Jobs) -> None:
    """A client that only knows this path waits for the end of a job here."""
    job = jobs.finished()
    document = accepted(target.get(PATH, jobId=job.id))
    assert document["jobId"] == job.id
    assert document["jobStatus"] == "FINISHED"


@check("running-job.all-counters")
def all_counters(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client charts these counters; one that is missing is a chart that breaks."""
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
    """A client that splits a total by table must not lose rows or bytes."""
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
    """A client that has lost a job, or asks too late, needs one response that it can recognise."""
    for asked in (unused_id, NEGATIVE_ID):
        unknown(contract, "get_running_job", asked, target.get(PATH, jobId=asked))


@check("running-job.invalid-id")
def invalid_id(target: Target) -> None:
    """A client that forgets or mangles an id must not be shown an unknown job."""
    for path in ("", "/1/", "/1/x"):
        refused(target.get(f"/running-job{path}"), 400)
    for asked in ("abc", "1.5", BEYOND_LONG):
        refused(target.get(PATH, jobId=asked), 400)
