"""The nodes of a cluster: what one of them accepts or answers holds at every other one (`--node`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeAlias

from seatunnel_conformance.arrange.expectations import accepted, answered, cluster_counts, shown
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.members import members
from seatunnel_conformance.arrange.waiting import at_rest
from seatunnel_conformance.checks.logs import require_each_once
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.errors import SingleNode
from seatunnel_conformance.observe.forms import COUNTS
from seatunnel_conformance.target.deployment import Target, fill
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

Nodes: TypeAlias = Sequence[Target]
"""The target, and the further nodes of its cluster."""


def several(nodes: Nodes) -> Nodes:
    """Return the nodes. Raises `NotObservable` if there is only one."""
    if len(nodes) == 1:
        raise SingleNode
    return nodes


@check("nodes.same-members")
def same_members(nodes: Nodes) -> None:
    """Behind a load balancer, each request shows another cluster, or another master."""
    first, *others = [set(members(node)) for node in several(nodes)]
    assert others == [first] * len(others)


@check("nodes.same-counts", alone=True)
def same_counts(nodes: Nodes) -> None:
    """Behind a load balancer, a dashboard shows jobs that come and go with each request."""
    first, *others = several(nodes)
    expected, found = at_rest(lambda: cluster_counts(first), lambda: [cluster_counts(node) for node in others])
    assert found == [expected] * len(others)


@check("nodes.same-jobs")
def same_jobs(nodes: Nodes, contract: Contract, jobs: Jobs) -> None:
    """Behind a load balancer, a job has another state or history with each request."""
    first, *others = several(nodes)
    ended = (jobs.finished(), jobs.finished_parallel(), jobs.failed(), jobs.canceled())
    job_ids = [*(job.id for job in ended), jobs.new_id()]
    same = [contract.operation(name) for name in contract.behaviour.names("sameAtEveryNode")]
    for path in (path for operation in same for path in _paths(operation, job_ids)):
        read = partial(_about, path, job_ids)
        expected, found = at_rest(partial(read, first), partial(_of_each, read, others))
        if path.startswith("/logs") and found != [expected] * len(others):
            require_each_once(first)
        assert found == [expected] * len(others)


def _about(path: str, job_ids: Sequence[str], node: Target) -> Any:
    """Return the responses of a node about jobs, one of which is unknown."""
    return _comparable(accepted(node.get(path, query={"format": "json"})), job_ids)


def _of_each(read: Callable[[Target], Any], nodes: Nodes) -> list[Any]:
    return [read(node) for node in nodes]


def _paths(operation: Operation, job_ids: Sequence[str]) -> Iterator[str]:
    """Yield the paths of an operation for jobs; of `/finished-jobs/{state}`, that for each state of the jobs."""
    if "{state}" in operation.path:
        values = [{"state": state} for state in ("FINISHED", "FAILED", "CANCELED")]
    elif "{" in operation.path:
        values = [{"jobId": job_id, "jobIdOrFile": job_id} for job_id in job_ids]
    else:
        values = [{}]
    yield from (fill(operation.path, value) for value in values)


def _comparable(document: Any, job_ids: Sequence[str]) -> Any:
    """Return the part of a response that all nodes share: items about these jobs, else names, and some counts.

    The time of a response is that of the node.
    """
    document = _timeless(document)
    if isinstance(document, list):
        return [item for item in document if _is_about(item, job_ids)]
    if _is_about(document, job_ids):
        return document
    return {name: value if name in COUNTS.values() else "" for name, value in document.items()}


_TIMES: Final = frozenset({"generatedAt", "collectedAt"})
"""The members that are the time of a response."""


def _timeless(document: Any) -> Any:
    if isinstance(document, list):
        return [_timeless(item) for item in document]
    if isinstance(document, dict):
        return {name: _timeless(value) for name, value in document.items() if name not in _TIMES}
    return document


def _is_about(item: Any, job_ids: Sequence[str]) -> bool:
    text = json.dumps(item)
    return any(job_id in text for job_id in job_ids)


@check("nodes.any-node")
def any_node(nodes: Nodes, jobs: Jobs) -> None:
    """Behind a load balancer, a client loses its job as soon as a request reaches another node."""
    for at in range(len(several(nodes))):
        submitting, watching, stopping = (
            replace(jobs, target=nodes[(at + further) % len(nodes)]) for further in (0, 1, -1)
        )
        job = submitting.moving()
        assert shown(watching, job)["jobStatus"] == "RUNNING"
        answered(stopping.stop(job.id), {"jobId": job.id})
        assert watching.must_end(job)["jobStatus"] == "CANCELED"
        assert shown(submitting, job)["jobStatus"] == "CANCELED"


@check("nodes.restored-elsewhere")
def restored_elsewhere(nodes: Nodes, jobs: Jobs) -> None:
    """In a rolling upgrade, a job can't be continued at another node than the one that stopped it."""
    for at in range(len(several(nodes))):
        saving, starting = (replace(jobs, target=nodes[(at + further) % len(nodes)]) for further in (0, 1))
        job = saving.stopped(savepoint=True)
        saving.settle()
        answered(starting.send(job, isStartWithSavePoint="true"), {"jobId": job.id})
        document = saving.until_restarted(job)
        starting.stop_when_moving(job)
        assert document["isStartWithSavePoint"] is True
