"""Clauses about clusters of several nodes, while all nodes run, and after the master was stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeAlias

from seatunnel_conformance.arrange.expectations import accepted, answered, cluster_counts, entry, ids, shown, unknown
from seatunnel_conformance.arrange.failover import Aftermath, Failover
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.nodes import members
from seatunnel_conformance.arrange.waiting import at_rest
from seatunnel_conformance.checks.logs import require_each_once
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.observe.forms import COUNTS
from seatunnel_conformance.target.deployment import Target, fill
from seatunnel_openapi import Contract
from seatunnel_openapi.contract import Operation

Nodes: TypeAlias = Sequence[Target]
"""The target, and the further nodes of its cluster."""


@check("nodes.same-members")
def same_members(nodes: Nodes) -> None:
    """Behind a load balancer, each request shows another cluster, or another master."""
    first, *others = [set(members(node)) for node in nodes]
    assert others == [first] * len(others)


@check("nodes.same-counts", alone=True)
def same_counts(nodes: Nodes) -> None:
    """Behind a load balancer, a dashboard shows jobs that come and go with each request."""
    first, *others = nodes
    expected, found = at_rest(lambda: cluster_counts(first), lambda: [cluster_counts(node) for node in others])
    assert found == [expected] * len(others)


@check("nodes.same-jobs")
def same_jobs(nodes: Nodes, contract: Contract, jobs: Jobs) -> None:
    """Behind a load balancer, a job has another state or history with each request."""
    first, *others = nodes
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
    """Return the part of a node's response that must be the same at every node (`_comparable`)."""
    return _comparable(accepted(node.get(path, query={"format": "json"})), job_ids)


def _of_each(read: Callable[[Target], Any], nodes: Nodes) -> list[Any]:
    return [read(node) for node in nodes]


def _paths(operation: Operation, job_ids: Sequence[str]) -> Iterator[str]:
    """Yield the paths of an operation, with its `{state}` or its job id filled in."""
    if "{state}" in operation.path:
        values = [{"state": state} for state in ("FINISHED", "FAILED", "CANCELED")]
    elif "{" in operation.path:
        values = [{"jobId": job_id, "jobIdOrFile": job_id} for job_id in job_ids]
    else:
        values = [{}]
    yield from (fill(operation.path, value) for value in values)


def _comparable(document: Any, job_ids: Sequence[str]) -> Any:
    """Return the part of a response that all nodes share.

    In a list, nodes share the items about the given jobs. In an object about no such job, they share the names of
    members, and the job counts. Times of responses are left out: each node has its own clock.
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
    for at in range(len(nodes)):
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
    """In a rolling upgrade, a job that one node has stopped can't be continued at another node."""
    for at in range(len(nodes)):
        saving, starting = (replace(jobs, target=nodes[(at + further) % len(nodes)]) for further in (0, 1))
        job = saving.stopped(savepoint=True)
        saving.settle()
        answered(starting.send(job, isStartWithSavePoint="true"), {"jobId": job.id})
        document = saving.until_restarted(job)
        starting.stop_when_moving(job)
        assert document["isStartWithSavePoint"] is True


@check("failover.next-master")
def next_master(failover: Failover) -> None:
    """A client that sends requests to the master finds no master, or two masters, after a failover."""
    after = failover.after()
    first, *others = [member[:2] for member in after.before if member.is_master != "true"]
    expected = [(*first, "true"), *((*other, "false") for other in others)]
    for node in after.nodes:
        assert after.soon(partial(members, node), expected.__eq__) == expected


@check("failover.same-counts")
def failover_same_counts(failover: Failover) -> None:
    """A dashboard shows errors, or wrong numbers of jobs and workers, depending on the node it asks."""
    after = failover.after()
    workers = str(len(after.before) - 1)
    for node in after.nodes:
        first = after.soon(partial(cluster_counts, after.nodes[0]), lambda found: found["workers"] == workers)
        assert first["workers"] == workers
        assert after.soon(partial(cluster_counts, node), first.__eq__) == first


@check("failover.streaming-jobs")
def streaming_jobs(failover: Failover) -> None:
    """After a failover, a scheduler finds its job unknown and submits it again: the job runs twice."""
    after = failover.after()
    for job in after.streaming:
        for node in after.nodes:
            found = after.soon(partial(_job, node, job.id), _is_restored)
            assert _is_restored(found)
            listed = "/running-jobs" if found["jobStatus"] == "RUNNING" else "/finished-jobs/FAILED"
            assert job.id in ids(accepted(node.get(listed)))


def _is_restored(document: Mapping[str, Any]) -> bool:
    """Return whether a job runs again or has failed. Asserts that the job is known, as it always must be."""
    assert "jobStatus" in document, document
    return document["jobStatus"] in {"RUNNING", "FAILED"}


def _job(node: Target, job_id: str) -> Mapping[str, Any]:
    document: Mapping[str, Any] = accepted(node.get("/job-info/{jobId}", jobId=job_id))
    return document


@check("failover.history-kept")
def history_kept(failover: Failover) -> None:
    """A scheduler that can't find out how a job has ended after a failover runs it again."""
    after = failover.after()
    for state, job in after.ended.items():
        for node in after.nodes:
            assert job.id in after.soon(partial(_ids, node, f"/finished-jobs/{state}"), _has(job.id))
            assert entry(accepted(node.get("/finished-jobs")), job.id)["jobStatus"] == state


def _has(job_id: str) -> Callable[[list[str]], bool]:
    return lambda listed: job_id in listed


def _ids(node: Target, path: str) -> list[str]:
    return ids(accepted(node.get(path)))


@check("failover.ended-jobs-unchanged")
def ended_jobs_unchanged(failover: Failover) -> None:
    """After a failover, a report shows an ended job with other counts, times or errors than before."""
    after = failover.after()
    for state, job in after.ended.items():
        for node in after.nodes:
            before = after.documents[state]
            assert after.soon(partial(_job, node, job.id), before.__eq__) == before


@check("failover.unknown-id")
def unknown_id(failover: Failover, contract: Contract) -> None:
    """A client that checks whether an id is free gets an error after a failover, and does not submit its job."""
    after = failover.after()
    for node in after.nodes:
        read = partial(node.get, "/job-info/{jobId}", jobId=after.unknown_id)
        response = after.soon(read, lambda response: response.status == 200)
        unknown(contract, "get_job_info", after.unknown_id, response)


@check("failover.stop")
def stop(failover: Failover, jobs: Jobs) -> None:
    """A job that was submitted before the failover can't be stopped any more."""
    after = failover.after()
    for number, job in enumerate(after.streaming):
        at = replace(jobs, target=_node(after, number))
        _settled(after, at, job.id)
        answered(at.stop(job.id), {"jobId": job.id})
        assert at.must_end(job)["jobStatus"] == "CANCELED"


def _settled(after: Aftermath, at: Jobs, job_id: str) -> None:
    """Wait until a job runs again and can be stopped. An engine can lose a stop that comes earlier."""
    after.soon(partial(at.info, job_id), _is_restored)
    at.until_stoppable(job_id)


def _node(after: Aftermath, number: int) -> Target:
    """Return one of the remaining nodes; successive numbers select the nodes in turn."""
    return after.nodes[number % len(after.nodes)]


@check("failover.savepoint-kept")
def savepoint_kept(failover: Failover, jobs: Jobs) -> None:
    """A job that was stopped for an upgrade can't be continued: its savepoint was lost with the node."""
    after = failover.after()
    job, at = after.ended["SAVEPOINT_DONE"], replace(jobs, target=_node(after, 0))
    after.soon(partial(cluster_counts, at.target), bool)
    answered(at.send(job, isStartWithSavePoint="true"), {"jobId": job.id})
    document = at.until_restarted(job)
    at.stop_when_moving(job)
    assert document["isStartWithSavePoint"] is True


@check("failover.new-jobs")
def new_jobs(failover: Failover, jobs: Jobs) -> None:
    """Jobs can't be submitted any more, although some nodes are left that could run them."""
    after = failover.after()
    for node in after.nodes:
        at = replace(jobs, target=node)
        after.soon(partial(cluster_counts, node), bool)
        job = at.own(at.batch())
        answered(at.send(job), {"jobId": job.id, "jobName": job.name})
        assert at.must_finish(job)["jobStatus"] == "FINISHED"
