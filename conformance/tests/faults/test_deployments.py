"""The jobs that a run of faults starts on deployments, and stops."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from seatunnel_conformance.arrange.settings import Settings
from seatunnel_conformance.faults.proxy import Proxy
from seatunnel_conformance.faults.trial import _behind, own_jobs
from seatunnel_openapi import Contract, load


def interrupted(url: str, contract: Contract, begun: list[str]) -> None:
    with own_jobs(url, contract) as jobs:
        begun.append(jobs.running().id)
        raise KeyboardInterrupt


def test_job_is_stopped_though_what_needed_it_came_to_no_end(seatunnel_server: Any, documented: Contract):
    begun: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(seatunnel_server.url, documented, begun)
    assert [seatunnel_server.state_of(job) in {"CANCELING", "CANCELED"} for job in begun] == [True]


def test_run_behind_a_proxy_reads_responses_in_the_words_of_the_release():
    proxy = cast(Proxy, SimpleNamespace(url="http://127.0.0.1:1"))
    settings = _behind([proxy], Settings("http://127.0.0.1:2"), load("documented"))
    assert settings.connection.speaks == settings.release == "documented"
