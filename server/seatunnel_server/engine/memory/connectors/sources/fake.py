"""The source FakeSource, which generates random rows of a declared schema from a seed.

Each parallel reader generates `row.num` rows (`submit-job/parallelism-two`) in `split.num` splits, which are read a
second apart. If the configuration has `rows`, each split yields all of them. A reader without a split never ends
(`submit-job/row-num-zero-never-ends`). Facts that are not recorded were read in the connector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from random import Random
from typing import Any

from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.javatext import INT_RANGE, LONG_RANGE
from seatunnel_server.engine.memory.connectors.plugins import PluginSite
from seatunnel_server.engine.memory.connectors.sources.random_values import (
    PRESENT,
    RANGES,
    CannotMake,
    ValueSettings,
    is_present,
    maker,
    parts,
    weight,
)
from seatunnel_server.engine.memory.connectors.values import BadValue, fields_from_json
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.limits import row_sizer
from seatunnel_server.engine.memory.pipeline import Row, RowKind
from seatunnel_server.engine.memory.schema import BIGINT, INT, BadSchema, BadType, SqlType, Table, parse_table
from seatunnel_server.engine.options import Options, as_floating, as_integer, as_text
from seatunnel_server.engine.refusals import FactoryFailed, JobTooLarge

_BATCH = 100
_BATCH_BYTES = 2**16
_MAX_ROW_BYTES = 2**21
"""The largest row that is generated: in nested arrays and maps, sizes multiply."""
_MAX_ROW_PARTS = 5_000
"""The most values of a row, those in arrays and maps included; they take some 50 ms to make and to print."""
_SPLIT_SECONDS = 1.0
"""Seconds that the connector waits after each split."""
_TEMPLATES: Mapping[str, Callable[[Any], Any]] = {
    "string": as_text,
    **dict.fromkeys(("tinyint", "smallint", "int"), lambda item: as_integer(item, INT_RANGE, "java.lang.Integer")),
    "bigint": lambda item: as_integer(item, LONG_RANGE, "java.lang.Long"),
    **dict.fromkeys(("float", "double"), lambda item: as_floating(item, "java.lang.Double")),
}
_DATE_PARTS = ("date.year", "date.month", "date.day", "time.hour", "time.minute", "time.second")
_COUNTED = (INT, BIGINT)


class _Mode(Enum):
    RANGE = 0
    TEMPLATE = 1


class BadFakeOption(ValueError):
    """An option of the FakeSource is out of range, missing, or contradicts another one."""


@dataclass(frozen=True, slots=True)
class GivenRow:
    """A row in the configuration (`rows`): the name of its kind, and its fields."""

    kind: str
    fields: Any


@dataclass(frozen=True, slots=True)
class FakeTable:
    """One table of a FakeSource: its columns, how values are made, and the number of rows of each reader."""

    table: Table
    row_num: int
    split_num: int
    split_read_interval: float
    settings: ValueSettings
    given: tuple[GivenRow, ...] | None
    first_id: int | None = None
    """The first value of numeric primary keys that are counted up (`auto.increment`); None if none are."""

    @classmethod
    def parse(cls, options: Options, output_keys: Sequence[str]) -> FakeTable:
        """Read a table's options.

        Raises `BadSchema`, `BadTableName`, `BadType`, `OptionMismatch` and `BadFakeOption`.
        """
        table = parse_table(options, output_keys)
        return cls(
            table=table,
            row_num=options.integer("row.num", 5) or 0,
            split_num=options.integer("split.num", 1) or 0,
            split_read_interval=(options.integer("split.read-interval", 1) or 0) / 1000,
            settings=_settings(options),
            given=_given(options),
            first_id=options.long("auto.increment.start", 1) if options.flag("auto.increment.enabled") else None,
        )

    @property
    def splits(self) -> int:
        """The number of splits of each reader."""
        if self.row_num <= 0 or self.split_num < 0:
            return 0
        return -(-self.row_num // self.rows_in_split)

    @property
    def rows_in_split(self) -> int:
        """The number of rows of a split; the last one may have fewer."""
        return self.row_num if self.split_num == 0 else -(-self.row_num // self.split_num)

    @property
    def counted(self) -> tuple[int, ...]:
        """The indexes of the columns whose values are counted up through all readers."""
        if self.first_id is None:
            return ()
        key = set(self.table.primary_key)
        return tuple(
            at
            for at, column in enumerate(self.table.columns)
            if column.name in key and column.type in _COUNTED and column.default is None
        )

    @property
    def rows(self) -> int:
        """The number of rows that each reader makes of the table."""
        if self.given is not None:
            return len(self.given) * self.splits
        return self.row_num if self.splits else 0


def _settings(options: Options) -> ValueSettings:
    numbers = {
        name: value
        for name in ("string_length", "bytes_length", "array_size", "map_size", "vector_dimension")
        if (value := options.integer(name.replace("_", "."))) is not None
    }
    for name in _TEMPLATES:
        mode = options.choice(f"{name}.fake.mode", _Mode, _Mode.RANGE, "FakeOption.FakeMode")
        if mode is _Mode.TEMPLATE and not options.has(f"{name}.template"):
            raise BadFakeOption(f"'{name}.template' is required because '{name}.fake.mode' is TEMPLATE")
    return ValueSettings(
        **numbers,
        binary_vector_dimension=options.integer("binary.vector.dimension", 8) or 0,
        vector_range=_range(options, "vector.float", RANGES[SqlType.FLOAT], whole=False),
        ranges={
            kind: _range(options, kind.value.lower(), bounds, whole=isinstance(bounds[0], int))
            for kind, bounds in RANGES.items()
        },
        templates=_templates(options),
    )


def _range(options: Options, name: str, bounds: tuple[float, float], *, whole: bool) -> tuple[float, float]:
    ends: list[float] = []
    for end, default in (("min", bounds[0]), ("max", bounds[1])):
        key = f"{name}.{end}"
        found = (options.long(key) if name == "bigint" else options.integer(key)) if whole else options.floating(key)
        value = default if found is None else found
        if not bounds[0] <= value <= bounds[1]:
            raise BadFakeOption(f"{key} should >= {bounds[0]} and <= {bounds[1]}")
        ends.append(value)
    return ends[0], ends[1]


def _templates(options: Options) -> dict[str, Sequence[Any]]:
    found: dict[str, Sequence[Any]] = {}
    for name, read in _TEMPLATES.items():
        if (items := options.items(f"{name}.template")) is not None:
            found[name] = [read(item) for item in items]
    for name in _DATE_PARTS:
        if (items := options.items(f"{name}.template")) is not None:
            found[name] = [as_integer(item, INT_RANGE, "java.lang.Integer") for item in items]
    return found


def _given(options: Options) -> tuple[GivenRow, ...] | None:
    rows = options.mappings("rows")
    if rows is None:
        return None
    if any(row.get("kind") is None for row in rows):
        raise BadFakeOption("a given row needs a kind")
    return tuple(GivenRow(as_text(row["kind"]), row.get("fields")) for row in rows)


class FakeSource:
    """Generates rows of its tables, reader by reader and table by table. The same seed gives the same rows."""

    jar = "connector-fake"
    note: str | None = None

    def __init__(self, plugin: str, tables: Sequence[FakeTable], site: PluginSite) -> None:
        """Take the tables and the source's surroundings."""
        self.plugin = plugin
        self.parallelism = site.parallelism
        self.produces = tuple(fake.table for fake in tables)
        self.tables = tuple(str(table.path) for table in self.produces)
        self._fakes = tuple(tables)
        self._site = site
        # Its readers wait for a split that never comes.
        self.endless = not any(fake.splits for fake in self._fakes)
        self.read_interval = self._read_interval()

    def _read_interval(self) -> float:
        """Return the seconds between batches, so that all batches take as long as the splits of parallel readers."""
        splits = sum(fake.splits for fake in self._fakes)
        if splits <= 1:
            return 0.0
        batches = sum(-(-fake.rows // self._batch_size(fake)) for fake in self._fakes) * self.parallelism
        interval = max(_SPLIT_SECONDS, min(fake.split_read_interval for fake in self._fakes))
        return (splits - 1) * interval / max(batches, 1)

    def batches(self, *, skip: int = 0) -> Iterator[Sequence[Row]]:
        """Yield all rows after the first `skip` ones, in batches of at most 100 rows and about 64 KiB.

        Raises `TaskFailed` if a row can't be made.
        """
        of_reader = sum(fake.rows for fake in self._fakes)
        if of_reader == 0:
            return
        first, skip = divmod(skip, of_reader)
        for subtask in range(first, self.parallelism):
            for fake in self._fakes:
                if skip < fake.rows:
                    yield from self._table_batches(fake, subtask, skip)
                skip = max(skip - fake.rows, 0)

    def _batch_size(self, fake: FakeTable) -> int:
        row_bytes = sum(weight(column.type, column, fake.settings) for column in fake.table.columns)
        return max(1, min(_BATCH, _BATCH_BYTES // max(row_bytes, 1)))

    def _table_batches(self, fake: FakeTable, subtask: int, skip: int) -> Iterator[Sequence[Row]]:
        try:
            make = self._given_rows(fake) if fake.given is not None else self._random_rows(fake, subtask)
            size = self._batch_size(fake)
            for start in range(skip - skip % size, fake.rows, size):
                rows = make(start, min(start + size, fake.rows), subtask)
                yield rows[max(skip - start, 0) :]
        except CannotMake as error:
            raise TaskFailed(f"java.lang.IllegalArgumentException: {error}") from error
        except BadValue as error:
            raise TaskFailed(str(error)) from error

    def _random_rows(self, fake: FakeTable, subtask: int) -> Callable[[int, int, int], list[Row]]:
        columns, settings = fake.table.columns, fake.settings
        row_bytes, row_parts = (
            sum(count(column.type, column, settings) for column in columns) for count in (weight, parts)
        )
        if row_bytes > _MAX_ROW_BYTES or row_parts > _MAX_ROW_PARTS:
            raise TaskFailed("java.lang.OutOfMemoryError: Java heap space")
        now = self._site.now()
        makers = [maker(column.type, column, settings, now) for column in columns]
        path, weigh = str(fake.table.path), row_sizer(fake.table.types)
        seed, counted, first_id = f"{self._site.seed}/{path}/{subtask}", fake.counted, fake.first_id or 0

        def make(start: int, end: int, subtask: int) -> list[Row]:
            rng = Random(f"{seed}/{start}")  # noqa: S311 - made-up data, not secrets
            rows = []
            for at in range(start, end):
                values = [make_value(rng) for make_value in makers]
                for place in counted:
                    values[place] = first_id + subtask * fake.rows + at
                rows.append(Row(path, tuple(values), size=weigh(values), subtask=subtask))
            return rows

        return make

    def _given_rows(self, fake: FakeTable) -> Callable[[int, int, int], list[Row]]:
        now, weigh = self._site.now(), row_sizer(fake.table.types)
        path, given = str(fake.table.path), fake.given or ()

        def make(start: int, end: int, subtask: int) -> list[Row]:
            rows = []
            for at in range(start, end):
                values, kind = _values(given[at % len(given)], fake.table, now)
                rows.append(Row(path, values, kind=kind, size=weigh(values), subtask=subtask))
            return rows

        return make


def _values(given: GivenRow, table: Table, now: datetime) -> tuple[tuple[Any, ...], RowKind]:
    if given.fields is None:
        raise TaskFailed("java.lang.NullPointerException")
    if given.kind not in RowKind.__members__:
        raise CannotMake(f"No enum constant org.apache.seatunnel.api.table.type.RowKind.{given.kind}")
    return fields_from_json(table.names, table.types, _current(given.fields, table, now)), RowKind[given.kind]


def _current(fields: Any, table: Table, now: datetime) -> Any:
    """Return the fields of a row with words such as `CURRENT_DATE` replaced by the date or time."""
    if not isinstance(fields, Mapping | list):
        return fields
    by_key = dict(enumerate(fields)) if isinstance(fields, list) else dict(fields)
    for at, column in enumerate(table.columns):
        key: Any = at if isinstance(fields, list) else column.name
        if isinstance(text := by_key.get(key), str) and is_present(column.type.kind, text):
            by_key[key] = PRESENT[column.type.kind](now).isoformat()
    return list(by_key.values()) if isinstance(fields, list) else by_key


def make_fake_source(plugin: str, options: Options, site: PluginSite) -> FakeSource:
    """Make a FakeSource from its options. Raises `FactoryFailed` for any error in them, and `JobTooLarge`."""
    tables: list[FakeTable] = []
    try:
        described = _table_options(options)
        site.plan.add("tables", len(described))
        for part in described:
            tables.append(FakeTable.parse(part, site.output_keys))
            site.plan.columns(tables[-1].table.columns)
        _require_distinct(tables)
    except JobTooLarge:
        raise
    except (EngineError, BadSchema, BadType, BadFakeOption) as error:
        raise FactoryFailed("source", plugin) from error
    return FakeSource(plugin, tables, site)


def _table_options(options: Options) -> Sequence[Options]:
    configs = options.mappings("tables_configs")
    if configs is not None and options.raw("schema") is not None:
        raise BadFakeOption("tables_configs and schema are mutually exclusive")
    return [options] if configs is None else list(map(Options, configs))


def _require_distinct(tables: Sequence[FakeTable]) -> None:
    paths = [str(fake.table.path) for fake in tables]
    if not paths or len(set(paths)) != len(paths):
        raise BadFakeOption(f"table name: {paths} must be unique")
