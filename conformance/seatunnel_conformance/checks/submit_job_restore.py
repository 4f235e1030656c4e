"""`POST /submit-job`: jobs that start from the state of another one, by `restoreMode`."""

from __future__ import annotations

from typing import Final

from seatunnel_conformance.arrange import expectations
from seatunnel_conformance.arrange.expectations import accepted, moved, worded
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

UNKNOWN_MODE: Final = "No enum constant org.apache.seatunnel.engine.core.job.RestoreMode.NO_SUCH_MODE"


@check("submit-job.restore-none")
def none(jobs: Jobs) -> None:
    """A job starts from an old state although its client has asked for none."""
    job = jobs.own(jobs.batch())
    assert accepted(jobs.send(job, restoreMode="None", isStartWithSavePoint="true"))["jobId"] == job.id
    moved(jobs, jobs.ended(job))


@check("submit-job.restore-refused", writes=True)
def refused(target: Target, contract: Contract, unused_id: str) -> None:
    """A job with a misspelt mode, or without a source, starts from the beginning, and moves every row again."""
    missing = "restoreSourceJobId is required when restoreMode="
    for query, text in (
        ({"restoreMode": "no_such_mode"}, UNKNOWN_MODE),
        ({"restoreMode": "savepoint", "jobId": unused_id}, f"{missing}SAVEPOINT"),
        ({"restoreMode": "CHECKPOINT", "restoreSourceJobId": " "}, f"{missing}CHECKPOINT"),
        (
            {"restoreMode": "CHECKPOINT", "restoreSourceJobId": "x"},
            "restoreSourceJobId must be a numeric job id, got: x",
        ),
    ):
        expectations.refused(target.post("/submit-job", query=query), 400, worded(contract, text))


@check("submit-job.restore-active-source")
def active_source(contract: Contract, jobs: Jobs) -> None:
    """A job is restored from one that still runs, and both move the same rows."""
    source, job = jobs.running(), jobs.own(jobs.batch())
    response = jobs.send(job, restoreMode="CHECKPOINT", restoreSourceJobId=source.id)
    text = f"restoreSourceJobId={source.id} is still RUNNING; stop or cancel the source job before restoring from its"
    expectations.refused(response, 400, worded(contract, f"{text} checkpoint state"))
    assert "jobStatus" not in jobs.target.get("/job-info/{jobId}", jobId=job.id).members
