"""The result of planning: pipelines of sources, transforms and sinks that move rows, and the counters of these rows.

This is all that the planner, which knows configurations and plugins, shares with the runtime, which knows time, states
and counters. As in the engine, a rate is the count since the job began to run, divided by the time since then. It is
updated at reports only, so that two responses about an idle job are equal; the engine updates it for each response.
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
    """The bytes as the engine counts them, for the byte metrics of the job. Sources and transforms set it."""
    subtask: int = 0
    """The number of the source's reader that made the row, from 0."""


MOST_ASSERTED = 10_000
"""The most tables whose rows are counted for Assert."""


@dataclass(frozen=True, slots=True)
class AssertedRows:
    """The number of rows in the Assert sinks of all jobs, by table. As on an engine, the counts outlive the jobs."""

    counts: Counter[str] = field(default_factory=Counter)
    tables: set[str] = field(default_factory=set)

    def add(self, path: str, table: str) -> None:
        """Count a row for the table `path`; `table` is the name in the row, which may differ in a sink of one table."""
        if len(self.counts) > MOST_ASSERTED or len(self.tables) > MOST_ASSERTED:
            self.counts.clear()
            self.tables.clear()
        self.counts[path] += 1
        self.tables.add(table)


@dataclass(frozen=True, slots=True)
class TaskContext:
    """The surroundings of a running sink: its job and subtask, and a function that writes to the job's log.

    `sandbox` is the folder for its files, `space` the limit of their bytes. `asserted` is shared by all jobs.
    """

    job_id: JobId
    subtask: int
    log: Callable[[str], None]
    sandbox: Path | None = None
    space: JobSpace = field(default_factory=JobSpace)
    asserted: AssertedRows = field(default_factory=AssertedRows)


class Source(Protocol):
    """A source of rows; the same seed gives the same rows."""

    plugin: str
    """The plugin's name as the configuration spells it."""
    jar: str
    """The name of the jar file that the engine loads the plugin from."""
    parallelism: int
    """The number of readers."""
    produces: tuple[Table, ...]
    """The tables of the rows, in the source's order."""
    tables: tuple[str, ...]
    """The paths of `produces`."""
    note: str | None
    """A note for the job's log."""
    endless: bool
    """Whether the source never ends, even in a batch job (`row.num` of 0 or less)."""
    read_interval: float
    """Seconds of the engine's clock between two batches, so that splits take as long as in the engine."""

    def batches(self, *, skip: int = 0) -> Iterator[Sequence[Row]]:
        """Yield all rows after the first `skip` ones (a restored position), in batches of at most 100."""


def unchanged(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows as they are."""
    return rows


@dataclass(frozen=True, slots=True)
class Transform:
    """A function that changes rows; by default, rows pass unchanged."""

    plugin: str
    """The plugin's name as the configuration spells it."""
    produces: Table
    """The table of the transformed rows."""
    apply: Callable[[Sequence[Row]], Sequence[Row]] = unchanged
    """Returns the transformed rows. May raise `TaskFailed`, for which the job fails."""
    note: str | None = None
    """A note for the job's log."""


class Sink:
    """Base class of sinks; it ignores rows. Every pipeline has its own sinks.

    Every method may raise `TaskFailed`, for which the job fails.
    """

    plugin: str
    """The plugin's name as the configuration spells it."""
    jar: str
    """The name of the jar file that the engine loads the plugin from."""
    commits = False
    """Whether a task commits for all writers of the sink, which takes another slot."""
    single_table = False
    """Whether the sink can write only one table."""
    note: str | None = None
    """A note for the job's log."""

    def prepare(self, context: TaskContext) -> None:
        """Check conditions before the job is accepted, such as the save mode. Raises `EngineFailure`."""

    def open(self, context: TaskContext) -> None:
        """Begin an attempt in a subtask, before the first row."""

    def write(self, rows: Sequence[Row], context: TaskContext) -> None:
        """Write a batch of rows."""

    def close(self, context: TaskContext) -> None:
        """End an attempt: flush files, check rules about all rows.

        It is called once for each attempt, however that ends. An error makes the job fail only after the last row of
        a batch job.
        """


@dataclass(frozen=True, slots=True)
class Branch:
    """A path through a pipeline: the transforms between its source and one of its sinks."""

    transforms: tuple[Transform, ...]
    sink: Sink
    counted_as: str | None = None
    """The table that all rows of the sink are counted for; None for their own (`submit-job/two-sources-one-sink`)."""
    tables: tuple[str, ...] = ()
    """The tables that counters show from the start, with 0; a sink with `counted_as` has none."""
    vertex: str = "Sink[0]"
    """The name of the sink's vertex in counters, with the number of the sink in the job."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A source with all paths of its rows; the pipelines of a job run independently of each other."""

    number: int
    source: Source
    branches: tuple[Branch, ...]
    slots: int = 1
    """The number of slots that the pipeline needs."""

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
    """Seconds between two checkpoints; None for no checkpoints."""
    retry_times: int
    slots: int
    """The number of slots that the job needs."""
    jars: tuple[str, ...]
    plan: JobPlan
    pipelines: tuple[Pipeline, ...]
    finished_name: str = ""
    """The name in the history; it differs if `SeaTunnel` was requested (`submit-job/name-seatunnel-…`)."""
    retry_interval: float = 3.0
    """Seconds between a failure and the next attempt (`job.retry.interval.seconds`)."""
    notes: tuple[str, ...] = ()
    """Lines that the job's log gets at the start."""
    tag_filter: Mapping[str, object] = field(default_factory=dict)
    """The tags that workers of the job must have."""
    prepare_sources: Callable[[], None] = lambda: None
    """Called before the rows of an attempt are read; may raise."""
    meter: RowMeter | None = None
    """The meter of the work for its rows; None for one with default limits."""
    weight: int = 0
    """The approximate bytes of memory that the job needs while it runs or waits."""

    @property
    def line(self) -> str:
        """The name with escaped line breaks, for logs."""
        return self.name.replace("\r", "\\r").replace("\n", "\\n")


K = TypeVar("K", bound=Hashable)


class _RowCounter:
    """Rows and bytes of one table, or of all tables, and their rates at the last report."""

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
    """The counters of all sources by table, or of all sinks by vertex and table, and their total."""

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
    """The counters of a job. After a start from a savepoint, they continue with its values."""

    def __init__(self, before: JobMetrics = JobMetrics()) -> None:  # noqa: B008 - frozen
        self._source = _Side(before.source, before.source_tables.items())
        self._sink = _Side(before.sink, before.sink_vertices.items())
        self._flush_signals: dict[str, dict[str, float]] = {}

    def expect(self, source_tables: Iterable[str], sink_tables: Iterable[SinkTable]) -> None:
        """Show these tables from now on, even without rows."""
        for table in source_tables:
            self._source.add(table, 0, 0)
        for key in sink_tables:
            self._sink.add(key, 0, 0)

    def report_vertices(self, plan: JobPlan) -> None:
        """Show the counters of flush signals of these vertices from now on; they are 0, as no job has a timer."""
        self._flush_signals = {
            name: {vertex.label: 0 for vertex in plan.vertices if vertex.type == type_ and vertex.label}
            for name, type_ in FLUSH_SIGNALS.items()
        }

    def received(self, rows: Sequence[Row], sign: int = 1) -> None:
        """Count rows that a source made; with a `sign` of -1, subtract them."""
        for table, count, size in _counted(rows):
            self._source.add(table, sign * count, sign * size)

    def written(self, rows: Sequence[Row], table: str | None = None, vertex: str = "Sink[0]") -> None:
        """Count rows that a sink wrote, for `table` or for their own tables."""
        for own, count, size in _counted(rows):
            self._sink.add(SinkTable(vertex, table or own), count, size)

    def report(self, seconds: float) -> None:
        """Update the rates, `seconds` after the job began to run; less than one second counts as one."""
        whole = max(seconds, 1.0)
        self._source.report(whole)
        self._sink.report(whole)

    def metrics(self) -> JobMetrics:
        """Return the current counts, with the rates of the last report."""
        return JobMetrics(
            source=self._source.total.metrics(),
            sink=self._sink.total.metrics(),
            source_tables=self._source.by_table(),
            sink_vertices=self._sink.by_table(),
            flush_signals=self._flush_signals,
        )

    def committed(self, saved: JobMetrics | None) -> JobMetrics:
        """Return the current counts, with the `saved` ones as committed; for None, all are committed."""
        metrics = self.metrics()
        done = metrics if saved is None else saved
        tables = {key: done.sink_vertices.get(key, TableMetrics()) for key in metrics.sink_vertices}
        return replace(metrics, committed=done.sink, committed_vertices=tables)


def _counted(rows: Sequence[Row]) -> Iterable[tuple[str, int, int]]:
    """Yield each table of rows, in order, with its number of rows and of bytes."""
    for table in sorted({row.table for row in rows}):
        sizes = [row.size for row in rows if row.table == table]
        yield table, len(sizes), sum(sizes)
