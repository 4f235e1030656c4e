"""`POST /submit-job` with `format=hocon`: how the engine reads HOCON, which differs from other readers."""

from __future__ import annotations

from seatunnel_conformance.arrange.configurations import as_hocon
from seatunnel_conformance.arrange.expectations import accepted, answered, moved, reduced, refused
from seatunnel_conformance.arrange.jobs import Jobs, OwnJob
from seatunnel_conformance.checks.job_views import comparable, shown_everywhere
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract

PATH = "/submit-job"


@check("submit-job.hocon-plugins")
def plugins(target: Target, jobs: Jobs) -> None:
    """A client that writes two plugins of a name must not lose one of them."""
    config = jobs.batch()
    config["source"] = [jobs.source("one"), jobs.source("two")]
    config["sink"] = [jobs.sink("one"), jobs.sink("two")]
    job = jobs.own(config)
    answered(_sent(target, job, as_hocon(config)), {"jobId": job.id, "jobName": job.name})
    plan = jobs.ended(job)["jobDag"]
    assert sorted(vertex["type"] for vertex in plan["vertexInfoMap"]) == ["sink", "sink", "source", "source"]


@check("submit-job.hocon-dots")
def dots(target: Target, jobs: Jobs) -> None:
    """A client that writes `row.num` means the option of that name."""
    option = {"conformance.dotted.key": "here"}
    job = jobs.own(jobs.batch(option))
    accepted(_sent(target, job, as_hocon(job.config)))
    ended = jobs.ended(job)
    shown = [comparable(one).get("jobDag/envOptions") for one in shown_everywhere(target, job, "FINISHED").values()]
    assert option in [reduced(options, option) for options in shown], "no operation shows the option"
    moved(jobs, ended, names=["sourcereceivedcount"])


@check("submit-job.hocon-substitution")
def substitution(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that relies on substitution would run a job with the placeholder in it."""
    job = jobs.own(jobs.batch())
    text = as_hocon(job.config).replace("env {", "env {\n  conformance.path = ${conformance}", 1)
    refused(_sent(target, job, text), 500 if _is_decrypted_first(contract) else 400)


@check("submit-job.hocon-broken")
def broken(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client whose config is cut off needs an error, with any message."""
    job = jobs.own(jobs.batch())
    for text in ("env {", "source { FakeSource { row.num = "):
        refused(_sent(target, job, text), 500)
    refused(_sent(target, job, " "), 400 if _is_decrypted_first(contract) else 500)


def _is_decrypted_first(contract: Contract) -> bool:
    return contract.operation("submit_job").behaviour.choice("hoconRead") == "decryption"


def _sent(target: Target, job: OwnJob, text: str) -> Response:
    query = {"jobId": job.id, "jobName": job.name, "format": "hocon"}
    return target.post(PATH, query=query, body=text.encode(), headers={"Content-Type": "text/plain"})
