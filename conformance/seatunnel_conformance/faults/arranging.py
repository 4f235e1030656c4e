"""Jobs of our own on a deployment, for as long as faults are tried there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract


@contextmanager
def own_jobs(url: str, contract: Contract) -> Iterator[Jobs]:
    """Yield what runs jobs at an address; those that have not ended by the end of the block are stopped."""
    with Target(url, allow_writes=True) as target:
        jobs = Jobs(target, contract)
        try:
            yield jobs
        finally:
            jobs.close()
