"""The interface between planner and plugins, beyond the runtime's: the tables that a plugin makes or writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Protocol

from seatunnel_server.engine.memory.connectors.dates import local_now
from seatunnel_server.engine.memory.limits import PlanMeter, RowMeter
from seatunnel_server.engine.memory.pipeline import Row, Sink, Source, TaskContext, Transform
from seatunnel_server.engine.memory.schema import Table


class PlannedSource(Source, Protocol):
    """A source and the tables that it makes rows of, in its order."""

    @property
    def produces(self) -> tuple[Table, ...]:
        """The tables."""

    @property
    def columns_are_known(self) -> bool:
        """Whether the tables have the columns that a real source would make."""

    @property
    def note(self) -> str | None:
        """A note for the job's log."""


class PlannedTransform(Transform, Protocol):
    """A transform, and the table that its rows belong to afterwards."""

    @property
    def produces(self) -> Table:
        """The table."""

    @property
    def note(self) -> str | None:
        """A note for the job's log."""


@dataclass(frozen=True, slots=True)
class TableTransforms:
    """One transform of a job: a step for each table that reaches it, and the tables that come out."""

    plugin: str
    by_table: Mapping[str, PlannedTransform]

    @property
    def produces(self) -> tuple[Table, ...]:
        """The tables, in the order of those that reach it."""
        return tuple(step.produces for step in self.by_table.values())

    @property
    def steps(self) -> tuple[PlannedTransform, ...]:
        """The transform of the rows: one step for a single table, or one that finds the step of each row's table."""
        first, *others = self.by_table.values()
        return (ByTable(self.plugin, first.produces, self.by_table),) if others else (first,)


@dataclass(frozen=True, slots=True)
class ByTable:
    """Changes each row by the step of its table."""

    plugin: str
    produces: Table
    by_table: Mapping[str, PlannedTransform]

    @property
    def note(self) -> str | None:
        """A note for the job's log."""
        return next((step.note for step in self.by_table.values() if step.note is not None), None)

    def apply(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the transformed rows, table by table as they come."""
        first = next(iter(self.by_table.values()))
        groups = groupby(rows, key=lambda row: row.table)
        return [made for table, group in groups for made in self.by_table.get(table, first).apply(list(group))]


class PlannedSink(Sink, Protocol):
    """A sink that keeps what it has seen of one attempt; every pipeline gets its own."""

    @property
    def commits(self) -> bool:
        """Whether it has a task that commits for all its writers, which takes a slot of its own."""

    @property
    def single_table(self) -> bool:
        """Whether it can't write several tables."""

    @property
    def note(self) -> str | None:
        """A note for the job's log."""


class SinkDefaults:
    """A sink that commits nothing, can write several tables, and does nothing with its rows."""

    commits = False
    single_table = False
    note: str | None = None

    def prepare(self, context: TaskContext) -> None:
        """Check nothing before the job is accepted."""

    def open(self, context: TaskContext) -> None:
        """Begin an attempt."""

    def write(self, rows: Sequence[Row], context: TaskContext) -> None:
        """Ignore rows."""

    def close(self, context: TaskContext) -> None:
        """Finish an attempt."""


@dataclass(frozen=True, slots=True)
class SourceSite:
    """Where in a job a source stands."""

    seed: str
    """A seed that differs between sources."""
    parallelism: int
    output_keys: Sequence[str]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class TransformSite:
    """Where a transform stands that does not only depend on its rows."""

    seed: str = ""
    now: Callable[[], datetime] = local_now
    plan: PlanMeter = field(default_factory=PlanMeter)
    rows: RowMeter = field(default_factory=RowMeter)


@dataclass(frozen=True, slots=True)
class SinkSite:
    """The tables that reach a sink, in the order of their paths' hashes, and the folder for files."""

    tables: tuple[Table, ...]
    sandbox: Path | None
