"""Submissions that lack something: a section, the name of a plugin, or the savepoint to start from."""

from __future__ import annotations

from seatunnel_conformance.arrange.expectations import REFUSALS, accepted, refused, worded
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.checks.submit_job_hocon import sent_as_hocon
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract


@check("submit-job.missing-section")
def section(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A config that has lost a section must be refused, or another job runs than was written."""
    stated = REFUSALS[contract.operation("encrypt_config").behaviour.choice("shadeFailure")]
    for missing, status in (("env", 500), ("source", stated), ("sink", stated)):
        job = jobs.own({name: part for name, part in jobs.batch().items() if name != missing})
        for response in (jobs.send(job), *sent_as_hocon(target, contract, job)):
            refused(response, status)


@check("submit-job.missing-plugin-name")
def plugin_name(jobs: Jobs) -> None:
    """A plugin without a name must be refused, or another plugin runs."""
    nameless = {name: value for name, value in jobs.source().items() if name != "plugin_name"}
    for part, plugin in (("source", nameless), ("transform", {"query": "select name from fake"}), ("sink", {})):
        refused(jobs.send(jobs.own({**jobs.batch(), part: [plugin]})), 500)


@check("submit-job.missing-checkpoint")
def checkpoint(contract: Contract, jobs: Jobs) -> None:
    """A job whose savepoint is gone starts from the beginning, and moves every row again."""
    job = jobs.own(jobs.batch())
    response = jobs.send(job, isStartWithSavePoint="true")
    facts = contract.operation("submit_job").behaviour
    if facts.choice("missingCheckpoint") == "bad-request":
        text = f"No checkpoint found for jobId={job.id}, restoreMode=SAVEPOINT, restoreSourceJobId={job.id}"
        refused(response, 400, worded(contract, text) if facts.choice("restoreMode") == "followed" else None)
    else:
        assert accepted(response)["jobId"] == job.id
