"""Jobs that fill a server: small batch jobs, which end, and streaming jobs, which keep running."""

from __future__ import annotations

import itertools
import time
from typing import Any

import httpx2

SCHEMA = {"fields": {"name": "string", "age": "int", "card": "int"}}
BATCH_SIZE = 100
PATIENCE = 300.0  # seconds

_ids = itertools.count(910_000_000_000_000_001)


def config(mode: str, rows: int = 5) -> dict[str, Any]:
    """Return a FakeSource to Console job."""
    return {
        "env": {"job.mode": mode},
        "source": [{"plugin_name": "FakeSource", "result_table_name": "fake", "row.num": rows, "schema": SCHEMA}],
        "transform": [],
        "sink": [{"plugin_name": "Console", "source_table_name": ["fake"]}],
    }


def submit(url: str, mode: str, count: int) -> list[str]:
    """Submit some jobs in batches; return their ids."""
    ids = [str(next(_ids)) for _ in range(count)]
    for at in range(0, count, BATCH_SIZE):
        jobs = [
            {"params": {"jobId": id_, "jobName": f"bench-{id_}"}, **config(mode)} for id_ in ids[at : at + BATCH_SIZE]
        ]
        httpx2.post(f"{url}/submit-jobs", json=jobs, timeout=60).raise_for_status()
    return ids


def finished_job(url: str) -> str:
    """Run one batch job until it ends; return its id."""
    fill(url, finished(url) + 1)
    return str(httpx2.get(f"{url}/finished-jobs", timeout=60).json()[-1]["jobId"])


def fill(url: str, target: int) -> None:
    """Run batch jobs until `target` jobs are finished."""
    submit(url, "BATCH", target - finished(url))
    limit = time.monotonic() + PATIENCE
    while finished(url) < target:
        if time.monotonic() > limit:
            raise TimeoutError(f"{finished(url)} of {target} jobs finished within {PATIENCE:.0f} s")
        time.sleep(0.1)


def finished(url: str) -> int:
    """Return the number of finished jobs."""
    return int(httpx2.get(f"{url}/overview", timeout=60).json()["finishedJobs"])


def streaming_jobs(url: str, count: int) -> list[str]:
    """Start streaming jobs and wait until they all run; return their ids."""
    ids = submit(url, "STREAMING", count)
    limit = time.monotonic() + PATIENCE
    while any(job["jobStatus"] != "RUNNING" for job in httpx2.get(f"{url}/running-jobs", timeout=60).json()):
        if time.monotonic() > limit:
            raise TimeoutError(f"the streaming jobs did not all run within {PATIENCE:.0f} s")
        time.sleep(0.1)
    return ids
