"""Limits of jobs: the numbers, and the accounts of their work and files.

A job whose plan would cost more is refused when it is submitted; one whose rows cost more fails while it runs. The
numbers are far above what jobs need, and keep one request from taking the whole server.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from seatunnel_server.engine.hocon import Refused
from seatunnel_server.engine.javatext import utf16_length
from seatunnel_server.engine.memory.failures import BudgetExceeded
from seatunnel_server.engine.memory.schema import Column, DataType, SqlType
from seatunnel_server.engine.refusals import JobTooLarge


@dataclass(frozen=True, slots=True)
class JobLimits:
    """The most that one job may need."""

    values: int = 100_000
    """Values in its configuration: texts, numbers, lists and objects at any depth."""
    settings: int = 1_000
    """Settings in its `env`."""
    plugins: int = 5_000
    """Sources, transforms and sinks."""
    tables: int = 2_000
    """Tables of its sources."""
    table_columns: int = 4_096
    """Columns of one table; fields of rows and parts of arrays and maps count as columns here."""
    columns: int = 200_000
    """Columns of all tables between its plugins."""
    column_characters: int = 8 * 2**20
    """Characters of the names and types of those columns."""
    query_characters: int = 200_000
    """Characters of its SQL queries."""
    plan_characters: int = 2**20
    """Characters of the names and table paths in its physical plan."""
    writers: int = 100_000
    """Tables that its sinks write, each counted once for every parallel task."""
    plan_seconds: float = 10.0
    """Processor seconds to plan it."""
    text_characters: int = 2**20
    """Characters of one text that a transform makes."""
    row_characters: int = 4 * 2**20
    """Characters that one transform reads and makes for one row."""
    batch_characters: int = 32 * 2**20
    """Characters that all transforms read and make for one batch of at most 100 rows."""
    compute_seconds: float = 600.0
    """Processor seconds of the whole job."""


DEFAULT_LIMITS = JobLimits()
_JOB_BYTES = 8 * 1024
_VALUE_BYTES = 100
_COLUMN_BYTES = 200
_VERTEX_BYTES = 2_000
_WRITER_BYTES = 200
_CHARACTER_BYTES = 2
"""The memory that is counted for a job and its parts."""
_SMALL_VALUES = 1_000
_SMALL_CHARACTERS = 4_000
_LIGHT_BATCH = 2**18


@dataclass(frozen=True, slots=True)
class ConfigSize:
    """How large a configuration is."""

    values: int
    characters: int

    @property
    def is_small(self) -> bool:
        """Whether a job without transforms is planned from it in a few milliseconds."""
        return self.values <= _SMALL_VALUES and self.characters <= _SMALL_CHARACTERS

    @classmethod
    def of(cls, config: Mapping[str, Any], limits: JobLimits = DEFAULT_LIMITS) -> ConfigSize:
        """Count the values of a configuration and the characters of its keys and texts. Raises `JobTooLarge`.

        A `Refused` counts as one value: it is refused when somebody needs what is in it.
        """
        values = characters = 0
        pending: list[Any] = [config]
        while pending:
            value = pending.pop()
            values += 1
            if values + len(pending) > limits.values:
                raise JobTooLarge(limits.values, "values in a configuration")
            if isinstance(value, str):
                characters += len(value)
            elif isinstance(value, Mapping) and not isinstance(value, Refused):
                characters += sum(map(len, value))
                pending += value.values()
            elif isinstance(value, list):
                pending += value
        return cls(values, characters)


_PARTS: Final = {
    "settings": "settings in `env`",
    "plugins": "sources, transforms and sinks",
    "tables": "tables",
    "columns": "columns in all tables between the plugins",
    "column_characters": "characters in the names and types of columns",
    "query_characters": "characters in SQL queries",
    "writers": "tables in the sinks of all parallel tasks",
}
"""The words for the fields of `JobLimits` that a plan is measured by."""


@dataclass(slots=True)
class PlanMeter:
    """Counts what the plan of one job is made of. What counts raises `JobTooLarge`."""

    limits: JobLimits = DEFAULT_LIMITS
    _counted: Counter[str] = field(default_factory=Counter, init=False)
    _began: float = field(default_factory=time.thread_time, init=False)

    def add(self, part: str, count: int) -> None:
        """Count so many of the parts that a field of `JobLimits` limits."""
        self._counted[part] += count
        if self._counted[part] > (most := getattr(self.limits, part)):
            raise JobTooLarge(most, _PARTS[part])

    def columns(self, columns: Sequence[Column]) -> None:
        """Count the columns of a table that a plugin makes or reads, and look at the time."""
        count = sum(column.type.size for column in columns)
        if count > self.limits.table_columns:
            raise JobTooLarge(self.limits.table_columns, "columns in a table")
        self.add("columns", count)
        self.name(sum(len(column.name) + len(str(column.type)) for column in columns))

    def name(self, characters: int) -> None:
        """Count the characters of a name that is made, and look at the time."""
        self.add("column_characters", characters)
        if time.thread_time() - self._began > self.limits.plan_seconds:
            raise JobTooLarge(self.limits.plan_seconds, "processor seconds to plan the job")

    def weight(self, size: ConfigSize, vertices: int) -> int:
        """Return about how many bytes the job needs in memory while it runs or waits."""
        counted = self._counted
        texts = _CHARACTER_BYTES * (size.characters + counted["query_characters"])
        parts = _VALUE_BYTES * size.values + _COLUMN_BYTES * counted["columns"] + _VERTEX_BYTES * vertices
        return _JOB_BYTES + texts + parts + _WRITER_BYTES * counted["writers"]


@dataclass(slots=True)
class RowMeter:
    """Counts what the rows of one running job cost. Every method raises `BudgetExceeded`."""

    limits: JobLimits = DEFAULT_LIMITS
    _row: int = field(default=0, init=False)
    _batch: int = field(default=0, init=False)
    _size: int = field(default=0, init=False)
    _seconds: float = field(default=0.0, init=False)

    def begin_batch(self, size: int) -> None:
        """Count from 0 for the next batch, whose rows have `size` bytes when they are read."""
        self._batch, self._row, self._size = 0, 0, size
        if size > self.limits.batch_characters:
            raise BudgetExceeded(self.limits.batch_characters, "bytes in one batch of rows")

    @property
    def is_light(self) -> bool:
        """Whether the batch has little text, as usual."""
        return self._size + self._batch <= _LIGHT_BATCH

    def begin_row(self) -> None:
        """Count from 0 for the next row of a transform."""
        self._row = 0

    def require_room(self, characters: int) -> None:
        """Check that a text of that length may be made."""
        if characters > self.limits.text_characters:
            raise BudgetExceeded(self.limits.text_characters, "characters in a text")

    def characters(self, count: int) -> None:
        """Count characters that a transform has read or made."""
        self._row += count
        self._batch += count
        if self._row > self.limits.row_characters:
            raise BudgetExceeded(self.limits.row_characters, "characters for one row of a transform")
        if self._batch > self.limits.batch_characters:
            raise BudgetExceeded(self.limits.batch_characters, "characters for one batch of rows")

    def seconds(self, spent: float) -> None:
        """Count processor seconds."""
        self._seconds += spent
        if self._seconds > self.limits.compute_seconds:
            raise BudgetExceeded(self.limits.compute_seconds, "processor seconds")


JOB_BYTES: Final = 64 * 2**20
TOTAL_BYTES: Final = 2**30
ENTRY_BYTES: Final = 16 * 1024
"""The bytes that a new file or folder counts for, so that their number is limited, too."""


class SpaceExhausted(Exception):
    """A job or all jobs have written what they may; `str()` says which, and how much that is."""


@dataclass(slots=True)
class DiskSpace:
    """The bytes that jobs may write to files, all together, from the start of the engine on."""

    limit: int = TOTAL_BYTES
    used: int = 0

    def give_back(self, size: int) -> None:
        """Take note that so many bytes have been deleted."""
        self.used = max(self.used - size, 0)


class JobSpace:
    """The bytes that one job may write to files, whatever its sinks, subtasks and attempts."""

    __slots__ = ("_limit", "_used", "total")

    def __init__(self, limit: int = JOB_BYTES, total: DiskSpace | None = None) -> None:
        self._limit = limit
        self._used = 0
        self.total = total or DiskSpace()

    def take(self, size: int) -> None:
        """Use some of the space; raises `SpaceExhausted`, and takes nothing, when too little is left."""
        if self._used + size > self._limit:
            raise SpaceExhausted(f"No space left on device: a job may write {self._limit} bytes")
        if self.total.used + size > self.total.limit:
            raise SpaceExhausted(f"No space left on device: all jobs together may write {self.total.limit} bytes")
        self._used += size
        self.total.used += size


Sizer = Callable[[Any], int]
_WIDTHS: Mapping[SqlType, int] = {
    SqlType.BOOLEAN: 1,
    SqlType.TINYINT: 1,
    SqlType.SMALLINT: 2,
    SqlType.INT: 4,
    SqlType.FLOAT: 4,
    SqlType.BIGINT: 8,
    SqlType.DOUBLE: 8,
    SqlType.DECIMAL: 36,
    SqlType.DATE: 24,
    SqlType.TIME: 12,
    SqlType.TIMESTAMP: 48,
    SqlType.TIMESTAMP_TZ: 48,
    SqlType.NULL: 0,
}


def sizer(kind: DataType) -> Sizer:
    """Return the function that says how many bytes a value of that type counts."""
    if kind.kind in _WIDTHS:
        width = _WIDTHS[kind.kind]
        return lambda value: 0 if value is None else width
    weigh = _weigher(kind)
    return lambda value: 0 if value is None else weigh(value)


def _weigher(kind: DataType) -> Sizer:
    match kind.kind:
        case SqlType.STRING:
            return utf16_length
        case SqlType.SPARSE_FLOAT_VECTOR:
            return lambda entries: len(entries) * 8
        case SqlType.ARRAY:
            item = sizer(kind.parts[0])
            return lambda items: sum(map(item, items))
        case SqlType.MAP:
            key, value = map(sizer, kind.parts)
            return lambda entries: sum(key(k) + value(v) for k, v in entries.items())
        case SqlType.ROW:
            return row_sizer(kind.parts)
    return len


def row_sizer(kinds: Iterable[DataType]) -> Callable[[Sequence[Any]], int]:
    """Return the function that says how many bytes a whole row counts."""
    weighers = tuple(map(sizer, kinds))
    return lambda values: sum(weigh(value) for weigh, value in zip(weighers, values, strict=True))
