"""`/jobs/checkpoints/…` (the checkpoints of a job), `/jobs` (a feed of ended jobs) and `/job-lineage/{jobId}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seatunnel_conformance.arrange.expectations import (
    BEYOND_LONG,
    NEGATIVE_ID,
    accepted,
    reduced,
    refused,
    stated,
    worded,
)
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.checks.registry import check
from seatunnel_conformance.target.deployment import Target
from seatunnel_openapi import Contract

OVERVIEW = "/jobs/checkpoints/{jobId}"
HISTORY = "/jobs/checkpoints/history/{jobId}"

HISTORY_SIZE = 32
"""The maximum number of checkpoints that an engine keeps for a pipeline."""

COUNTS = {"triggered", "completed", "failed", "inProgress", "restored"}


@check("jobs.checkpoint-overview")
def checkpoint_overview(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A user can't see how much work would be repeated after a failure."""
    job = jobs.saved()
    found = stated(contract, "get_checkpoint_overview", target.get(OVERVIEW, jobId=job.id))
    assert found["jobId"] == job.id
    assert found["pipelines"], "a job with a savepoint has no pipeline with checkpoints"
    assert len({pipeline["pipelineId"] for pipeline in found["pipelines"]}) == len(found["pipelines"])
    for pipeline in found["pipelines"]:
        assert pipeline["counts"].keys() >= COUNTS
        assert pipeline["counts"]["completed"] >= 1
        assert pipeline["latestSavepoint"]["status"] == "COMPLETED"
        history = pipeline["history"]
        assert [entry["pipelineId"] for entry in history] == [pipeline["pipelineId"]] * len(history)
        checkpoints = [entry["checkpoint"] for entry in history]
        if len(checkpoints) < HISTORY_SIZE:
            latest = [pipeline.get(name) for name in ("latestCompleted", "latestFailed", "latestSavepoint")]
            assert [one for one in latest if one and one not in checkpoints] == []
            statuses = [checkpoint["status"] for checkpoint in checkpoints]
            assert statuses.count("COMPLETED") == pipeline["counts"]["completed"]


@check("jobs.checkpoint-no-record")
def checkpoint_no_record(target: Target, contract: Contract, unused_id: str) -> None:
    """A client that asks for the checkpoints of a job that has none gets an error, or assumes that it has some."""
    for asked in (unused_id, f"+{unused_id}"):
        found = stated(contract, "get_checkpoint_overview", target.get(OVERVIEW, jobId=asked))
        assert found["jobId"] == unused_id
        assert found.keys() <= {"jobId", "generatedAt"}


@check("jobs.checkpoint-invalid-id")
def checkpoint_invalid_id(target: Target, contract: Contract) -> None:
    """A client that sends a damaged id concludes that the job has no checkpoints."""
    for asked in ("abc", "1.5", BEYOND_LONG):
        refused(target.get(OVERVIEW, jobId=asked), 400)
    refused(target.get("/jobs/checkpoints"), 400, worded(contract, "The jobId must not be empty."))


@check("jobs.checkpoint-history")
def checkpoint_history(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A client shows the first entries as the most recent checkpoints, although they are old."""
    job = jobs.submitted(jobs.endless({"checkpoint.interval": 1000}))
    jobs.until_moving(job)
    every = {"limit": str(HISTORY_SIZE)}  # by default, fewer checkpoints are listed
    before = jobs.listed_soon(lambda: _entries(target, contract, job.id, **every))
    jobs.stop_accepted(job, savepoint=True)
    jobs.must_end(job, savepoint=True)
    entries = _entries(target, contract, job.id, **every)
    assert len(entries) > len(before) or len(before) == HISTORY_SIZE, "the savepoint is not in the history"
    times = [entry["checkpoint"]["triggerTimestamp"] for entry in entries]
    assert times == sorted(times, reverse=True)
    assert _entries(target, contract, job.id, limit="1") == entries[:1]
    assert _entries(target, contract, job.id, **every, status="completed") == [
        entry for entry in entries if entry["checkpoint"]["status"] == "COMPLETED"
    ]
    overview = stated(contract, "get_checkpoint_overview", target.get(OVERVIEW, jobId=job.id))
    nested = [entry for pipeline in overview["pipelines"] for entry in pipeline["history"]]
    assert reduced(entries, nested) == reduced(nested, entries)
    pipeline = entries[0]["pipelineId"]
    assert _entries(target, contract, job.id, **every, pipelineId=str(pipeline)) == [
        entry for entry in entries if entry["pipelineId"] == pipeline
    ]


@check("jobs.checkpoint-history-empty")
def checkpoint_history_empty(target: Target, unused_id: str) -> None:
    """A client that reads the checkpoints of an old job gets an error instead of an empty list."""
    assert accepted(target.get(HISTORY, jobId=unused_id)) == []
    assert accepted(target.get(HISTORY, jobId=unused_id, query={"pipelineId": "7", "status": "FAILED"})) == []


@check("jobs.checkpoint-history-filters")
def checkpoint_history_filters(target: Target, unused_id: str) -> None:
    """A client that misspells a filter gets an empty result, as if there were no checkpoints."""
    for query in ({"pipelineId": "x"}, {"pipelineId": ""}, {"limit": "x"}, {"status": "NO_SUCH_STATUS"}):
        refused(target.get(HISTORY, jobId=unused_id, query=query), 400)


def _entries(target: Target, contract: Contract, job_id: str, **query: str) -> list[Mapping[str, Any]]:
    response = target.get(HISTORY, jobId=job_id, query=query)
    found: list[Mapping[str, Any]] = stated(contract, "get_checkpoint_history", response)
    return found


@check("jobs.feed")
def feed(target: Target, contract: Contract, jobs: Jobs) -> None:
    """An alert for failed jobs misses one, or reports the same job again and again."""
    _, cursor = _read(target, contract, start="latest")
    job = jobs.own(jobs.batch())
    accepted(jobs.send(job))
    jobs.ended(job)
    assert jobs.listed_soon(lambda: _of(job.id, _read(target, contract, cursor=cursor)[0])), (
        "the ended job is not in the feed"
    )
    found, behind = _read(target, contract, cursor=cursor)
    numbers = [entry["sequence"] for entry in found]
    assert numbers == sorted(set(numbers))
    assert [entry["jobStatus"] for entry in _of(job.id, found)] == ["FINISHED"]
    assert _of(job.id, _read(target, contract, cursor=behind)[0]) == []


def _of(job_id: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in entries if entry["jobId"] == job_id]


def _read(target: Target, contract: Contract, **query: str) -> tuple[list[dict[str, Any]], str]:
    """Return all entries of the feed after the `start` or `cursor` in the query, and the cursor after the last one."""
    entries: list[dict[str, Any]] = []
    while True:
        part = stated(contract, "get_jobs", target.get("/jobs", query=query))
        entries += part["data"]
        query = {"cursor": part["nextCursor"]}
        if not part["hasMore"]:
            return entries, part["nextCursor"]


@check("jobs.feed-refusals")
def feed_refusals(target: Target, contract: Contract) -> None:
    """A client that misspells a state gets no error, and waits for jobs that never come."""
    for query, text in (
        ("", "start or cursor must be provided."),
        ("start=latest&cursor=Mnw3fCo", "start and cursor must not be provided together."),
        ("start=now", "start must be beginning or latest."),
        ("cursor=7", "Invalid cursor."),
        ("start=latest&status=RUNNING", "status must be a terminal job status."),
        ("start=latest&status=ENDED", "Unknown job status: ENDED"),
        ("start=latest&limit=0", "limit must be between 1 and 1000."),
        ("start=latest&limit=many", "limit must be an integer."),
    ):
        refused(target.get("/jobs", query=query), 400, worded(contract, text))


PATH = "/job-lineage/{jobId}"


@check("job-lineage.graph")
def graph(target: Target, contract: Contract, jobs: Jobs) -> None:
    """A data catalogue shows a table that the job has not read, or leaves out one that it has read."""
    job = jobs.finished()
    found = stated(contract, "get_job_lineage", target.get(PATH, jobId=job.id))
    plan = target.get("/job-info/{jobId}", jobId=job.id).members["jobDag"]
    assert found["jobId"] == job.id
    vertices = {str(vertex["vertexId"]): vertex["type"].upper() for vertex in plan["vertexInfoMap"]}
    assert {node["id"]: node["kind"] for node in found["nodes"]} == vertices
    edges = {
        (int(pipeline), str(edge["inputVertexId"]), str(edge["targetVertexId"]))
        for pipeline, several in plan["pipelineEdges"].items()
        for edge in several
    }
    assert {(edge["pipelineId"], edge["sourceNodeId"], edge["targetNodeId"]) for edge in found["edges"]} == edges
    unknown = {node["id"] for node in found["nodes"] if node["datasetMetadata"] == "UNAVAILABLE"}
    assert unknown <= {warning.get("nodeId") for warning in found["warnings"]}


@check("job-lineage.refusals")
def refusals(target: Target, unused_id: str) -> None:
    """A data catalogue that can't tell a removed job from a wrong id requests it again and again."""
    for asked, status, code in (
        ("abc", 400, "INVALID_JOB_ID"),
        (NEGATIVE_ID, 400, "INVALID_JOB_ID"),
        (BEYOND_LONG, 400, "INVALID_JOB_ID"),
        (unused_id, 404, "JOB_NOT_FOUND"),
    ):
        response = target.get(PATH, jobId=asked)
        assert response.status == status, response
        assert response.members["code"] == code, response
        assert isinstance(response.members["message"], str), response
