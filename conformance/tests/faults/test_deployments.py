"""The jobs that a run of faults needs."""

from typing import Any

import pytest

from seatunnel_conformance.faults.trial import own_jobs
from seatunnel_openapi import Contract


def interrupted(url: str, contract: Contract, begun: list[str]) -> None:
    with own_jobs(url, contract) as jobs:
        begun.append(jobs.running().id)
        raise KeyboardInterrupt


def test_job_is_stopped_though_what_needed_it_came_to_no_end(seatunnel_server: Any, documented: Contract):
    begun: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(seatunnel_server.url, documented, begun)
    assert [seatunnel_server.state_of(job) in {"CANCELING", "CANCELED"} for job in begun] == [True]
