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
    """A client that always sends a mode starts most of its jobs without a state."""
    job = jobs.own(jobs.batch())
    assert accepted(jobs.send(job, restoreMode="None", isStartWithSavePoint="true"))["jobId"] == job.id
    moved(jobs, jobs.ended(job))


@check("submit-job.restore-refused", writes=True)
def refused(target: Target, contract: Contract, unused_id: str) -> None:
    """A client that misspells a mode, or forgets the source, must not start a job that moves every row again."""
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
