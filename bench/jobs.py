"""Fills a deployment with ended jobs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import httpx2

from seatunnel_conformance.arrange.configurations import Configurations
from seatunnel_openapi import Contract, load

_AT_ONCE: Final = 20
"""Number of jobs that run at the same time, one of which fails. Hundreds would stall an engine."""

_PATIENCE: Final = 300.0
"""Maximum seconds until these jobs have ended."""


@dataclass(frozen=True)
class BenchJobs(Configurations):
    """Configurations of jobs for a release."""

    contract: Contract


def fill(url: str, jobs: int, release: str) -> None:
    """Run batch jobs until a deployment has this number of ended jobs. Raises `TimeoutError`."""
    make = BenchJobs(load(release))
    client = httpx2.Client(base_url=url, timeout=60, trust_env=False)
    while (ended := _ended(client)) < jobs:
        count = min(_AT_ONCE, jobs - ended)
        configs = [make.failing(), *(make.batch() for _ in range(count - 1))]
        body = [{"params": {"jobName": f"bench-{ended + at}"}, **config} for at, config in enumerate(configs)]
        client.post("/submit-jobs", json=body).raise_for_status()
        limit = time.monotonic() + _PATIENCE
        while _ended(client) < ended + count:
            if time.monotonic() > limit:
                raise TimeoutError(f"{_ended(client)} of {ended + count} jobs ended within {_PATIENCE:.0f} s")
            time.sleep(0.02)


def _ended(client: httpx2.Client) -> int:
    overview = client.get("/overview").json()
    return int(overview["finishedJobs"]) + int(overview["failedJobs"])
