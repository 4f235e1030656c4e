"""Members of responses that the contract does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.schemas import further_members
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation


@check("http.further-members")
def members(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that was generated from the contract, and validates strictly, can't read the response."""
    for operation, response in _json_responses(target, contract, jobs):
        schema = operation.response_schema(200) or {}
        found = [f"`{place.removeprefix('/')}`" for place in further_members(contract, schema, response.json)]
        if found:
            raise AssertionError(f"the contract does not have {', '.join(dict.fromkeys(found))} in {label(operation)}")


def _json_responses(target: Target, contract: Contract, jobs: Jobs) -> Iterator[tuple[Operation, Response]]:
    """Yield a response of each operation that reads jobs or the cluster, and of two that write."""
    ended, running = jobs.finished(), jobs.running()
    for operation in contract.operations:
        if operation.method == "GET" and set(re.findall(r"{(\w+)}", operation.path)) <= {"jobId", "state"}:
            for job in (ended, running) if "{jobId}" in operation.path else (ended,):
                response = target.get(operation.path, jobId=job.id, state="FINISHED")
                if (response.status, response.media_type) == (200, "application/json"):
                    yield operation, response
    yield contract.operation("submit_job"), jobs.send(jobs.own(jobs.batch()))
    yield contract.operation("stop_job"), jobs.stop(ended.id)
