"""`POST /submit-job` with `format=sql`: errors."""

from __future__ import annotations

from seatunnel_conformance.arrange.configurations import SQL_INSERT, SQL_TABLES
from seatunnel_conformance.arrange.expectations import refused
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target


@check("submit-job.sql-broken")
def broken(target: Target, jobs: Jobs) -> None:
    """SQL without an insert statement is accepted, and the job moves nothing."""
    job = jobs.own(jobs.batch())
    for text in (SQL_TABLES, SQL_INSERT, "CREATE TABLE", " "):
        query = {"jobId": job.id, "jobName": job.name, "format": "sql"}
        refused(
            target.post("/submit-job", query=query, body=text.encode(), headers={"Content-Type": "text/plain"}), 500
        )
