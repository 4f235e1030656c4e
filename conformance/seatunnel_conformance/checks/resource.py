"""`GET /resource/workers`: the free resources of the workers."""

from __future__ import annotations

from seatunnel_conformance.arrange.expectations import stated
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

_MILLISECONDS = 10**12
"""The year 2001, in milliseconds since 1970."""


@check("resource.workers")
def workers(target: Target, contract: Contract) -> None:
    """A scheduler that chooses a worker for a job does not see one of them, or its load."""
    found = stated(contract, "get_worker_resources", target.get("/resource/workers"))
    assert found["collectedAt"] > _MILLISECONDS, "the time is not in milliseconds"
    if found["available"]:
        assert len(found["workers"]) == int(target.get("/overview").members["workers"])
