"""Members of responses that the contract does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.tags import Tags
from seatunnel_conformance.checks.overview import NO_SUCH_TAG
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.checks.submit_job_upload import OPERATION as UPLOAD
from seatunnel_conformance.checks.submit_job_upload import upload
from seatunnel_conformance.checks.submit_jobs import with_params
from seatunnel_conformance.observe.schemas import further_members
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

_QUERIES: Final[Mapping[str, Mapping[str, str]]] = {
    "get_option_rules": {"type": "source", "plugin": "FakeSource"},
    "list_logs": {"format": "json"},
    "read_logs": {"format": "json"},
}
"""Queries without which an operation has no response with status 200, or none in JSON."""

_PARAMETERS: Final = frozenset({"jobId", "jobIdOrFile", "state"})
"""Parameters of paths that jobs of the run fill in."""


@check("http.further-members")
def members(target: Target, contract: Contract, jobs: Jobs, tags: Tags) -> None:
    """A generated client that rejects unknown members can't read the response."""
    for operation, response in json_responses(target, contract, jobs, tags):
        schema = operation.response_schema(200) or {}
        try:
            document = response.json
        except AssertionError:
            continue  # the check of the operation fails
        found = [f"`{place.removeprefix('/')}`" for place in further_members(contract, schema, document)]
        if found:
            raise AssertionError(f"the contract does not have {', '.join(dict.fromkeys(found))} in {label(operation)}")


def json_responses(target: Target, contract: Contract, jobs: Jobs, tags: Tags) -> Iterator[tuple[Operation, Response]]:
    """Yield the JSON responses with status 200 of the operations that read jobs or the cluster, and of most others."""
    for operation, response in _responses(target, contract, jobs, tags):
        if (response.status, response.media_type) == (200, "application/json"):
            yield operation, response


def _responses(target: Target, contract: Contract, jobs: Jobs, tags: Tags) -> Iterator[tuple[Operation, Response]]:
    every = {operation.id: operation for operation in contract.operations}
    own = [jobs.finished(), jobs.running()]
    if "get_checkpoint_history" in every:
        own.append(jobs.saved())
    state = jobs.short_state
    for operation in every.values():
        if operation.method == "GET" and set(re.findall(r"{(\w+)}", operation.path)) <= _PARAMETERS:
            for job in own if "{jobId}" in operation.path else own[:1]:
                query = _QUERIES.get(operation.id, "")
                response = target.get(operation.path, query=query, jobId=job.id, jobIdOrFile=job.id, state=state)
                yield operation, response
    yield every["get_overview"], target.get("/overview", query=NO_SUCH_TAG)
    new, ended = jobs.own(jobs.batch()), own[0].id
    yield every["submit_job"], jobs.send(jobs.own(jobs.batch()))
    yield every["submit_jobs"], target.post("/submit-jobs", body=[with_params(new)])
    yield every["stop_job"], jobs.stop(ended)
    yield every["stop_jobs"], target.post("/stop-jobs", body=[{"jobId": int(ended)}])
    yield every["update_tags"], tags.set({tags.name: "here"})
    if UPLOAD in every:
        yield every[UPLOAD], upload(target, jobs.own(jobs.batch()))
