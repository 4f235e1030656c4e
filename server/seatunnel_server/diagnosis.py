"""What newer operations tell of workers, waiting jobs and checkpoints; here numbers are JSON numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from seatunnel_server.engine.domain import Checkpoint, JobCheckpoints, PipelineCheckpoints, Worker
from seatunnel_server.members import TIME_FORMAT


def milliseconds(moment: datetime) -> int:
    """Return a moment as milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def worker(it: Worker) -> dict[str, Any]:
    """Return a worker with its slots and the jobs that have them."""
    return {
        "address": it.address,
        "tags": dict(it.tags),
        "totalSlots": it.total_slots,
        "freeSlots": it.free_slots,
        "dynamicSlot": it.dynamic,
        "runningJobIds": [job.number for job in it.jobs],
    }


def queue(workers: Sequence[Worker], matching: Sequence[Worker], *, pretty: bool) -> dict[str, Any]:
    """Return the queue of waiting jobs, in which this engine never has one: it takes a job at once or not at all.

    The totals are over the `matching` workers. For people (`pretty`) the moments of an empty queue are the epoch.
    """
    moment = datetime.fromtimestamp(0).strftime(TIME_FORMAT) if pretty else 0  # noqa: DTZ006 - the server's own zone
    total, free = sum(it.total_slots for it in matching), sum(it.free_slots for it in matching)
    return {
        "queueSummary": {
            "size": 0,
            "scheduleStrategy": "REJECT",
            "oldestEnqueueTimestamp": moment,
            "newestEnqueueTimestamp": moment,
            "lackingTaskGroups": 0,
        },
        "clusterSnapshot": {
            "totalSlots": total,
            "freeSlots": free,
            "assignedSlots": total - free,
            "workerCount": len(matching),
            "workers": [worker(it) for it in workers],
        },
        "pendingJobs": [],
    }


def overview_of(checkpoints: JobCheckpoints) -> dict[str, Any]:
    """Return a job's checkpoints: counts, the latest of each kind, and the history by pipeline."""
    return {
        "jobId": str(checkpoints.job_id),
        "updatedAt": milliseconds(checkpoints.updated),
        "pipelines": [_pipeline(pipeline) for pipeline in checkpoints.pipelines],
    }


def history_of(pipelines: Sequence[PipelineCheckpoints]) -> list[dict[str, Any]]:
    """Return the checkpoints of all pipelines, the newest first."""
    records = [(it, pipeline.number) for pipeline in pipelines for it in pipeline.history]
    records.sort(key=lambda pair: pair[0].triggered, reverse=True)
    return [_record(it, number) for it, number in records]


def _pipeline(it: PipelineCheckpoints) -> dict[str, Any]:
    savepoints = [each for each in it.history if each.kind == "savepoint"]
    return {
        "pipelineId": it.number,
        "counts": {"triggered": it.count, "completed": it.count, "failed": 0, "inProgress": 0, "restored": 0},
        "latestCompleted": _checkpoint(it.history[0]) if it.history else {},
        "latestFailed": {},
        "latestSavepoint": _checkpoint(savepoints[0]) if savepoints else {},
        "inProgress": [],
        "history": [_record(each, it.number) for each in it.history],
    }


def _record(it: Checkpoint, pipeline: int) -> dict[str, Any]:
    return {"pipelineId": pipeline, "checkpoint": _checkpoint(it)}


def _checkpoint(it: Checkpoint) -> dict[str, Any]:
    return {
        "checkpointId": it.number,
        "checkpointType": it.kind,
        "status": "COMPLETED",
        "triggerTimestamp": milliseconds(it.triggered),
        "completedTimestamp": milliseconds(it.triggered),
        "durationMillis": 0,
        "stateSize": it.size,
    }


def http_service(node: str, context_path: str, *, has_door: bool) -> dict[str, Any]:
    """Return how a node serves the API: over HTTP at the port of its address, to everybody unless it has a door."""
    port = int(node.rpartition(":")[2])
    return {
        "httpEnabled": True,
        "httpsEnabled": False,
        "contextPath": context_path or "/",
        "configuredHttpPort": port,
        "configuredHttpsPort": 8443,
        "httpPort": port,
        "httpsPort": 8443,
        "dynamicPortEnabled": False,
        "portRange": 100,
        "basicAuthEnabled": has_door,
        "mutualTlsEnabled": False,
    }
