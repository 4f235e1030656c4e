"""Reports of a cluster about its workers, queue, checkpoints and logs, read into the engine's vocabulary."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from seatunnel_server.engine.domain import (
    Checkpoint,
    Job,
    JobCheckpoints,
    JobId,
    JobMetrics,
    JobPlan,
    JobStatus,
    NodeThread,
    Overview,
    PipelineCheckpoints,
    Queue,
    WaitingJob,
    Worker,
)
from seatunnel_server.engine.zeta.cluster import Answer

_PIECE: Final = 16 * 1024


def decoded(answer: Answer) -> str:
    """Return the body of an answer in its charset, UTF-8 if it has none that is known."""
    charset = answer.content_type.lower().partition("charset=")[2].strip('" ') or "utf-8"
    try:
        return answer.body.decode(charset, "replace")
    except LookupError:
        return answer.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class WholeLog:
    """A log that has been read as a whole."""

    text: str

    async def pieces(self) -> AsyncIterator[str]:
        """Yield the text in pieces."""
        for at in range(0, len(self.text), _PIECE):
            yield self.text[at : at + _PIECE]


def overview_of(raw: Mapping[str, Any]) -> Overview:
    """Read the counts. Counts of slots stay as the cluster has them, whether it has dynamic slots or not."""
    return Overview(
        project_version=str(raw["projectVersion"]),
        git_commit=str(raw["gitCommitAbbrev"]),
        total_slots=int(raw["totalSlot"]),
        unassigned_slots=int(raw["unassignedSlot"]),
        workers=int(raw["workers"] if "workers" in raw else raw["works"]),
        running_jobs=int(raw["runningJobs"]),
        finished_jobs=int(raw["finishedJobs"]),
        failed_jobs=int(raw["failedJobs"]),
        cancelled_jobs=int(raw["cancelledJobs"]),
        pending_jobs=int(raw.get("pendingJobs", 0)),
        dynamic_slots=False,
    )


def worker_of(raw: Mapping[str, Any]) -> Worker:
    """Read a worker."""
    jobs = tuple(JobId(int(number)) for number in raw["runningJobIds"])
    return Worker(
        raw["address"], raw["tags"] or {}, int(raw["totalSlots"]), int(raw["freeSlots"]), raw["dynamicSlot"], jobs
    )


def queue_of(raw: Mapping[str, Any]) -> Queue:
    """Read the queue of waiting jobs."""
    snapshot, summary = raw["clusterSnapshot"], raw["queueSummary"]
    jobs = tuple(map(_waiting, raw["pendingJobs"]))
    now = datetime.now()  # noqa: DTZ005 - only compared with other moments of this zone
    return Queue(now, summary["scheduleStrategy"] == "WAIT", int(snapshot["freeSlots"]), jobs)


def _waiting(raw: Mapping[str, Any]) -> WaitingJob:
    since = _moment(raw["enqueueTimestamp"])
    job = Job(
        id=JobId(int(raw["jobId"])),
        name=raw["jobName"],
        status=JobStatus(raw["jobStatus"]),
        env_options={},
        create_time=since,
        plan=JobPlan({}, ()),
        metrics=JobMetrics(),
        version=0,
    )
    pipelines = {int(it["pipelineId"]): int(it["totalTaskGroups"]) for it in raw["pipelines"]}
    return WaitingJob(job, since, _moment(raw["checkTime"]), int(raw["checkCount"]), pipelines)


def checkpoints_of(raw: Mapping[str, Any]) -> JobCheckpoints | None:
    """Read the record of a job's checkpoints; None if the cluster has only the id."""
    if "pipelines" not in raw:
        return None
    return JobCheckpoints(
        JobId.parse(str(raw["jobId"])), _moment(raw["updatedAt"]), tuple(map(_pipeline, raw["pipelines"]))
    )


def _pipeline(raw: Mapping[str, Any]) -> PipelineCheckpoints:
    counts = raw["counts"]
    done = [it["checkpoint"] for it in raw["history"] if it["checkpoint"]["status"] == "COMPLETED"]
    return PipelineCheckpoints(
        int(raw["pipelineId"]), int(counts["completed"]), int(counts["restored"]), tuple(map(_checkpoint, done))
    )


def _checkpoint(raw: Mapping[str, Any]) -> Checkpoint:
    return Checkpoint(
        int(raw["checkpointId"]), raw["checkpointType"], _moment(raw["triggerTimestamp"]), int(raw["stateSize"])
    )


def _moment(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000)  # noqa: DTZ006 - shown in the gateway's own zone


def threads_of(dump: Any, running: Any) -> Iterator[NodeThread]:
    """Read the threads of a dump, each with the class loader that the list of running threads has for its name."""
    loaders: dict[str, list[str]] = {}
    for it in running:
        loaders.setdefault(it["threadName"], []).append(it["classLoader"])
    for it in dump:
        name = it["threadName"]
        loader = loaders[name].pop(0) if loaders.get(name) else "null"
        yield NodeThread(int(it["threadId"]), name, it["threadState"], it["stackTrace"], loader)
