"""The limits of jobs, and the meters of their plans, rows and files.

A job whose plan exceeds a limit is refused when it is submitted. A job whose rows exceed a limit fails while it runs.
The limits are far above the needs of usual jobs, and keep a single request from using the whole server.
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
    """The limits of one job."""

    values: int = 100_000
    """Values in its configuration: strings, numbers, lists and objects at any depth."""
    settings: int = 1_000
    """Settings in its `env`."""
    plugins: int = 5_000
    """Sources, transforms and sinks."""
    tables: int = 2_000
    """Tables of its sources."""
    table_columns: int = 4_096
    """Columns of one table; fields of rows and parts of arrays and maps count as columns here."""
    columns: int = 200_000
    """Columns of all tables that its plugins pass to each other."""
    column_characters: int = 8 * 2**20
    """Characters of the names and types of those columns."""
    query_characters: int = 200_000
    """Characters of its SQL queries."""
    plan_characters: int = 2**20
    """Characters of the names and table paths in its physical plan."""
    writers: int = 100_000
    """Tables that its sinks write, each counted once for every parallel task."""
    plan_seconds: float = 10.0
    """Seconds of processor time to plan it."""
    text_characters: int = 2**20
    """Characters of one string that a transform makes."""
    row_characters: int = 4 * 2**20
    """Characters that one transform reads and makes for one row."""
    batch_characters: int = 32 * 2**20
    """Characters that all transforms read and make for one batch of at most 100 rows."""
    compute_seconds: float = 600.0
    """Seconds of processor time of all its rows."""


DEFAULT_LIMITS = JobLimits()
_JOB_BYTES = 8 * 1024
_VALUE_BYTES = 100
_COLUMN_BYTES = 200
_VERTEX_BYTES = 2_000
_WRITER_BYTES = 200
_CHARACTER_BYTES = 2
"""The approximate bytes of memory of a job and of its parts."""
_SMALL_VALUES = 1_000
_SMALL_CHARACTERS = 4_000
_LIGHT_BATCH = 2**18


@dataclass(frozen=True, slots=True)
class ConfigSize:
    """The size of a configuration: its values, and the characters of its keys and strings."""

    values: int
    characters: int

    @property
    def is_small(self) -> bool:
        """Whether a job of this size without transforms is planned in a few milliseconds."""
        return self.values <= _SMALL_VALUES and self.characters <= _SMALL_CHARACTERS

    @classmethod
    def of(cls, config: Mapping[str, Any], limits: JobLimits = DEFAULT_LIMITS) -> ConfigSize:
        """Return the size of a configuration. Raises `JobTooLarge`.

        A `Refused` counts as one value, since it can't be read.
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
"""The text in messages for each field of `JobLimits` that limits a plan."""


@dataclass(slots=True)
class PlanMeter:
    """Counts the parts of a job's plan. The methods that count raise `JobTooLarge`."""

    limits: JobLimits = DEFAULT_LIMITS
    _counted: Counter[str] = field(default_factory=Counter, init=False)
    _began: float = field(default_factory=time.thread_time, init=False)

    def add(self, part: str, count: int) -> None:
        """Add to the count of `part`, a field of `JobLimits`."""
        self._counted[part] += count
        if self._counted[part] > (most := getattr(self.limits, part)):
            raise JobTooLarge(most, _PARTS[part])

    def columns(self, columns: Sequence[Column]) -> None:
        """Count the columns of a table that a plugin makes or reads, and check the time."""
        count = sum(column.type.size for column in columns)
        if count > self.limits.table_columns:
            raise JobTooLarge(self.limits.table_columns, "columns in a table")
        self.add("columns", count)
        self.name(sum(len(column.name) + len(str(column.type)) for column in columns))

    def name(self, characters: int) -> None:
        """Count the characters of a new name, and check the time."""
        self.add("column_characters", characters)
        if time.thread_time() - self._began > self.limits.plan_seconds:
            raise JobTooLarge(self.limits.plan_seconds, "processor seconds to plan the job")

    def weight(self, size: ConfigSize, vertices: int) -> int:
        """Return the approximate bytes of memory that the job needs while it runs or waits."""
        counted = self._counted
        texts = _CHARACTER_BYTES * (size.characters + counted["query_characters"])
        parts = _VALUE_BYTES * size.values + _COLUMN_BYTES * counted["columns"] + _VERTEX_BYTES * vertices
        return _JOB_BYTES + texts + parts + _WRITER_BYTES * counted["writers"]


@dataclass(slots=True)
class RowMeter:
    """Counts the work for the rows of a running job. Its methods raise `BudgetExceeded`."""

    limits: JobLimits = DEFAULT_LIMITS
    _row: int = field(default=0, init=False)
    _batch: int = field(default=0, init=False)
    _size: int = field(default=0, init=False)
    _seconds: float = field(default=0.0, init=False)

    def begin_batch(self, size: int) -> None:
        """Begin to count the next batch, whose rows have `size` bytes when they are read."""
        self._batch, self._row, self._size = 0, 0, size
        if size > self.limits.batch_characters:
            raise BudgetExceeded(self.limits.batch_characters, "bytes in one batch of rows")

    @property
    def is_light(self) -> bool:
        """Whether the batch has little text, like most batches."""
        return self._size + self._batch <= _LIGHT_BATCH

    def begin_row(self) -> None:
        """Begin to count the next row of a transform."""
        self._row = 0

    def require_room(self, characters: int) -> None:
        """Require that a string of this length may be made."""
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
        """Count seconds of processor time."""
        self._seconds += spent
        if self._seconds > self.limits.compute_seconds:
            raise BudgetExceeded(self.limits.compute_seconds, "processor seconds")


JOB_BYTES: Final = 64 * 2**20
TOTAL_BYTES: Final = 2**30
ENTRY_BYTES: Final = 16 * 1024
"""The bytes that a new file or folder is counted as, so that the number of files is limited, too."""


class SpaceExhausted(Exception):
    """A job, or all jobs together, would write too many bytes; the message says which limit is exceeded."""


@dataclass(slots=True)
class DiskSpace:
    """The bytes that all jobs together have written to files since the engine started, and their limit."""

    limit: int = TOTAL_BYTES
    used: int = 0

    def give_back(self, size: int) -> None:
        """Subtract bytes that have been deleted."""
        self.used = max(self.used - size, 0)


class JobSpace:
    """The bytes that one job writes to files, through all its sinks, subtasks and attempts, and their limit."""

    __slots__ = ("_limit", "_used", "total")

    def __init__(self, limit: int = JOB_BYTES, total: DiskSpace | None = None) -> None:
        self._limit = limit
        self._used = 0
        self.total = total or DiskSpace()

    def take(self, size: int) -> None:
        """Use `size` bytes. Raises `SpaceExhausted`, and uses none, if too few are left."""
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
    """Return a function that returns the size of a value of a type, in bytes as the engine counts them."""
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
    """Return a function that returns the size of a row's values, in bytes as the engine counts them."""
    weighers = tuple(map(sizer, kinds))
    return lambda values: sum(weigh(value) for weigh, value in zip(weighers, values, strict=True))
