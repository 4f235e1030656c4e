"""Counting the rows of a running job, and the rates that follow.

A rate is the engine's: what was counted since the job began to run, over the time since then. It is taken at report
ticks only, so that two looks at an idle job see the same; the engine takes it at every look.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from seatunnel_server.engine.domain import FLUSH_SIGNALS, JobMetrics, JobPlan, SinkTable, TableMetrics
from seatunnel_server.engine.memory.pipeline import Row

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
