"""The recorded scenarios that a run plays on a shared deployment, and their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

from seatunnel_conformance.replay import BrokenRecording, Recording, bundled
from seatunnel_conformance.replay.recording import RecordedStep, Scenario
from seatunnel_conformance.target.deployment import READING
from seatunnel_conformance.target.routes import label
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

LEFT_OUT: Final = {
    "http-semantics/bad-requests": "it sends what no HTTP library sends, and a proxy may respond instead of the target",
    "http-semantics/expect-continue": "a proxy may respond instead of the target",
    "http-semantics/http-1-0": "it uses another version of HTTP than the suite's connections",
    "http-semantics/keep-alive*": "it is about a single connection, and a proxy may respond instead of the target",
    "http-semantics/path-forms": "a proxy may respond instead of the target",
    "http-semantics/big-bodies": "it sends megabytes",
    "submit-job/one-megabyte-comment-field": "it sends megabytes",
    "submit-job/name-raw-utf8-query": "it sends what no HTTP library sends",
    "submit-job/save-mode-fails": "it writes a file on the node",
    "submit-job/row-num-*-never-ends": "it runs a job that moves rows for seconds without end",
    "get-all-log-name/own": "it depends on how the target writes its logs",
    "log/list": "it depends on how the target writes its logs",
    "log/server-log": "it depends on how the target writes its logs",
    "logs/own-job": "it depends on how the target writes its logs",
    "logs/server-log": "it depends on how the target writes its logs",
    "logs/slash": "it depends on how the target writes its logs",
    "logs/traversal": "it depends on how the target writes its logs",
    "metrics/*": "it depends on whether the target's telemetry is enabled",
    "overview/slots-while-running": "it depends on the target's slots, and on what else runs",
}
"""The scenarios that are not played on a shared deployment, by glob, each with the reason."""

STEPS_LEFT_OUT: Final = {
    "http-semantics/unknown-route/favicon": "deployments with the engine's own UI have one",
    "running-jobs/own-streaming-job/query-noise": "releases with pages show one job, which can be another one",
    "submit-job/savepoint-finished-batch/state": "engines count the rows of both runs or those of one, as it happens",
}
"""Single steps that are not played there, each with the reason."""

_OTHERS_TAGS: Final = "other nodes of the cluster may have the same tags"
_NOT_THE_MASTER: Final = "a member other than the master answers such stops otherwise (stop-job.savepoint-at-worker)"

_ONE_NODE: Final = {
    "update-tags/happy-path-and-effect": _OTHERS_TAGS,
    "update-tags/utf8-tag": _OTHERS_TAGS,
    "update-tags/value-types": _OTHERS_TAGS,
    "stop-job/finished-job": _NOT_THE_MASTER,
    "stop-job/unknown-id": _NOT_THE_MASTER,
    "stop-job/savepoint-batch": _NOT_THE_MASTER,
}
"""Scenarios for clusters with a single member, each with the reason."""

_SLOW: Final = frozenset({"poll", "observe", "wait"})
"""The options of steps that may take seconds."""


@cache
def scenarios(release: str) -> tuple[Scenario, ...]:
    """Return the recorded scenarios of a release; empty if there is no recording."""
    try:
        found: Recording = bundled(release)
    except BrokenRecording:
        return ()
    return tuple(replace(scenario, steps=tuple(_played(scenario))) for scenario in found)


def _played(scenario: Scenario) -> Iterator[RecordedStep]:
    return (step for step in scenario.steps if f"{full_name(scenario)}/{step.id}" not in STEPS_LEFT_OUT)


def left_out(scenario: Scenario) -> str | None:
    """Return why a scenario is not played; None if it is."""
    return _why_left_out(full_name(scenario))


@cache
def _why_left_out(name: str) -> str | None:
    return next((why for glob, why in LEFT_OUT.items() if fnmatchcase(name, glob)), None)


def needs_one_node(scenario: Scenario) -> str:
    """Return why a scenario needs a cluster with a single member; empty if it does not."""
    return _ONE_NODE.get(full_name(scenario), "")


def full_name(scenario: Scenario) -> str:
    """Return a scenario's name with its area: `stop-job/unknown-id`."""
    return f"{scenario.area}/{scenario.name}"


def writes(scenario: Scenario) -> bool:
    """Return whether a scenario may change the target."""
    return changing_requests(scenario) > 0


def changing_requests(scenario: Scenario) -> int:
    """Return the number of requests of a scenario that may change the target."""
    return sum(request["method"] not in READING for request in _requests(scenario))


def sets_tags(scenario: Scenario) -> bool:
    """Return whether a scenario may change the tags of the node."""
    return any(request["method"] == "POST" and request["path"] == "/update-tags" for request in _requests(scenario))


def starts_jobs(scenario: Scenario) -> bool:
    """Return whether a scenario submits jobs."""
    return any(request["path"].startswith("/submit-job") for request in _requests(scenario))


def reads_pages_of_jobs(scenario: Scenario) -> bool:
    """Return whether a scenario looks for its own jobs on pages, which other jobs that end meanwhile would fill."""
    return starts_jobs(scenario) and any("rows=" in request["path"] for request in _requests(scenario))


def is_quick(scenario: Scenario) -> bool:
    """Return whether a scenario starts no jobs and does not wait."""
    return not starts_jobs(scenario) and not any(_SLOW & step.step.keys() for step in scenario.steps)


def subject(scenario: Scenario, contract: Contract) -> tuple[str, Operation | None]:
    """Return the name of a scenario's operation in reports, and the operation; or its first compared path, and None.

    The area is the path of the operation, or else the first compared request selects the operation.
    """
    for operation in contract.operations:
        fixed = [part for part in operation.path.split("/") if part and not part.startswith("{")]
        if "-".join(fixed) == scenario.area:
            return label(operation), operation
    first = next(step.step["request"] for step in scenario.steps if step.exchange is not None)
    path = first["path"].partition("?")[0]
    for operation in contract.operations:
        if operation.method == first["method"] and re.fullmatch(_pattern(operation.path), path):
            return label(operation), operation
    return f"{first['method']} {_TEMPLATE.sub('', path)}", None


_TEMPLATE: Final = re.compile(r"[^\x21-\x7e]|[{}]")


def _pattern(path: str) -> str:
    return "[^/]+".join(map(re.escape, re.split(r"\{\w+\}", path)))


def _requests(scenario: Scenario) -> Iterator[dict[str, Any]]:
    return (step.step["request"] for step in scenario.steps)
