"""The places of plugins in a job, and the transforms of several tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from seatunnel_server.engine.memory.connectors.dates import local_now
from seatunnel_server.engine.memory.limits import PlanMeter, RowMeter
from seatunnel_server.engine.memory.pipeline import Row, Transform
from seatunnel_server.engine.memory.schema import Table


@dataclass(frozen=True, slots=True)
class TableTransforms:
    """One transform of a job: a step for each table that reaches it, and the tables that come out."""

    plugin: str
    by_table: Mapping[str, Transform]

    @property
    def produces(self) -> tuple[Table, ...]:
        """The tables, in the order of those that reach it."""
        return tuple(step.produces for step in self.by_table.values())

    @property
    def steps(self) -> tuple[Transform, ...]:
        """The transform of the rows: one step for a single table, or one that finds the step of each row's table."""
        first, *others = self.by_table.values()
        note = next((step.note for step in self.by_table.values() if step.note is not None), None)
        return (Transform(self.plugin, first.produces, self._apply, note),) if others else (first,)

    def _apply(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the transformed rows, table by table as they come."""
        first = next(iter(self.by_table.values()))
        groups = groupby(rows, key=lambda row: row.table)
        return [made for table, group in groups for made in self.by_table.get(table, first).apply(list(group))]


@dataclass(frozen=True, slots=True)
class SourceSite:
    """Where in a job a source stands."""

    seed: str
    """A seed that differs between sources."""
    parallelism: int
    output_keys: Sequence[str]
    now: Callable[[], datetime]
    plan: PlanMeter = field(default_factory=PlanMeter)


@dataclass(frozen=True, slots=True)
class TransformSite:
    """Where a transform stands that does not only depend on its rows."""

    seed: str = ""
    now: Callable[[], datetime] = local_now
    plan: PlanMeter = field(default_factory=PlanMeter)
    rows: RowMeter = field(default_factory=RowMeter)
    known: frozenset[str] | None = None
    """The options that the transform has in the release; None if they are not known."""
