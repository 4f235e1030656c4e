"""`GET /metrics` and the paths below it: the metrics of the node."""

from __future__ import annotations

import re

from seatunnel_conformance.arrange.expectations import stated
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_openapi import Contract

PATH = "/metrics"
REALTIME = f"{PATH}/realtime/jobs"

_LONGEST = 600_000
"""The longest time window, in milliseconds; it can begin with a whole bucket."""

UNMEASURED = (404, 503)
"""Statuses of a node that measures no job, or not this one."""

_SAMPLE = re.compile(r'[a-zA-Z_:][\w:]*(?:\{(?:[^"}]|"(?:\\.|[^"\\])*")*\})? \S+(?: -?\d+)?')


def samples(response: Response) -> list[str]:
    """Assert that a response is text in the Prometheus format, and return its lines without comments."""
    assert (response.status, response.media_type) == (200, "text/plain"), response
    found = [line for line in response.text.splitlines() if line and not line.startswith("#")]
    assert [line for line in found if not _SAMPLE.fullmatch(line)] == []
    return found


@check("metrics.text")
def text(target: Target) -> None:
    """A monitoring system scrapes this, and drops a scrape that it can't read."""
    samples(target.get(PATH))


@check("metrics.accept-ignored")
def accept_ignored(target: Target) -> None:
    """A scraper that offers OpenMetrics has to look at what it was given."""
    response = target.get(PATH, headers={"Accept": "application/openmetrics-text"})
    samples(response)
    assert "# EOF" not in response.text


@check("metrics.jobs-by-state")
def jobs_by_state(target: Target) -> None:
    """An alert on failed jobs never fires if they are not counted."""
    found = samples(target.get(PATH))
    if not found:
        raise NotObservable("telemetry is off on this target")
    states = {state for line in found for state in re.findall(r'^job_count\{[^}]*type="(\w+)"', line)}
    assert {"running", "finished", "failed", "canceled"} <= states


@check("metrics.realtime-jobs")
def realtime_jobs(target: Target, contract: Contract) -> None:
    """A client that draws the flow of jobs asks here which ones there are."""
    stated(contract, "get_realtime_jobs", _measured(target.get(REALTIME)))


@check("metrics.realtime-vertices")
def realtime_vertices(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that looks for the slow step of a job finds it here."""
    _has_window(target, contract, jobs, "vertices")


@check("metrics.realtime-edges")
def realtime_edges(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client that looks for the step that others wait for finds it here."""
    _has_window(target, contract, jobs, "edges")


def _has_window(target: Target, contract: Contract, jobs: Jobs, what: str) -> None:
    _measured(target.get(REALTIME))
    for query in ({}, {"windowMs": str(6 * _LONGEST)}):
        response = target.get(f"{REALTIME}/{jobs.running().id}/{what}", query=query)
        found = stated(contract, f"get_realtime_{what}", _measured(response))
        assert found.get("toMs", 0) - found.get("fromMs", 0) <= _LONGEST + found.get("bucketMs", 0)


def _measured(response: Response) -> Response:
    if response.status in UNMEASURED:
        raise NotObservable("this target measures the flow of no job")
    return response
