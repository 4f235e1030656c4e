"""`POST /submit-job` with `format=hocon`: how the engine reads HOCON, which differs from other readers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seatunnel_conformance.arrange.configurations import as_hocon
from seatunnel_conformance.arrange.expectations import accepted, answered, moved, reduced, refused
from seatunnel_conformance.arrange.jobs import Jobs, OwnJob
from seatunnel_conformance.checks.job_views import shown_everywhere
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.observe.accusation import comparable
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract

PATH = "/submit-job"


@check("submit-job.hocon-plugins")
def plugins(target: Target, jobs: Jobs) -> None:
    """The second of two plugins with the same name is lost, and a table is not written."""
    config = jobs.transformed()
    config["source"].append(jobs.source("two"))
    config["sink"].append(jobs.sink("two"))
    job = jobs.own(config)
    answered(_sent(target, job, as_hocon(config)), {"jobId": job.id, "jobName": job.name})
    plan = jobs.ended(job)["jobDag"]
    types = ["sink", "sink", "source", "source", "transform"]
    assert sorted(vertex["type"] for vertex in plan["vertexInfoMap"]) == types


@check("submit-job.hocon-dots")
def dots(target: Target, jobs: Jobs) -> None:
    """An option such as `row.num` is not found, and the job runs with its default."""
    option = {"conformance.dotted.key": "here"}
    job, endless = jobs.own(jobs.batch(option)), jobs.own(jobs.endless(option))
    for each in (job, endless):
        accepted(_sent(target, each, as_hocon(each.config)))
    ended = jobs.ended(job)
    jobs.until_moving(endless)
    of_json = {"FINISHED": jobs.finished(), "RUNNING": jobs.running()}
    views = {state: shown_everywhere(target, each, state) for state, each in zip(of_json, (job, endless), strict=True)}
    jobs.stop(endless.id)
    for state, shown in views.items():
        usual = shown_everywhere(target, of_json[state], state)
        listed = [options for name, view in shown.items() for options in _options(view, usual.get(name, view))]
        assert listed, "no operation shows the options"
        assert [options for options in listed if reduced(options, option) != option] == []
    moved(jobs, ended, names=["sourcereceivedcount"])


def _options(view: Mapping[str, Any], usual: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    """Yield the options of a job in which a view shows one without a dot, and of usual jobs those with a dot."""
    shown, of_json = comparable(view), comparable(usual)
    for name in ("envOptions", "jobDag/envOptions"):
        options, has_dots = shown.get(name), "job.mode" in (of_json.get(name) or ())
        if isinstance(options, Mapping) and options.get("parallelism") == "1" and has_dots:
            yield options


@check("submit-job.hocon-substitution")
def substitution(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A job with a placeholder such as `${table}` runs with the placeholder as its value."""
    job = jobs.own(jobs.batch())
    text = as_hocon(job.config).replace("env {", "env {\n  conformance.path = ${conformance}", 1)
    refused(_sent(target, job, text), 500 if _is_decrypted_first(contract) else 400)


@check("submit-job.hocon-broken")
def broken(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A config that was cut off must be refused, or a part of the job runs."""
    job = jobs.own(jobs.batch())
    for text in ("env {", "source { FakeSource { row.num = "):
        refused(_sent(target, job, text), 500)
    refused(_sent(target, job, " "), 400 if _is_decrypted_first(contract) else 500)


def sent_as_hocon(target: Target, contract: Contract, job: OwnJob) -> Iterator[Response]:
    """Submit a job as HOCON, with an id and without a name, if the release reads HOCON, and yield the response."""
    if "hocon" in contract.operation("submit_job").behaviour.names("bodyFormats"):
        query = {"jobId": job.id, "format": "hocon"}
        yield target.post(PATH, query=query, body=as_hocon(job.config).encode(), headers={"Content-Type": "text/plain"})


def _is_decrypted_first(contract: Contract) -> bool:
    return contract.operation("submit_job").behaviour.choice("hoconRead") == "decryption"


def _sent(target: Target, job: OwnJob, text: str) -> Response:
    query = {"jobId": job.id, "jobName": job.name, "format": "hocon"}
    return target.post(PATH, query=query, body=text.encode(), headers={"Content-Type": "text/plain"})
