"""Members of the responses of newer operations about workers, checkpoints, loggers and plugins.

Unlike in older operations, numbers are JSON numbers. The classes contain the values for a response; the tables map its
members to these values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

from seatunnel_server.api.members import ABSENT, Members, Nested, always, itself, milliseconds, never
from seatunnel_server.engine.domain import Checkpoint, JobCheckpoints, JobId, LoggerLevel, PipelineCheckpoints, Worker


def quantity(number: int) -> int:
    """Return a count, or the largest Java `int` if the count is larger."""
    return min(number, 2**31 - 1)


WORKER: Final[Members] = {
    "address": lambda it: it.address,
    "tags": lambda it: it.tags,
    "totalSlots": lambda it: quantity(it.total_slots),
    "freeSlots": lambda it: quantity(it.free_slots),
    "dynamicSlot": lambda it: it.dynamic,
    "runningJobIds": lambda it: it.jobs,
    "usedSlots": lambda it: quantity(it.total_slots - it.free_slots),
    # The engine reports 0 cores unless a worker is configured with some. This process has no Java heap.
    **dict.fromkeys(("totalCpuCores", "availableCpuCores"), always(0)),
    **dict.fromkeys(("totalHeapMemoryBytes", "availableHeapMemoryBytes"), always(2**30)),
    **never("cpuUsage", "memUsage"),
}


@dataclass(frozen=True, slots=True)
class WorkerResources:
    """The workers and the time at which they were read."""

    collected: datetime
    workers: Sequence[Worker]


WORKER_RESOURCES: Final[Members] = {
    "available": lambda _: True,
    "collectedAt": lambda it: milliseconds(it.collected),
    "workers": Nested(lambda it: it.workers, WORKER),
}


SLOT_USAGE: Final[Members] = {
    "jobId": lambda it: str(it.job_id),
    "slotCount": lambda it: sum(it.pipelines.values()),
    "slotSourceAvailable": lambda _: True,
    "pipelineSlotCounts": lambda it: {str(number): slots for number, slots in sorted(it.pipelines.items())},
    "workerSlotCounts": lambda it: dict(sorted(it.workers.items())),
}


@dataclass(frozen=True, slots=True)
class HttpService:
    """How a node serves the API: over HTTP at the port of its address, to everybody or to one user."""

    node: str
    context_path: str
    requires_auth: bool

    @property
    def port(self) -> int:
        """The port in the node's address."""
        return int(self.node.rpartition(":")[2])


HTTP_SERVICE: Final[Members] = {
    "httpEnabled": lambda _: True,
    "httpsEnabled": lambda _: False,
    "contextPath": lambda it: it.context_path or "/",
    "configuredHttpPort": lambda it: it.port,
    "configuredHttpsPort": always(8443),
    "httpPort": lambda it: it.port,
    "httpsPort": always(8443),
    "dynamicPortEnabled": lambda _: False,
    "portRange": always(100),
    "basicAuthEnabled": lambda it: it.requires_auth,
    "mutualTlsEnabled": lambda _: False,
}


@dataclass(frozen=True, slots=True)
class CheckpointRecord:
    """A checkpoint and the number of its pipeline."""

    pipeline: int
    checkpoint: Checkpoint


def records_of(pipelines: Sequence[PipelineCheckpoints]) -> list[CheckpointRecord]:
    """Return the checkpoints of all pipelines, the newest first."""
    records = [CheckpointRecord(pipeline.number, it) for pipeline in pipelines for it in pipeline.history]
    return sorted(records, key=lambda it: it.checkpoint.triggered, reverse=True)


_CHECKPOINT: Final[Members] = {
    "checkpointId": lambda it: it.number,
    "checkpointType": lambda it: it.kind,
    "status": always("COMPLETED"),
    "triggerTimestamp": lambda it: milliseconds(it.triggered),
    "completedTimestamp": lambda it: milliseconds(it.triggered),
    "durationMillis": always(0),
    "stateSize": lambda it: it.size,
    **never("failureReason"),
}
CHECKPOINT_RECORD: Final[Members] = {
    "pipelineId": lambda it: it.pipeline,
    "checkpoint": Nested(lambda it: it.checkpoint, _CHECKPOINT),
}
_COUNTS: Final[Members] = {
    "triggered": lambda it: it.count,
    "completed": lambda it: it.count,
    "failed": always(0),
    "inProgress": always(0),
    "restored": lambda it: it.restored,
}
_IN_PROGRESS: Final[Members] = never("checkpointId", "checkpointType", "triggerTimestamp", "acknowledged", "total")
_PIPELINE_CHECKPOINTS: Final[Members] = {
    "pipelineId": lambda it: it.number,
    "counts": Nested(itself, _COUNTS),
    "latestCompleted": Nested(lambda it: next(iter(it.history), None), _CHECKPOINT),
    "latestFailed": Nested(always(None), _CHECKPOINT),
    "latestSavepoint": Nested(
        lambda it: next((each for each in it.history if each.kind == "savepoint"), None), _CHECKPOINT
    ),
    "inProgress": Nested(always(()), _IN_PROGRESS),
    "history": Nested(lambda it: records_of((it,)), CHECKPOINT_RECORD),
}


@dataclass(frozen=True, slots=True)
class CheckpointOverview:
    """The checkpoints of a job, read at `read_at`; `record` is None if the engine has no record of them."""

    job_id: JobId
    record: JobCheckpoints | None
    read_at: datetime


CHECKPOINT_OVERVIEW: Final[Members] = {
    "jobId": lambda it: str(it.job_id),
    "generatedAt": lambda it: milliseconds(it.read_at),
    "updatedAt": lambda it: ABSENT if it.record is None else milliseconds(it.record.updated),
    "pipelines": Nested(lambda it: ABSENT if it.record is None else it.record.pipelines, _PIPELINE_CHECKPOINTS),
}


@dataclass(frozen=True, slots=True)
class NodeLoggers:
    """Loggers of a node; `before` is the logger that the request changes, as it was before the change."""

    node: str
    loggers: Sequence[LoggerLevel]
    before: LoggerLevel | None = None

    @property
    def level(self) -> LoggerLevel:
        """The logger that the request names."""
        return self.loggers[0]

    @property
    def changes(self) -> bool:
        """Whether the logger's level is overridden, or was before the change."""
        return self.level.overridden or (self.before is not None and self.before.overridden)


@dataclass(frozen=True, slots=True)
class ScopedLoggers:
    """The loggers of the node that received the request, or of all nodes if `cluster` is set.

    `name` is the logger that the request names, `level` the level that it sets.
    """

    found: Sequence[NodeLoggers]
    name: str | None = None
    level: str | None = None
    _: KW_ONLY
    cluster: bool

    @property
    def own(self) -> NodeLoggers | None:
        """The loggers of the node that received the request; None if all nodes are listed."""
        return None if self.cluster else self.found[0]

    @property
    def nodes(self) -> Any:
        """The loggers of all nodes; `ABSENT` if only one node's are listed."""
        return self.found if self.cluster else ABSENT


_LISTED_LOGGER: Final[Mapping[str, Callable[[Any], Any]]] = {
    "name": lambda it: it.name,
    "level": lambda it: it.level,
    "origin": lambda it: "runtime-override" if it.overridden else "file",
    "fileLevel": lambda it: it.file_level if it.overridden and it.file_level else ABSENT,
}


def _of_level(take: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda it: take(it.level)


_NODE_LEVEL: Final[Mapping[str, Callable[[Any], Any]]] = {
    **{name: _of_level(take) for name, take in _LISTED_LOGGER.items()},
    "node": lambda it: it.node,
    "previousLevel": lambda it: it.before.level if it.before else ABSENT,
    "status": lambda it: ABSENT if it.before is None else "SUCCESS" if it.changes else "NO_OVERRIDE",
    **never("error"),
}


def _of_node(take: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the source of a member that only responses about a single node have."""
    return lambda it: take(it.own) if it.own else ABSENT


_SCOPE: Final[Members] = {"scope": lambda it: "cluster" if it.cluster else ABSENT}
LOGGERS: Final[Members] = {
    "node": _of_node(lambda it: it.node),
    "loggers": Nested(_of_node(lambda it: it.loggers), _LISTED_LOGGER),
    **_SCOPE,
    "status": lambda it: "SUCCESS" if it.cluster else ABSENT,
    "nodes": Nested(
        lambda it: it.nodes,
        {
            "node": lambda it: it.node,
            "loggers": Nested(lambda it: it.loggers, _LISTED_LOGGER),
            **never("status", "error"),
        },
    ),
}
LOGGER: Final[Members] = {
    **{name: _of_node(take) for name, take in _NODE_LEVEL.items()},
    **_SCOPE,
    "name": lambda it: it.name,
    "level": lambda it: it.own.level.level if it.own else it.level or ABSENT,
    "status": lambda it: "SUCCESS" if it.cluster else _NODE_LEVEL["status"](it.own),
    "nodes": Nested(lambda it: it.nodes, _NODE_LEVEL),
}
"""The members of a logger, and of a change of its level."""


_BUCKET: Final = 5000
_REALTIME_JOB: Final[Members] = {
    "jobId": lambda it: it.id,
    "enabled": lambda _: False,
    "bucketMs": always(_BUCKET),
    "retentionMinutes": always(3),
    "latestBucketStartMs": always(-1),
}
REALTIME_JOBS: Final[Members] = {
    "jobs": Nested(itself, _REALTIME_JOB),
    "collector": always({"pollIntervalMs": _BUCKET}),
}
_NO_POINTS: Final = Nested(always(()), never("ts"))
# Its value is a pair: begin and end of a window, in milliseconds since 1970.
REALTIME_WINDOW: Final[Members] = {
    "enabled": lambda _: False,
    "bucketMs": always(_BUCKET),
    "fromMs": itemgetter(0),
    "toMs": itemgetter(1),
    "vertices": Nested(always(()), {**never("vertexId"), "points": _NO_POINTS}),
    "edges": Nested(always(()), {**never("queueId", "targetVertexId"), "points": _NO_POINTS}),
}
