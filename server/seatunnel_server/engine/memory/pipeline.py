"""The result of planning: pipelines of sources, transforms and sinks that move rows, and the counts of these rows.

The planner knows configurations and plugins, the runtime knows time, states and counters; this is all they share. The
rate of a count is the engine's: what was counted since the job began to run, over the time since then. It is taken at
report ticks only, so that two looks at an idle job see the same; the engine takes it at every look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

from seatunnel_server.engine.domain import FLUSH_SIGNALS, JobId, JobMetrics, JobPlan, SinkTable, TableMetrics
from seatunnel_server.engine.memory.limits import JobSpace, RowMeter
from seatunnel_server.engine.memory.schema import Table


class RowKind(StrEnum):
    """A row's kind in a change stream, in the short form that the Console sink prints."""

    INSERT = "+I"
    UPDATE_BEFORE = "-U"
    UPDATE_AFTER = "+U"
    DELETE = "-D"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: the table's dotted path, the values in column order, the kind, and the counted size."""

    table: str
    values: tuple[Any, ...]
    kind: RowKind = RowKind.INSERT
    size: int = 0
    """Bytes as the engine counts them; the sum is what the job's byte metrics show. Sources and transforms set it."""
    subtask: int = 0
    """The number of the source's reader that made it, from 0."""


MOST_ASSERTED = 10_000
"""Tables whose rows are counted for Assert."""


@dataclass(frozen=True, slots=True)
class AssertedRows:
    """Rows that the Assert sinks of all jobs have taken, by table: the engine counts them in its process."""

    counts: Counter[str] = field(default_factory=Counter)
    tables: set[str] = field(default_factory=set)

    def add(self, path: str, table: str) -> None:
        """Count a row of a table, which has another name if the sink writes a single one."""
        if len(self.counts) > MOST_ASSERTED or len(self.tables) > MOST_ASSERTED:
            self.counts.clear()
            self.tables.clear()
        self.counts[path] += 1
        self.tables.add(table)


@dataclass(frozen=True, slots=True)
class TaskContext:
    """Where a sink or transform works: its job and subtask, the job's log.

    `sandbox` is the folder that it may write files to, `space` how much. `asserted` is shared by all jobs.
    """

    job_id: JobId
    subtask: int
    log: Callable[[str], None]
    sandbox: Path | None = None
    space: JobSpace = field(default_factory=JobSpace)
    asserted: AssertedRows = field(default_factory=AssertedRows)


class Source(Protocol):
    """Makes rows, deterministically under its seed."""

    plugin: str
    """The plugin's name as the configuration spells it."""
    jar: str
    """The name of the jar file that the engine loads it from."""
    parallelism: int
    """How many readers it has."""
    produces: tuple[Table, ...]
    """The tables that it makes rows of, in its order."""
    tables: tuple[str, ...]
    """The paths of those tables."""
    note: str | None
    """A note for the job's log."""
    endless: bool
    """Whether even a batch job never ends on it (`row.num` of 0 or less)."""
    read_interval: float
    """Seconds of engine time between two batches, so that its splits take their time; 0 for none."""

    def batches(self, *, skip: int = 0) -> Iterator[Sequence[Row]]:
        """Yield all rows in batches of at most 100, leaving out the first `skip` rows (a restored position)."""


def unchanged(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows as they are."""
    return rows


@dataclass(frozen=True, slots=True)
class Transform:
    """A function of rows on their way; unless it is given one, it lets all of them through as they are."""

    plugin: str
    """The plugin's name as the configuration spells it."""
    produces: Table
    """The table that the rows belong to afterwards."""
    apply: Callable[[Sequence[Row]], Sequence[Row]] = unchanged
    """Returns the transformed rows; may raise `TaskFailed`, which fails the job."""
    note: str | None = None
    """A note for the job's log."""


class Sink:
    """Takes rows; every pipeline gets its own. This one commits nothing, and does nothing with its rows.

    Every method may raise `TaskFailed`, which fails the job.
    """

    plugin: str
    """The plugin's name as the configuration spells it."""
    jar: str
    """The name of the jar file that the engine loads it from."""
    commits = False
    """Whether it has a task that commits for all its writers, which takes a slot of its own."""
    single_table = False
    """Whether it can't write several tables."""
    note: str | None = None
    """A note for the job's log."""

    def prepare(self, context: TaskContext) -> None:
        """Check what must be right before the job is accepted (the save mode); raises `EngineFailure` if it is not."""

    def open(self, context: TaskContext) -> None:
        """Begin an attempt in a subtask, before the first row."""

    def write(self, rows: Sequence[Row], context: TaskContext) -> None:
        """Take a batch of rows."""

    def close(self, context: TaskContext) -> None:
        """Finish: flush files, evaluate rules over the whole of the rows.

        Called once for each attempt, however it ends, so that nothing stays open; only after the last row of a batch
        job does a failure here fail the job.
        """


@dataclass(frozen=True, slots=True)
class Branch:
    """One way through a pipeline: the transform chain that the rows of the pipeline's source take to one sink."""

    transforms: tuple[Transform, ...]
    sink: Sink
    counted_as: str | None = None
    """The table that the sink's rows count under, where it is not their own (`submit-job/two-sources-one-sink`)."""
    tables: tuple[str, ...] = ()
    """The tables that the sink counts from the start, 0 included; a sink with `counted_as` has none."""
    vertex: str = "Sink[0]"
    """The name of the sink's vertex as counters show it: its place among the sinks of the job."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A source and everything that its rows reach; pipelines of a job run independently of each other."""

    number: int
    source: Source
    branches: tuple[Branch, ...]
    slots: int = 1
    """How many slots of the job's it takes."""

    @property
    def writers(self) -> int:
        """The number of tables in its sinks, each counted once for every parallel task."""
        return self.source.parallelism * sum(max(len(branch.tables), 1) for branch in self.branches)


@dataclass(frozen=True, slots=True)
class ExecutableJob:
    """A planned job, ready to run."""

    name: str
    mode: Literal["BATCH", "STREAMING"]
    env_options: Mapping[str, str | None]
    checkpoint_interval: float | None
    """Seconds between two checkpoints; None when there are none."""
    retry_times: int
    slots: int
    """How many slots the job occupies while it runs."""
    jars: tuple[str, ...]
    plan: JobPlan
    pipelines: tuple[Pipeline, ...]
    finished_name: str = ""
    """The name in the finished form, which differs when `SeaTunnel` was asked for (`submit-job/name-seatunnel-…`)."""
    retry_interval: float = 3.0
    """Seconds between a failure and the next attempt (`job.retry.interval.seconds`)."""
    notes: tuple[str, ...] = ()
    """Lines of the planner for the job's log when the job starts."""
    tag_filter: Mapping[str, object] = field(default_factory=dict)
    """The tags that a worker must have for the job to get slots there."""
    prepare_sources: Callable[[], None] = lambda: None
    """Called when rows are about to be read; may raise."""
    meter: RowMeter | None = None
    """The limits of its rows; None for the usual ones."""
    weight: int = 0
    """About how many bytes it needs in memory while it runs or waits."""

    @property
    def line(self) -> str:
        """The name without line breaks, for logs."""
        return self.name.replace("\r", "\\r").replace("\n", "\\n")


K = TypeVar("K", bound=Hashable)


class _RowCounter:
    """Rows and bytes of one table, or of all, and their rates at the last report."""

    __slots__ = ("bytes", "bytes_before", "bytes_rate", "count", "count_before", "count_rate")

    def __init__(self, before: TableMetrics = TableMetrics()) -> None:  # noqa: B008 - frozen
        self.count = self.count_before = before.count
        self.bytes = self.bytes_before = before.bytes
        self.count_rate = self.bytes_rate = 0.0

    def report(self, seconds: float) -> None:
        self.count_rate = (self.count - self.count_before) / seconds
        self.bytes_rate = (self.bytes - self.bytes_before) / seconds

    def metrics(self) -> TableMetrics:
        return TableMetrics(self.count, self.bytes, self.count_rate, self.bytes_rate)


class _Side(Generic[K]):
    """Counters of the sources by table, or of the sinks by vertex and table; and their total."""

    __slots__ = ("tables", "total")

    def __init__(self, total: TableMetrics, tables: Iterable[tuple[K, TableMetrics]]) -> None:
        self.total = _RowCounter(total)
        self.tables = {table: _RowCounter(before) for table, before in tables}

    def add(self, table: K, count: int, size: int) -> None:
        tally = self.tables.get(table)
        if tally is None:
            tally = self.tables[table] = _RowCounter()
        for each in (tally, self.total):
            each.count += count
            each.bytes += size

    def report(self, seconds: float) -> None:
        for tally in (self.total, *self.tables.values()):
            tally.report(seconds)

    def by_table(self) -> dict[K, TableMetrics]:
        return {table: tally.metrics() for table, tally in self.tables.items()}


class Counters:
    """The counters of a job. After a start from a savepoint, they continue from their values there."""

    def __init__(self, before: JobMetrics = JobMetrics()) -> None:  # noqa: B008 - frozen
        self._source = _Side(before.source, before.source_tables.items())
        self._sink = _Side(before.sink, before.sink_vertices.items())
        self._flush_signals: dict[str, dict[str, float]] = {}

    def expect(self, source_tables: Iterable[str], sink_tables: Iterable[SinkTable]) -> None:
        """Show these tables from now on, with 0 while nothing is counted."""
        for table in source_tables:
            self._source.add(table, 0, 0)
        for key in sink_tables:
            self._sink.add(key, 0, 0)

    def report_vertices(self, plan: JobPlan) -> None:
        """Show the counters of flush signals of these vertices from now on: 0, because no job here has a timer."""
        self._flush_signals = {
            name: {vertex.label: 0 for vertex in plan.vertices if vertex.type == type_ and vertex.label}
            for name, type_ in FLUSH_SIGNALS.items()
        }

    def received(self, rows: Sequence[Row], sign: int = 1) -> None:
        """Count rows that a source made, or with -1 take them back."""
        for table, count, size in _counted(rows):
            self._source.add(table, sign * count, sign * size)

    def written(self, rows: Sequence[Row], table: str | None = None, vertex: str = "Sink[0]") -> None:
        """Count rows that the sink of a vertex took, under `table` or under their own."""
        for own, count, size in _counted(rows):
            self._sink.add(SinkTable(vertex, table or own), count, size)

    def report(self, seconds: float) -> None:
        """Take the rates, `seconds` after the job began to run; less than one second counts as one."""
        whole = max(seconds, 1.0)
        self._source.report(whole)
        self._sink.report(whole)

    def metrics(self) -> JobMetrics:
        """Return the counts of this moment with the rates of the last report."""
        return JobMetrics(
            source=self._source.total.metrics(),
            sink=self._sink.total.metrics(),
            source_tables=self._source.by_table(),
            sink_vertices=self._sink.by_table(),
            flush_signals=self._flush_signals,
        )

    def committed(self, saved: JobMetrics | None) -> JobMetrics:
        """Return the current counts. The `saved` ones are committed; None commits all."""
        metrics = self.metrics()
        done = metrics if saved is None else saved
        tables = {key: done.sink_vertices.get(key, TableMetrics()) for key in metrics.sink_vertices}
        return replace(metrics, committed=done.sink, committed_vertices=tables)


def _counted(rows: Sequence[Row]) -> Iterable[tuple[str, int, int]]:
    """Yield each table with its number of rows and of bytes."""
    for table in sorted({row.table for row in rows}):
        sizes = [row.size for row in rows if row.table == table]
        yield table, len(sizes), sum(sizes)
