"""Counting the rows of a running job, and the rates that follow.

A rate is the engine's: what was counted since the job began to run, over the time since then. It is taken at report
ticks only, so that two looks at an idle job see the same; the engine takes it at every look.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seatunnel_server.engine.domain import JobMetrics, TableMetrics
from seatunnel_server.engine.memory.pipeline import Row


class _Tally:
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


class _Side:
    """What came in at the sources, or went out at the sinks: by table, and in total."""

    __slots__ = ("tables", "total")

    def __init__(self, total: TableMetrics, tables: Iterable[tuple[str, TableMetrics]]) -> None:
        self.total = _Tally(total)
        self.tables = {table: _Tally(before) for table, before in tables}

    def add(self, table: str, count: int, size: int) -> None:
        tally = self.tables.get(table)
        if tally is None:
            tally = self.tables[table] = _Tally()
        for each in (tally, self.total):
            each.count += count
            each.bytes += size

    def report(self, seconds: float) -> None:
        for tally in (self.total, *self.tables.values()):
            tally.report(seconds)

    def by_table(self) -> dict[str, TableMetrics]:
        return {table: tally.metrics() for table, tally in self.tables.items()}


class Counters:
    """What one job has moved so far. A job that starts from a savepoint goes on counting where it was saved."""

    def __init__(self, before: JobMetrics = JobMetrics()) -> None:  # noqa: B008 - frozen
        self._source = _Side(before.source, before.source_tables.items())
        self._sink = _Side(before.sink, before.sink_tables.items())

    def expect(self, source_tables: Iterable[str], sink_tables: Iterable[str]) -> None:
        """Show these tables from now on, with 0 while nothing is counted."""
        for side, tables in ((self._source, source_tables), (self._sink, sink_tables)):
            for table in tables:
                side.add(table, 0, 0)

    def received(self, rows: Sequence[Row]) -> None:
        """Count rows that a source made."""
        _count(self._source, rows, None)

    def written(self, rows: Sequence[Row], table: str | None = None) -> None:
        """Count rows that a sink took, under `table` or under their own."""
        _count(self._sink, rows, table)

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
            sink_tables=self._sink.by_table(),
        )


def _count(side: _Side, rows: Sequence[Row], table: str | None) -> None:
    if table is None:
        tables = {row.table for row in rows}
        if len(tables) > 1:
            for each in sorted(tables):
                _count(side, [row for row in rows if row.table == each], each)
            return
        table = next(iter(tables), None)
    if table is not None:
        side.add(table, len(rows), sum(row.size for row in rows))
