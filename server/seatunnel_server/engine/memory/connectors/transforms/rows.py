"""How transforms make rows: on a new row the size is counted again, on a row that is changed in place it stays.

The engine counts a row's bytes once and keeps the count with the row, so a transform that sets a field of the row it
got does not change what the sink counts, and one that makes a new row does (read; `submit-job/transform-copy`).
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
"""Makes the new values of a row of its values; None leaves the row out."""


def not_run(plugin: str, table: Table, reason: object = None) -> Transform:
    """Return a substitute for a transform that is not run here, or not for a `reason`; the job's log says so."""
    what = f"Transform {plugin} is not run by this engine"
    note = f"{what}: it passes rows on unchanged." if reason is None else f"{what} ({reason}): it passes rows on."
    return Transform(plugin, table.doubted(Doubt.ROWS), note=note)


def changed(plugin: str, produces: Table, change: Change) -> Transform:
    """Return a transform that changes the values of each row in place."""
    return Transform(plugin, produces, partial(_applied, change, None))


def remade(plugin: str, produces: Table, change: Change) -> Transform:
    """Return a transform that makes a new row of each."""
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
    """Return a transform that sets columns, new ones or the types and values of those there, to what `read` makes.

    `read` gets the values of a row; None leaves the row out.
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
