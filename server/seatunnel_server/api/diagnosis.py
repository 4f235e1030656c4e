"""What newer operations tell of workers, waiting jobs and checkpoints; here numbers are JSON numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from seatunnel_server.api.members import TIME_FORMAT
from seatunnel_server.engine.domain import (
    Checkpoint,
    JobCheckpoints,
    JobId,
    PipelineCheckpoints,
    Queue,
    WaitingJob,
    Worker,
)


def milliseconds(moment: datetime) -> int:
    """Return a moment as milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def worker(it: Worker) -> dict[str, Any]:
    """Return a worker with its slots and the jobs that have them."""
    return {
        "address": it.address,
        "tags": dict(it.tags),
        "totalSlots": _quantity(it.total_slots),
        "freeSlots": _quantity(it.free_slots),
        "dynamicSlot": it.dynamic,
        "runningJobIds": [job.number for job in it.jobs],
    }


_NOT_ENOUGH: Final = {"failureReason": "RESOURCE_NOT_ENOUGH", "failureMessage": "slot not enough"}


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted of the queue: one job, or at most so many; no limit if it is not positive. Moments as text?"""

    job_id: JobId | None = None
    limit: int = 0
    pretty: bool = False

    def of(self, waiting: Queue) -> Sequence[WaitingJob]:
        """Return the jobs that are wanted."""
        if self.job_id is not None:
            return [it for it in waiting.jobs if it.job.id == self.job_id]
        return waiting.jobs[: self.limit] if self.limit > 0 else waiting.jobs

    def moment(self, moment: datetime) -> int | str:
        """Return a moment as it is wanted."""
        return moment.strftime(TIME_FORMAT) if self.pretty else milliseconds(moment)


def queue(waiting: Queue, workers: Sequence[Worker], matching: Sequence[Worker], wanted: Selection) -> dict[str, Any]:
    """Return the queue of waiting jobs, and the workers, with totals over the `matching` ones.

    The lists of a job's pipelines, of their task groups and of the jobs that have slots end where the answer would
    become longer than some MiB; the counts are never cut.
    """
    since = [it.since for it in waiting.jobs] or [datetime.fromtimestamp(0)]  # noqa: DTZ006 - the server's own zone
    total, free = sum(it.total_slots for it in matching), sum(it.free_slots for it in matching)
    holders = [job.number for it in workers for job in it.jobs]
    room = _Room()
    jobs = [_waiting(it, waiting, holders, wanted, room) for it in wanted.of(waiting)]
    return {
        "queueSummary": {
            "size": len(waiting.jobs),
            "scheduleStrategy": "WAIT" if waiting.waits else "REJECT",
            "oldestEnqueueTimestamp": wanted.moment(since[0]),
            "newestEnqueueTimestamp": wanted.moment(since[-1]),
            "lackingTaskGroups": _quantity(sum(it["lackingTaskGroups"] for it in jobs)),
        },
        "clusterSnapshot": {
            "totalSlots": _quantity(total),
            "freeSlots": _quantity(free),
            "assignedSlots": _quantity(total - free),
            "workerCount": len(matching),
            "workers": [worker(it) for it in workers],
        },
        "pendingJobs": jobs,
    }


class _Room:
    """What is left of the bytes that the lists of one answer may take, about."""

    def __init__(self) -> None:
        self._left = 4 * 2**20

    def fit(self, count: int, size: int) -> int:
        """Return how many of `count` items of `size` bytes there is room for, and take it."""
        fitting = min(count, self._left // size)
        self._left -= fitting * size
        return fitting


def _quantity(number: int) -> int:
    """Return a count as the largest that the engine's `int` can be, if it is larger."""
    return min(number, 2**31 - 1)


def _waiting(it: WaitingJob, waiting: Queue, holders: Sequence[int], wanted: Selection, room: _Room) -> dict[str, Any]:
    pipelines = list(_pipelines_of(it, waiting.free_slots, room))
    total = sum(it.pipelines.values())
    had = min(total, waiting.free_slots)
    groups = [group for pipeline in pipelines for group in pipeline["taskGroupDiagnostics"]]
    return {
        "jobId": it.job.id.number,
        "jobName": it.job.name,
        "pendingSourceState": "SUBMIT",
        "jobStatus": it.job.status.value,
        "enqueueTimestamp": wanted.moment(it.since),
        "checkTime": wanted.moment(it.checked),
        "waitDurationMs": milliseconds(waiting.now) - milliseconds(it.since),
        "checkCount": it.checks,
        "totalTaskGroups": _quantity(total),
        "allocatedTaskGroups": _quantity(had),
        "lackingTaskGroups": _quantity(total - had),
        **_NOT_ENOUGH,
        "tagFilter": {},
        "blockingJobIds": holders[: room.fit(len(holders), _ID_BYTES)],
        "pipelines": pipelines,
        "lackingTaskGroupDiagnostics": [group for group in groups if not group["allocated"]],
    }


_ID_BYTES: Final = 20
_GROUP_BYTES: Final = 500
"""A task group stands in two lists."""


def _pipelines_of(it: WaitingJob, free: int, room: _Room) -> Iterator[dict[str, Any]]:
    """Yield the pipelines of a job; the free slots go to its first task groups."""
    count, size = len(it.pipelines), _GROUP_BYTES + 2 * len(it.job.name)
    for number, slots in sorted(it.pipelines.items()):
        if not room.fit(1, size):
            return
        had = min(free, slots)
        free -= had
        yield {
            "pipelineId": number,
            "pipelineName": f"Job {it.job.name}, Pipeline: [({number}/{count})]",
            "totalTaskGroups": _quantity(slots),
            "allocatedTaskGroups": _quantity(had),
            "lackingTaskGroups": _quantity(slots - had),
            "taskGroupDiagnostics": [
                _group(it, number, group, had=group <= had) for group in range(1, room.fit(slots, size) + 1)
            ],
        }


def _group(it: WaitingJob, pipeline: int, number: int, *, had: bool) -> dict[str, Any]:
    return {
        "taskGroupLocation": {"jobId": it.job.id.number, "pipelineId": pipeline, "taskGroupId": number},
        "taskFullName": f"Job {it.job.name} pipeline {pipeline} task group {number}",
        "allocated": had,
        **({} if had else _NOT_ENOUGH),
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
