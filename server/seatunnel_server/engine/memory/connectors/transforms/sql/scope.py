"""The columns that a query can name, and why a query is not run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from sqlglot import exp

from seatunnel_server.engine.memory.limits import RowMeter
from seatunnel_server.engine.memory.schema import Table
from seatunnel_server.engine.memory.types import DataType, SqlType
from seatunnel_server.engine.refusals import ColumnUnknown, SqlRefused

Values = tuple[Any, ...]
Run = Callable[[Values], Any]


class NotRun(Exception):
    """A query that the engine runs and this interpreter does not."""


def unsupported(node: exp.Expression) -> SqlRefused:
    """Return the refusal of an expression that the engine does not know."""
    return SqlRefused(f"Unsupported SQL Expression: {node.sql(normalize_functions=False)[:200]} ")


@dataclass(frozen=True, slots=True)
class Scope:
    """The one table of a query, what the time is, where chance comes from, and what the rows count against."""

    table: Table
    now: Callable[[], datetime]
    chance: Random
    meter: RowMeter

    def column(self, node: exp.Column) -> tuple[DataType, Run]:
        """Return a column's type and how to get its value: by its last name, or else field by field from the first.

        Raises `ColumnUnknown`.
        """
        parts = [part.name for part in node.parts]
        at = self.table.index(parts[-1])
        if at is not None:
            place = at
            return self.table.columns[place].type, lambda values: values[place]
        return self._nested(parts)

    def _nested(self, parts: list[str]) -> tuple[DataType, Run]:
        at = self.table.index(parts[0])
        if at is None:
            raise ColumnUnknown(".".join(parts))
        kind, steps = self.table.columns[at].type, [at]
        for step, part in enumerate(parts[1:], 1):
            if kind.kind is SqlType.MAP and step == len(parts) - 1:
                return kind.parts[1], _entry(steps, part)
            if kind.kind is not SqlType.ROW or part not in kind.names:
                raise ColumnUnknown(".".join(parts))
            steps.append(kind.names.index(part))
            kind = kind.parts[steps[-1]]
        return kind, lambda values: _walk(values, steps)


def _entry(steps: list[int], key: str) -> Run:
    return lambda values: (_walk(values, steps) or {}).get(key)


def _walk(values: Values, steps: list[int]) -> Any:
    found: Any = values
    for step in steps:
        found = None if found is None else found[step]
    return found
