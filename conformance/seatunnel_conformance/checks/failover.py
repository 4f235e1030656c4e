"""The failover of a cluster: what the other nodes answer after its master has left (`--profile failover`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from seatunnel_conformance.arrange.expectations import accepted, answered, cluster_counts, entry, ids, unknown
from seatunnel_conformance.arrange.failover import Aftermath, Failover
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.members import members
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract


@check("failover.next-master")
def next_master(failover: Failover) -> None:
    """A client that sends requests to the master finds no master, or two of them, after a failover."""
    after = failover.after()
    first, *others = [member[:2] for member in after.before if member.is_master != "true"]
    expected = [(*first, "true"), *((*other, "false") for other in others)]
    for node in after.nodes:
        assert after.soon(partial(members, node), expected.__eq__) == expected


@check("failover.same-counts")
def same_counts(failover: Failover) -> None:
    """A dashboard shows errors, or wrong numbers of jobs and workers, depending on the node it asks."""
    after = failover.after()
    workers = str(len(after.before) - 1)
    for node in after.nodes:
        first = after.soon(partial(cluster_counts, after.nodes[0]), lambda found: found["workers"] == workers)
        assert first["workers"] == workers
        assert after.soon(partial(cluster_counts, node), first.__eq__) == first


@check("failover.streaming-jobs")
def streaming_jobs(failover: Failover) -> None:
    """A scheduler whose job is unknown submits it again: it runs twice, or without its last checkpoint."""
    after = failover.after()
    for job in after.streaming:
        for node in after.nodes:
            found = after.soon(partial(_job, node, job.id), _is_restored)
            assert _is_restored(found)
            listed = "/running-jobs" if found["jobStatus"] == "RUNNING" else "/finished-jobs/FAILED"
            assert job.id in ids(accepted(node.get(listed)))


def _is_restored(document: Mapping[str, Any]) -> bool:
    """Return whether a job runs again, or has failed. Asserts that it is not unknown, however little time is over."""
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
    """A report that reads the result of a job after a failover has other counts, times or errors than one before."""
    after = failover.after()
    for state, job in after.ended.items():
        for node in after.nodes:
            before = after.documents[state]
            assert after.soon(partial(_job, node, job.id), before.__eq__) == before


@check("failover.unknown-id")
def unknown_id(failover: Failover, contract: Contract) -> None:
    """A client that looks whether an id is free gets an error after a failover, and does not submit its job."""
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
    """Wait until a job runs again, because the engine can lose a stop before."""
    after.soon(partial(at.info, job_id), _is_restored)
    at.until_stoppable(job_id)


def _node(after: Aftermath, number: int) -> Target:
    """Return one of the remaining nodes, each in turn."""
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
    """Jobs can't be submitted any more, although there are nodes left that could run them."""
    after = failover.after()
    for node in after.nodes:
        at = replace(jobs, target=node)
        after.soon(partial(cluster_counts, node), bool)
        job = at.own(at.batch())
        answered(at.send(job), {"jobId": job.id, "jobName": job.name})
        assert at.must_finish(job)["jobStatus"] == "FINISHED"
