"""`POST /submit-job/upload`: submits a configuration as an uploaded file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from seatunnel_conformance.arrange.configurations import SQL_INSERT, SQL_TABLES, as_hocon, form
from seatunnel_conformance.arrange.expectations import BELOW_LONG, accepted, answered, refused
from seatunnel_conformance.arrange.jobs import Jobs, OwnJob
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract

PATH = "/submit-job/upload"
OPERATION = "submit_job_by_upload"


@check("submit-job.upload-language")
def language(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A file with an unusual extension is read in the wrong language, and the error does not say so."""
    config = jobs.batch()
    texts = {"json": _json(config), "hocon": as_hocon(config).encode(), "sql": (SQL_TABLES + SQL_INSERT).encode()}
    endings = {".json": "json", "": "hocon", ".JSON": "hocon", ".conf": "hocon", ".sql": "sql"}
    known = contract.operation(OPERATION).behaviour.names("bodyFormats")
    for ending, spoken in endings.items():
        read_as = spoken if spoken in known else "hocon"
        for text, body in texts.items():
            job = jobs.own(config)
            response = _sent(target, form(body, f"job{ending}"), {"jobId": job.id, "jobName": job.name})
            assert (response.status == 200) == (text == read_as), (ending, text, response)


@check("submit-job.upload-parameters")
def parameters(target: Target, jobs: Jobs) -> None:
    """A web form that sends id and name as fields gets a job with another id or name."""
    job = jobs.own(jobs.batch())
    answered(upload(target, job), {"jobId": job.id, "jobName": job.name})


@check("submit-job.upload-missing-file")
def missing_file(target: Target, jobs: Jobs) -> None:
    """A client that misspells the field's name must get an error, or it assumes that its job runs."""
    config = jobs.batch()
    refused(_sent(target, form(_json(config), "job.json", field="file"), {}), 500)
    refused(target.post(PATH, body=config), 500)


@check("submit-job.upload-unnamed-file")
def unnamed_file(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client whose library sends no file name has its JSON read as HOCON, or gets an error."""
    job = jobs.own(jobs.batch())
    response = _sent(target, form(_json(job.config), None), {"jobId": job.id, "jobName": job.name})
    if contract.operation(OPERATION).behaviour.choice("unnamedFile") == "json":
        assert accepted(response)["jobId"] == job.id
    else:
        refused(response, 500)


@check("submit-job.upload-invalid-id")
def invalid_id(target: Target, jobs: Jobs) -> None:
    """A client that sends a damaged id gets a job under an id that it does not know."""
    config, job = _json(jobs.batch()), jobs.own(jobs.batch())
    wrong = ({"jobId": "abc"}, {"jobId": BELOW_LONG}, {"isStartWithSavePoint": "true"})
    for fields in wrong:
        refused(_sent(target, form(config, "job.json"), fields), 400)
    if upload(target, job).members.get("jobId") == job.id:  # fields of a form are read (`upload-parameters`)
        for fields in wrong:
            refused(_sent(target, form(config, "job.json", **fields), {}), 400)


def upload(target: Target, job: OwnJob) -> Response:
    """Submit a job as a file, with its id and name as fields of the form."""
    return _sent(target, form(_json(job.config), "job.json", jobId=job.id, jobName=job.name), {})


def sent_as_file(target: Target, contract: Contract, job: OwnJob) -> Iterator[Response]:
    """Upload a job with an id and without a name, if the release has that operation, and yield the response."""
    if OPERATION in {operation.id for operation in contract.operations}:
        yield _sent(target, form(_json(job.config), "job.json"), {"jobId": job.id})


def _json(config: Mapping[str, Any]) -> bytes:
    return json.dumps(config).encode()


def _sent(target: Target, filled: tuple[bytes, str], query: Mapping[str, str]) -> Response:
    body, kind = filled
    return target.post(PATH, query=query, body=body, headers={"Content-Type": kind})
