"""The engine's vocabulary: frozen values that know no JSON and no HTTP.

Source of the facts: the behaviour of the Zeta engine as recorded and read, releases 2.3.9 and 2.3.10.
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
        """Whether a job never leaves this state by itself."""
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
        """The vertex in the names of counters, such as `Source[0]`; None if its name does not have it."""
        found = _VERTEX_LABEL.search(self.name)
        return found and found[0]


_VERTEX_LABEL: Final = re.compile(r"(Source|Sink|Transform)\[\d+\]")


@dataclass(frozen=True, slots=True)
class Edge:
    """Rows flow from one vertex to another."""

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
    """A table at one of the sinks that write to it."""

    vertex: str
    """Such as `Sink[0]`."""
    table: str


@dataclass(frozen=True, slots=True)
class JobMetrics:
    """Counters of a job: totals of both sides, and counters by table path; of sinks also by vertex."""

    source: TableMetrics = TableMetrics()
    sink: TableMetrics = TableMetrics()
    source_tables: Mapping[str, TableMetrics] = field(default_factory=dict)
    sink_vertices: Mapping[SinkTable, TableMetrics] = field(default_factory=dict)
    committed: TableMetrics = TableMetrics()
    """The counters of written rows that a checkpoint has confirmed."""
    committed_vertices: Mapping[SinkTable, TableMetrics] = field(default_factory=dict)
    flush_signals: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """The counters of FLUSH_SIGNALS by name, then by vertex, as far as tasks have reported them."""

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
    """A job at one moment.

    `archived` tells the two last steps of a job apart: an ended job keeps the running form until it has
    moved into the history. Two snapshots of one job with the same `version` are equal, except for `read_at`.
    """

    id: JobId
    name: str
    status: JobStatus
    env_options: Mapping[str, str | None]
    """The environment, each value as text. A job with a null there runs, and can't be shown."""
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
    """When it came to each of its states, by their names, as far as this is known."""
    read_at: datetime | None = None
    """When a client reads it; only set for a response that has this time."""


@dataclass(frozen=True, slots=True)
class ConfigText:
    """A job configuration, or several in JSON, as the request has them, for an engine that parses them itself."""

    content: bytes = field(repr=False)
    content_type: str = ""
    language: str = "json"
    """`json`, `hocon` or `sql`."""
    uploaded: bool = False
    """Whether it was sent as a file."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """The engine's receipt for a job that it has taken."""

    id: JobId
    name: str


class Overview(NamedTuple):
    """Counts over the cluster. Slots and workers are counted over the matching workers, jobs over the cluster."""

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
    """A job that waits for slots: since when, and how often and when last it was tried.

    `pipelines` maps the numbers of its pipelines to the slots that each takes.
    """

    job: Job
    since: datetime
    checked: datetime
    checks: int
    pipelines: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Queue:
    """The jobs that wait for slots, the longest waiting first; without `waits` a job that finds too few has failed."""

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
    """How many checkpoints a pipeline has had, how often it was restored, and the latest, the newest first."""

    number: int
    count: int
    restored: int
    history: tuple[Checkpoint, ...]


@dataclass(frozen=True, slots=True)
class JobCheckpoints:
    """The record of a job's checkpoints."""

    job_id: JobId
    updated: datetime
    pipelines: tuple[PipelineCheckpoints, ...]


@dataclass(frozen=True, slots=True)
class LoggerLevel:
    """The level that holds for a logger; whether it was set while the node ran, and its level in the configuration."""

    name: str
    level: str
    overridden: bool = False
    file_level: str | None = None
    """None for a logger that the configuration does not name."""


@dataclass(frozen=True, slots=True)
class NodeThread:
    """A thread of a node: its state in Java's words, its stack one frame a line."""

    number: int
    name: str
    state: str
    stack: str
    class_loader: str


class LogText(Protocol):
    """The text of a log file as it stood when it was asked for."""

    def pieces(self) -> AsyncIterator[str]:
        """Yield the text from its beginning in pieces of some ten KiB, as often as it is called."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log file and the node that holds it, `host:port` as in the links."""

    node: str
    name: str
    linked_at: str = ""
    """The `host:port` that its link leads to, if not to its node; clients may know it by another address."""
