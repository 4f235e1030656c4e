"""`GET /metrics`, the paths below it, and `GET /openmetrics`: the metrics of the node."""

from __future__ import annotations

import re
from typing import Final

from seatunnel_conformance.arrange.expectations import cluster_counts, stated
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.nodes import has_several_members
from seatunnel_conformance.arrange.waiting import at_rest
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import NotObservable
from seatunnel_conformance.observe.forms import COUNTS
from seatunnel_conformance.target.deployment import Target
from seatunnel_conformance.target.exchange import Response
from seatunnel_conformance.target.job_guard import RUNNING
from seatunnel_openapi import Contract

PATH = "/metrics"
REALTIME = f"{PATH}/realtime/jobs"

_LONGEST = 600_000
"""The maximum time window in milliseconds. A response can have one bucket more: the window begins within a bucket."""

UNMEASURED = (404, 503)
"""Statuses of a node that measures no job, or not the requested one."""

_LABEL: Final = r'[a-zA-Z_]\w*="(?:\\.|[^"\\])*"'
_NUMBER: Final = r"[+-]?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Inf|NaN)"
_SAMPLE: Final = re.compile(
    rf"([a-zA-Z_:][\w:]*(?:\{{(?:{_LABEL}(?:,{_LABEL})*,?)?\}})?) ({_NUMBER})(?: -?\d+(?:\.\d+)?)?"
)

_TYPE: Final = re.compile(r"# TYPE ([a-zA-Z_:][\w:]*) \w+")


def samples(response: Response) -> dict[str, float]:
    """Assert that a response is text in the Prometheus format, and return its samples by name and labels.

    Raises `AssertionError` for a name with two types, a type after its samples, and a repeated sample.
    """
    assert (response.status, response.media_type) == (200, "text/plain"), response
    found: dict[str, float] = {}
    typed: set[str] = set()
    for line in filter(None, response.text.splitlines()):
        if stated_type := _TYPE.fullmatch(line):
            name = stated_type[1]
            assert name not in typed, f"{name} has two types"
            late = [sample for sample in found if sample.partition("{")[0] == name]
            assert not late, f"the type of {name} comes after its samples"
            typed.add(name)
        elif not line.startswith("#"):
            sample = _SAMPLE.fullmatch(line)
            assert sample, f"not a sample in the format of Prometheus: {line}"
            assert sample[1] not in found, f"the sample {sample[1]} occurs twice"
            found[sample[1]] = float(sample[2])
    untyped = sorted(name for name in found if not _families(name) & typed)
    assert not untyped, f"samples without a type: {', '.join(untyped[:3])}"
    return found


def _families(sample: str) -> set[str]:
    """Return the names under which the type of a sample can be stated: with and without a suffix like `_total`."""
    name = sample.partition("{")[0]
    return {name, re.sub("_(total|count|sum|bucket|created|info)$", "", name)}


@check("metrics.text")
def text(target: Target) -> None:
    """Prometheus discards a whole scrape that it can't parse, so all alerts on it stop."""
    response = target.get(PATH)
    assert samples(response) or not response.body, f"the response has no sample, but is not empty: {response!r}"


@check("metrics.accept-ignored")
def accept_ignored(target: Target) -> None:
    """A scraper that parses the format of Prometheus discards the whole response if it is OpenMetrics."""
    response = target.get(PATH, headers={"Accept": "application/openmetrics-text"})
    samples(response)
    assert "# EOF" not in response.text


@check("metrics.jobs-by-state")
def jobs_by_state(target: Target) -> None:
    """An alert on the number of failed jobs never fires if they are not counted."""
    if not samples(target.get(PATH)):
        raise NotObservable("telemetry is off on this target")

    overview, found = at_rest(lambda: cluster_counts(target), lambda: _by_state(target))
    if not found and has_several_members(target):
        raise NotObservable("only the master counts the jobs, and it may be another node")
    assert "running" in found, (
        f"job_count has no count of running jobs, only of {', '.join(sorted(found)) or 'nothing'}"
    )
    expected = {state.lower(): int(overview[name]) for state, name in COUNTS.items()}
    assert {state: found.get(state) for state in expected} == expected
    if not target.wire.lists.is_long(RUNNING):
        jobs, (running, counted) = at_rest(
            lambda: [(job.get("jobId"), job.get("jobStatus")) for job in target.get(RUNNING).items],
            lambda: (_by_state(target)["running"], cluster_counts(target)["runningJobs"]),
        )
        listed = [state for _, state in jobs].count("RUNNING")
        assert running == listed or counted != str(len(jobs)), f"{running} jobs run, but the list has {listed}"


def _by_state(target: Target) -> dict[str, int]:
    """Return the samples of `job_count`: the number of jobs by the label of their state."""
    found = samples(target.get(PATH))
    states = {name: re.search(r'type="(\w+)"', name) for name in found if name.startswith("job_count{")}
    return {state[1]: int(found[name]) for name, state in states.items() if state}


@check("metrics.realtime-jobs")
def realtime_jobs(target: Target, contract: Contract) -> None:
    """A console that charts the data flow of running jobs leaves out a job."""
    stated(contract, "get_realtime_jobs", _measured(target.get(REALTIME)))


@check("metrics.realtime-vertices")
def realtime_vertices(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A user who looks for the slow step of a job does not find its numbers."""
    _has_window(target, contract, jobs, "vertices")


@check("metrics.realtime-edges")
def realtime_edges(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A user who looks for the step that blocks the others does not find the full queue."""
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


@check("openmetrics.text")
def openmetrics_text(target: Target) -> None:
    """A scraper discards a text without the end mark, because it could have been cut off."""
    response = target.get("/openmetrics")
    found = samples(response)
    *lines, end = response.text.splitlines()
    assert end == "# EOF", response
    assert response.text.endswith("\n"), response
    assert {"", "# EOF"}.isdisjoint(lines), "there is an empty line, or an end mark before the end"
    assert found or not lines, f"the response has text but no sample: {response!r}"
