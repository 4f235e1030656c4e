"""The values that an engine gives to the API, such as jobs, workers and logs. They are independent of JSON and HTTP.

Source: the behaviour of the Zeta engine in 2.3.9 and 2.3.10, as recorded and read in its code.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, NamedTuple, Protocol, Self

from seatunnel_server.engine.javatext import LONG_RANGE, parsed


class JobStatus(StrEnum):
    """Every state the engine knows (`JobStatus` in its core)."""

    INITIALIZING = "INITIALIZING"
    CREATED = "CREATED"
    PENDING = "PENDING"
    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    FAILING = "FAILING"
    FAILED = "FAILED"
    DOING_SAVEPOINT = "DOING_SAVEPOINT"
    SAVEPOINT_DONE = "SAVEPOINT_DONE"
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"
    FINISHED = "FINISHED"
    UNKNOWABLE = "UNKNOWABLE"

    @property
    def is_end(self) -> bool:
        """Whether a job in this state has ended."""
        return self in _END_STATES


_END_STATES = frozenset(
    {JobStatus.FAILED, JobStatus.SAVEPOINT_DONE, JobStatus.CANCELED, JobStatus.FINISHED, JobStatus.UNKNOWABLE}
)


class JobId(int):
    """A job's id: a signed 64-bit integer, presented as decimal text because JSON numbers lose digits above 2^53."""

    __slots__ = ()

    @classmethod
    def parse(cls, raw: str) -> Self:
        """Read an id as Java does. Raises `InvalidNumber`."""
        return cls(parsed(raw, LONG_RANGE))


VertexType = Literal["source", "transform", "sink"]


@dataclass(frozen=True, slots=True)
class Vertex:
    """A step of the physical plan, named as the engine names it: `pipeline-1 [Source[0]-FakeSource]`."""

    id: int
    type: VertexType
    name: str
    table_paths: tuple[str, ...] = ()

    @property
    def label(self) -> str | None:
        """The vertex's name in counters, such as `Source[0]`; None if `name` does not contain it."""
        found = _VERTEX_LABEL.search(self.name)
        return found and found[0]


_VERTEX_LABEL: Final = re.compile(r"(Source|Sink|Transform)\[\d+\]")


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge of the plan, along which rows flow from one vertex to another."""

    input_vertex_id: int
    target_vertex_id: int


@dataclass(frozen=True, slots=True)
class JobPlan:
    """The physical plan: edges by pipeline number, and all vertices in the engine's order."""

    edges: Mapping[int, tuple[Edge, ...]]
    vertices: tuple[Vertex, ...]


@dataclass(frozen=True, slots=True)
class TableMetrics:
    """The counters of one table on one side: rows, bytes, and their rates per second."""

    count: int = 0
    bytes: int = 0
    qps: float = 0.0
    bytes_per_second: float = 0.0

    def __add__(self, other: TableMetrics) -> TableMetrics:
        return TableMetrics(
            self.count + other.count,
            self.bytes + other.bytes,
            self.qps + other.qps,
            self.bytes_per_second + other.bytes_per_second,
        )


class SinkTable(NamedTuple):
    """A table and one of the sinks that write to it."""

    vertex: str
    """The name of the sink's vertex, such as `Sink[0]`."""
    table: str


@dataclass(frozen=True, slots=True)
class JobMetrics:
    """Counters of a job: totals of sources and sinks, and counters by table path; those of sinks also by vertex."""

    source: TableMetrics = TableMetrics()
    sink: TableMetrics = TableMetrics()
    source_tables: Mapping[str, TableMetrics] = field(default_factory=dict)
    sink_vertices: Mapping[SinkTable, TableMetrics] = field(default_factory=dict)
    committed: TableMetrics = TableMetrics()
    """The counters of written rows that a checkpoint has confirmed."""
    committed_vertices: Mapping[SinkTable, TableMetrics] = field(default_factory=dict)
    flush_signals: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """The counters of `FLUSH_SIGNALS` that tasks have reported: by name, then by vertex."""

    @property
    def sink_tables(self) -> dict[str, TableMetrics]:
        """The counters of each written table, over all sinks."""
        return _by_table(self.sink_vertices)

    @property
    def committed_tables(self) -> dict[str, TableMetrics]:
        """The part of `sink_tables` that a checkpoint has confirmed."""
        return _by_table(self.committed_vertices)


FLUSH_SIGNALS: Final[Mapping[str, VertexType]] = {
    **dict.fromkeys(("Total", "QPS", "QueueSuccessTotal", "QueueFailureTotal"), "source"),
    **dict.fromkeys(("SinkSuccessTotal", "SinkFailureTotal", "SinkQPS"), "sink"),
}
"""The counters of flush signals, each with the type of the vertices that report it."""


def _by_table(counters: Mapping[SinkTable, TableMetrics]) -> dict[str, TableMetrics]:
    tables: dict[str, TableMetrics] = {}
    for key, counted in counters.items():
        tables[key.table] = tables[key.table] + counted if key.table in tables else counted
    return tables


@dataclass(frozen=True, slots=True)
class Job:
    """A snapshot of a job.

    `archived` says whether an ended job is in the history. Until then, responses show it like a running job. Two
    snapshots of one job with the same `version` are equal, except for `read_at`.
    """

    id: JobId
    name: str
    status: JobStatus
    env_options: Mapping[str, str | None]
    """The environment, each value as text. A job with a null in it runs, but can't be shown."""
    create_time: datetime
    plan: JobPlan
    metrics: JobMetrics
    version: int
    start_time: datetime | None = None
    finish_time: datetime | None = None
    error: str | None = None
    jars: tuple[str, ...] = ()
    started_from_savepoint: bool = False
    archived: bool = False
    state_times: Mapping[str, datetime] = field(default_factory=dict)
    """The times at which the job reached its states, by the names of states, as far as they are known."""
    read_at: datetime | None = None
    """The time of the response; only set if the response shows it."""


@dataclass(frozen=True, slots=True)
class ConfigText:
    """The text of one or more job configurations in a request, for an engine that parses them itself."""

    content: bytes = field(repr=False)
    content_type: str = ""
    language: str = "json"
    """`json`, `hocon` or `sql`."""
    uploaded: bool = False
    """Whether it was sent as a file."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """The id and name of a job that the engine has accepted."""

    id: JobId
    name: str


class Overview(NamedTuple):
    """Counts of the cluster: its jobs, and the slots and number of the workers that have the requested tags."""

    project_version: str
    git_commit: str
    total_slots: int
    unassigned_slots: int
    workers: int
    running_jobs: int
    finished_jobs: int
    failed_jobs: int
    cancelled_jobs: int
    pending_jobs: int = 0
    dynamic_slots: bool = True


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker: its address in the cluster, its tags and slots, and the jobs that have slots there."""

    address: str
    tags: Mapping[str, str]
    total_slots: int
    free_slots: int
    dynamic: bool
    jobs: tuple[JobId, ...]


@dataclass(frozen=True, slots=True)
class SlotUsage:
    """The slots that a job holds, by the numbers of its pipelines and by the addresses of workers."""

    job_id: JobId
    pipelines: Mapping[int, int]
    workers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class WaitingJob:
    """A job that waits for slots `since` a time, with the number of `checks` for free slots and the time of the last.

    `pipelines` maps the numbers of its pipelines to the slots that each needs.
    """

    job: Job
    since: datetime
    checked: datetime
    checks: int
    pipelines: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Queue:
    """The jobs that wait for slots, the longest waiting first. If `waits` is false, jobs fail instead of waiting."""

    now: datetime
    waits: bool
    free_slots: int
    jobs: tuple[WaitingJob, ...]


CheckpointKind = Literal["checkpoint", "savepoint", "completed-point"]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A completed checkpoint; `size` is the size of its state in bytes."""

    number: int
    kind: CheckpointKind
    triggered: datetime
    size: int


@dataclass(frozen=True, slots=True)
class PipelineCheckpoints:
    """The checkpoints of a pipeline: their `count`, how often it was restored, and the latest ones, newest first."""

    number: int
    count: int
    restored: int
    history: tuple[Checkpoint, ...]


@dataclass(frozen=True, slots=True)
class JobCheckpoints:
    """The checkpoints of a job by pipeline, and the time of the last change."""

    job_id: JobId
    updated: datetime
    pipelines: tuple[PipelineCheckpoints, ...]


@dataclass(frozen=True, slots=True)
class LoggerLevel:
    """The effective level of a logger; `overridden` if it was set while the node ran."""

    name: str
    level: str
    overridden: bool = False
    file_level: str | None = None
    """The logger's level in the node's configuration, or None."""


@dataclass(frozen=True, slots=True)
class NodeThread:
    """A thread of a node: `state` is a name of Java's `Thread.State`, `stack` has a frame in each line."""

    number: int
    name: str
    state: str
    stack: str
    class_loader: str


class LogText(Protocol):
    """The text of a log file at the time of the request."""

    def pieces(self) -> AsyncIterator[str]:
        """Yield the text from its beginning, in pieces; it may be called several times."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log file and its node, `host:port` as in the links."""

    node: str
    name: str
    linked_at: str = ""
    """The `host:port` of the gateway that the link leads to; empty if the node is not behind one."""
