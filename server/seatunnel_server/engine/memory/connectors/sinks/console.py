"""The sink Console, which writes each row to the job's log.

The lines have the format of the engine's sink (read).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from seatunnel_server.engine.memory.connectors.values import to_cell
from seatunnel_server.engine.memory.pipeline import Row, Sink, TaskContext
from seatunnel_server.engine.memory.schema import Table
from seatunnel_server.engine.options import Options


class Console(Sink):
    """Prints rows, numbered from 1 for each subtask and table; `log.print.delay.ms` is read and has no effect."""

    jar = "connector-console"

    def __init__(self, plugin: str, options: Options, tables: Sequence[Table]) -> None:
        """Read the options. Raises `OptionMismatch`."""
        self.plugin = plugin
        self._prints = options.flag("log.print.data", default=True)
        options.integer("log.print.delay.ms", 0)
        self._tables = {str(table.path): table for table in tables}
        self._first = tables[0]
        self._row_types = [_row_type(table) for table in self._tables.values()]
        self._rows: Counter[tuple[int, str]] = Counter()

    def open(self, context: TaskContext) -> None:
        """Print the columns of each table."""
        for row_type in self._row_types:
            context.log(row_type)

    def write(self, rows: Sequence[Row], context: TaskContext) -> None:
        """Print rows."""
        for row in rows:
            table = self._tables.get(row.table, self._first)
            counter = (context.subtask, str(table.path))
            self._rows[counter] += 1
            if self._prints:
                context.log(_line(row, table, context.subtask, self._rows[counter]))

    def close(self, context: TaskContext) -> None:  # noqa: ARG002 - the signature of every sink
        """Reset the counters of rows."""
        self._rows.clear()


def _row_type(table: Table) -> str:
    return f"output rowType: {', '.join(f'{column.name}<{column.type}>' for column in table.columns)}"


def _line(row: Row, table: Table, subtask: int, number: int) -> str:
    cells = ", ".join(to_cell(kind, value) or "" for kind, value in zip(table.types, row.values, strict=True))
    return (
        f"subtaskIndex={subtask}  rowIndex={number}:  "
        f"SeaTunnelRow#tableId={row.table} SeaTunnelRow#kind={row.kind.name} : {cells}"
    )
