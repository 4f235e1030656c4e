"""How transforms make rows: on a new row the size is counted again, on a row that is changed in place it stays.

The engine counts a row's bytes once and keeps the count with the row, so a transform that sets a field of the row it
got does not change what the sink counts, and one that makes a new row does (read; `submit-job/transform-copy`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seatunnel_server.engine.memory.limits import row_sizer
from seatunnel_server.engine.memory.pipeline import Row
from seatunnel_server.engine.memory.schema import Table

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A transform that turns each row into one row."""

    plugin: str
    produces: Table
    change: Callable[[Values], Values]
    weigh: Callable[[Sequence[Any]], int] | None = None
    """Counts the new row's bytes; None where the row itself is changed."""
    note: str | None = None

    def apply(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows with what became of their values."""
        return [self._applied(row) for row in rows]

    def _applied(self, row: Row) -> Row:
        values = self.change(row.values)
        return replace(row, values=values, size=row.size if self.weigh is None else self.weigh(values))


@dataclass(frozen=True, slots=True)
class Passed:
    """A transform that lets all rows through as they are."""

    plugin: str
    produces: Table
    note: str | None = None

    def apply(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows."""
        return rows


def not_run(plugin: str, table: Table, reason: object = None) -> Passed:
    """Return what stands for a transform that is not run here, or not for a `reason`; the job's log says so."""
    what = f"Transform {plugin} is not run by this engine"
    note = f"{what}: it passes rows on unchanged." if reason is None else f"{what} ({reason}): it passes rows on."
    return Passed(plugin, table, note)


def remade(plugin: str, produces: Table, change: Callable[[Values], Values]) -> Mapped:
    """Return a transform that makes new rows."""
    return Mapped(plugin, produces, change, row_sizer(produces.types))


def picked(plugin: str, produces: Table, places: Sequence[int]) -> Mapped:
    """Return a transform that makes new rows from values at `places` of the old ones."""
    return remade(plugin, produces, lambda values: tuple(values[at] for at in places))
