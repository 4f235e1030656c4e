"""The types of columns, tables with their paths, and the parsing of a plugin's `schema`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from functools import cached_property
from typing import Any, Self

from seatunnel_server.engine.errors import EngineError
from seatunnel_server.engine.hocon import parse
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import BadTableName, ColumnsNotApart

_MAX_DEPTH = 64
"""The deepest nesting of types; the engine's parser overflows at some thousands."""


class SqlType(StrEnum):
    """The kinds of column types."""

    ARRAY = "ARRAY"
    MAP = "MAP"
    STRING = "STRING"
    BOOLEAN = "BOOLEAN"
    TINYINT = "TINYINT"
    SMALLINT = "SMALLINT"
    INT = "INT"
    BIGINT = "BIGINT"
    FLOAT = "FLOAT"
    DOUBLE = "DOUBLE"
    DECIMAL = "DECIMAL"
    NULL = "NULL"
    BYTES = "BYTES"
    DATE = "DATE"
    TIME = "TIME"
    TIMESTAMP = "TIMESTAMP"
    TIMESTAMP_TZ = "TIMESTAMP_TZ"
    ROW = "ROW"
    BINARY_VECTOR = "BINARY_VECTOR"
    FLOAT_VECTOR = "FLOAT_VECTOR"
    FLOAT16_VECTOR = "FLOAT16_VECTOR"
    BFLOAT16_VECTOR = "BFLOAT16_VECTOR"
    SPARSE_FLOAT_VECTOR = "SPARSE_FLOAT_VECTOR"


_COMPOSED = {SqlType.ARRAY, SqlType.MAP, SqlType.DECIMAL, SqlType.ROW}
_OLD_NAMES = {"LONG": "BIGINT", "SHORT": "SMALLINT", "BYTE": "TINYINT"}
PLAIN_TYPES = {
    SqlType.STRING,
    SqlType.BOOLEAN,
    SqlType.TINYINT,
    SqlType.SMALLINT,
    SqlType.INT,
    SqlType.BIGINT,
    SqlType.FLOAT,
    SqlType.DOUBLE,
}
_IN_ARRAYS = PLAIN_TYPES | {SqlType.MAP}


class BadType(ValueError):
    """The text or value is not the description of a column type."""


@dataclass(frozen=True, slots=True)
class DataType:
    """A column's type. `parts` are the types of items, of key and value, or of fields; `names` are those of fields."""

    kind: SqlType
    parts: tuple[DataType, ...] = ()
    names: tuple[str, ...] = ()
    precision: int = 0
    scale: int = 0

    @property
    def size(self) -> int:
        """The number of nested types, plus one."""
        return 1 + sum(part.size for part in self.parts)

    def __str__(self) -> str:
        match self.kind:
            case SqlType.DECIMAL:
                return f"Decimal({self.precision}, {self.scale})"
            case SqlType.ARRAY:
                return f"ARRAY<{self.parts[0]}>"
            case SqlType.MAP:
                return f"Map<{self.parts[0]}, {self.parts[1]}>"
            case SqlType.ROW:
                fields = (f"{name} {part}" for name, part in zip(self.names, self.parts, strict=True))
                return f"ROW<{','.join(fields)}>"
        return self.kind.value


def decimal(precision: int, scale: int) -> DataType:
    """Return the type of decimals with `precision` digits, `scale` of them after the point."""
    return DataType(SqlType.DECIMAL, precision=precision, scale=scale)


STRING = DataType(SqlType.STRING)
BOOLEAN = DataType(SqlType.BOOLEAN)
TINYINT = DataType(SqlType.TINYINT)
SMALLINT = DataType(SqlType.SMALLINT)
INT = DataType(SqlType.INT)
BIGINT = DataType(SqlType.BIGINT)
FLOAT = DataType(SqlType.FLOAT)
DOUBLE = DataType(SqlType.DOUBLE)
NULL = DataType(SqlType.NULL)
BYTES = DataType(SqlType.BYTES)
DATE = DataType(SqlType.DATE)
TIME = DataType(SqlType.TIME)
TIMESTAMP = DataType(SqlType.TIMESTAMP)


def parse_type(declared: Any, depth: int = 0) -> DataType:
    """Read a type as a schema declares it: text such as `map<string, int>`, or a mapping of a row's fields.

    Raises `BadType`.
    """
    if depth > _MAX_DEPTH:
        raise BadType("the type is nested too deep")
    if isinstance(declared, Mapping):
        parts = tuple(parse_type(part, depth + 1) for part in declared.values())
        return DataType(SqlType.ROW, parts, tuple(declared))
    if not isinstance(declared, str):
        raise BadType(f"unsupported data type '{declared}'")
    name = _OLD_NAMES.get(declared.strip().upper(), declared).upper().replace(" ", "")
    if name in SqlType.__members__ and SqlType[name] not in _COMPOSED:
        return DataType(SqlType[name])
    return _composed_type(declared, name, depth)


def _composed_type(declared: str, name: str, depth: int) -> DataType:
    if name.startswith("{"):
        return parse_type(_row_fields(declared), depth)
    if name.startswith("MAP"):
        return _map_type(_inside(declared), depth)
    if name.startswith("ARRAY"):
        element = parse_type(_inside(declared).strip(), depth + 1)
        if element.kind not in _IN_ARRAYS:
            raise BadType(f"unsupported data type '{declared}'")
        return DataType(SqlType.ARRAY, (element,))
    if name.startswith("DECIMAL"):
        digits = [re.sub(r"\D", "", part) for part in declared.split(",")[:2]]
        if len(digits) < 2 or not all(part and len(part) < 10 for part in digits):  # noqa: PLR2004 - precision and scale
            raise BadType("a decimal needs a precision and a scale")
        return decimal(int(digits[0]), int(digits[1]))
    raise BadType(f"unsupported data type '{declared}'")


def _row_fields(declared: str) -> Mapping[str, Any]:
    try:
        fields = parse(f"row = {declared}")["row"]
    except EngineError as error:
        raise BadType(f"unsupported data type '{declared}'") from error
    if not isinstance(fields, Mapping):
        raise BadType(f"unsupported data type '{declared}'")
    return fields


def _inside(declared: str) -> str:
    start, end = declared.find("<") + 1, declared.rfind(">")
    if end < start:
        raise BadType(f"'{declared}' does not say what it is made of")
    return declared[start:end]


def _map_type(inside: str, depth: int) -> DataType:
    comma = inside.find(",")
    if inside.strip().upper().startswith("DECIMAL"):
        comma = inside.find(",", comma + 1)
    if comma < 0:
        raise BadType(f"a map needs two types, '{inside}' is one")
    key, value = inside[:comma].strip(), inside[comma + 1 :].strip()
    return DataType(SqlType.MAP, (parse_type(key, depth + 1), parse_type(value, depth + 1)))


DEFAULT_PATH = "default.default.default"
"""The path of a table without a name (`submit-job/no-table-names`)."""


_CONSTRAINT_TYPE = "org.apache.seatunnel.api.table.catalog.ConstraintKey$ConstraintType"


class ConstraintType(StrEnum):
    """The type of a constraint key."""

    INDEX_KEY = "INDEX_KEY"
    UNIQUE_KEY = "UNIQUE_KEY"
    FOREIGN_KEY = "FOREIGN_KEY"
    VECTOR_INDEX_KEY = "VECTOR_INDEX_KEY"


class Doubt(Enum):
    """How a table may differ from that of an engine, because a plugin before it is simulated or not run."""

    COLUMNS = "the configuration does not declare its columns"
    METADATA = "its rows don't have the metadata of their system"
    ROWS = "its rows are not those of the engine"


class BadSchema(ValueError):
    """The `schema` does not describe a table. Clients don't see this message, since connectors wrap the error."""


@dataclass(frozen=True, slots=True)
class TablePath:
    """A table's name with its database and schema, each None if there is none."""

    database: str | None
    schema: str | None
    table: str

    @classmethod
    def parse(cls, text: str, *, schema_first: bool = False) -> Self:
        """Read a dotted name of one to three parts; of two, the first is the database unless `schema_first`.

        Raises `BadTableName`.
        """
        parts = text.split(".")
        while parts and not parts[-1]:
            parts.pop()
        match parts:
            case [table]:
                return cls(None, None, table)
            case [schema, table] if schema_first:
                return cls(None, schema, table)
            case [database, table]:
                return cls(database, None, table)
            case [database, schema, table]:
                return cls(database, schema, table)
        raise BadTableName(text)

    def __str__(self) -> str:
        return ".".join(part for part in (self.database, self.schema, self.table) if part is not None)


@dataclass(frozen=True, slots=True)
class Column:
    """A column. A FakeSource makes values by `length` and `scale`, or has `default` as all values."""

    name: str
    type: DataType
    length: int | None = None
    scale: int | None = None
    default: str | None = None


@dataclass(frozen=True)  # no slots: a cached property needs `__dict__`
class Table:
    """The table of the rows between two steps of a job."""

    path: TablePath
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    doubts: frozenset[Doubt] = field(default=frozenset(), compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(column.name for column in self.columns)

    @property
    def types(self) -> tuple[DataType, ...]:
        """The columns' types."""
        return tuple(column.type for column in self.columns)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The index of each column by name; the first one of columns with equal names."""
        return {column.name: at for at, column in reversed(list(enumerate(self.columns)))}

    def index(self, name: str) -> int | None:
        """Return the index of a column; None if there is no such column."""
        return self.places.get(name)

    def require_columns_apart(self) -> None:
        """Raise `ColumnsNotApart` for blank or repeated names of columns, which only the tables of sources may have."""
        seen: set[str] = set()
        for name in self.names:
            if name in seen or not name.strip():
                raise ColumnsNotApart(self.path, name)
            seen.add(name)

    def with_columns(self, columns: Iterable[Column]) -> Table:
        """Return the table with other columns."""
        return replace(self, columns=tuple(columns))

    def doubted(self, *doubts: Doubt) -> Table:
        """Return the table with further doubts."""
        return replace(self, doubts=self.doubts.union(doubts))


def parse_table(options: Options, output_keys: Sequence[str]) -> Table:
    """Return the table that a plugin's `schema` describes.

    Its path is `schema.table`, or else the name of the plugin's output, or else the default. Raises `BadSchema`,
    `BadTableName`, `BadType` and `OptionMismatch`.
    """
    declared = options.mapping("schema")
    if declared is None:
        raise BadSchema("Schema config need option [schema], please correct your config first")
    schema = Options(declared)
    fields, columns = options.mapping("schema.fields"), schema.mappings("columns")
    if fields is not None and columns is not None:
        raise BadSchema("both [fields] and [columns] are there")
    if columns is None:
        described = tuple(Column(name, parse_type(declared)) for name, declared in (fields or {}).items())
    else:
        described = tuple(map(_column, columns))
    _check_constraints(schema)
    return Table(_path(schema, options.text(*output_keys)), described, _primary_key(schema))


def _path(schema: Options, output: str | None) -> TablePath:
    if named := schema.text("table"):
        return TablePath.parse(named, schema_first=bool(schema.flag("schema_first")))
    return TablePath.parse(DEFAULT_PATH if output is None else output)


def _column(declared: Mapping[str, Any]) -> Column:
    options = Options(declared)
    name, kind = options.text("name"), options.raw("type")
    if name is None or kind is None:
        raise BadSchema("a column needs [name] and [type]")
    options.flag("nullable")
    return Column(
        name=name,
        type=parse_type(kind),
        length=options.integer("columnLength", 0),
        scale=options.integer("columnScale"),
        default=options.text("defaultValue"),
    )


def _primary_key(schema: Options) -> tuple[str, ...]:
    declared = schema.mapping("primaryKey")
    if declared is None:
        return ()
    key = Options(declared)
    columns = key.texts("columnNames")
    if not key.has("name") or columns is None:
        raise BadSchema("a primary key needs [name] and [columnNames]")
    return tuple(columns)


def _check_constraints(schema: Options) -> None:
    """Raise `BadSchema` or `OptionMismatch` for invalid constraint keys; valid ones have no effect here."""
    for declared in schema.mappings("constraintKeys") or ():
        key = Options(declared)
        columns = key.mappings("constraintColumns")
        key.choice("constraintType", ConstraintType, ConstraintType.INDEX_KEY, _CONSTRAINT_TYPE)
        if not (key.has("constraintName") and key.has("constraintType")) or columns is None:
            raise BadSchema("a constraint key needs [constraintName], [constraintType] and [constraintColumns]")
        if not all("columnName" in column for column in columns):
            raise BadSchema("a column of a constraint key needs [columnName]")
