"""Helpers for transforms. A new row gets a new size; a row that is changed in place keeps its size.

The engine counts a row's bytes once and stores the count in the row. So if a transform sets a field of its input row,
the sink counts the old size; if it makes a new row, the new size (read; `submit-job/transform-copy`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from seatunnel_server.engine.memory.limits import row_sizer
from seatunnel_server.engine.memory.pipeline import Row, Transform
from seatunnel_server.engine.memory.schema import Column, Doubt, Table

Values = tuple[Any, ...]
Change = Callable[[Values], Values | None]
"""A function from the values of a row to its new values, or to None to leave the row out."""


def not_run(plugin: str, table: Table, reason: object = None) -> Transform:
    """Return a transform that passes rows on unchanged, in place of one that is not run. The log gets `reason`."""
    what = f"Transform {plugin} is not run by this engine"
    note = f"{what}: it passes rows on unchanged." if reason is None else f"{what} ({reason}): it passes rows on."
    return Transform(plugin, table.doubted(Doubt.ROWS), note=note)


def changed(plugin: str, produces: Table, change: Change) -> Transform:
    """Return a transform that changes the values of each row in place, so that its size stays."""
    return Transform(plugin, produces, partial(_applied, change, None))


def remade(plugin: str, produces: Table, change: Change) -> Transform:
    """Return a transform that makes a new row of each row, with its own size."""
    return Transform(plugin, produces, partial(_applied, change, row_sizer(produces.types)))


def _applied(change: Change, weigh: Callable[[Values], int] | None, rows: Sequence[Row]) -> Sequence[Row]:
    made: list[Row] = []
    for row in rows:
        values = change(row.values)
        if values is not None:
            made.append(replace(row, values=values, size=row.size if weigh is None else weigh(values)))
    return made


def setting(
    plugin: str, table: Table, columns: Iterable[Column], read: Callable[[Values], Sequence[Any] | None]
) -> Transform:
    """Return a transform that adds columns, or sets the types and values of existing ones with the same name.

    `read` returns the columns' values for the values of a row, or None to leave the row out.
    """
    made, places, targets = list(table.columns), dict(table.places), []
    for column in columns:
        at = places.setdefault(column.name, len(made))
        if at == len(made):
            made.append(column)
        made[at] = replace(made[at], type=column.type)
        targets.append(at)
    added = len(made) - len(table.columns)

    def change(values: Values) -> Values | None:
        found = read(values)
        if found is None:
            return None
        filled = [*values, *[None] * added]
        for at, value in zip(targets, found, strict=True):
            filled[at] = value
        return tuple(filled)

    return (remade if added else changed)(plugin, table.with_columns(made), change)


def picked(plugin: str, produces: Table, places: Sequence[int]) -> Transform:
    """Return a transform that makes new rows from values at `places` of the old ones."""
    return remade(plugin, produces, lambda values: tuple(values[at] for at in places))
