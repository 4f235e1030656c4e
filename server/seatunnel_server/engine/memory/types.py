"""Column types: reading their text, and what values of them weigh.

Byte sizes are those of the engine's row (`SeaTunnelRow.getBytesSize`, read; the sums are recorded in
`submit-job/minimal`, `transform-copy` and `job-info/tables-configs`): a text counts its UTF-16 units, numbers their
width, a decimal 36, a date 24, a time 12, a timestamp 48, and nothing counts for null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from seatunnel_server.engine.javatext import utf16_length

Sizer = Callable[[Any], int]

_MAX_DEPTH = 64
"""Types nested deeper are refused; the engine's own parser overflows some thousands deeper."""


class SqlType(StrEnum):
    """Every kind of type that a column may have."""

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
    ROW = "ROW"
    BINARY_VECTOR = "BINARY_VECTOR"
    FLOAT_VECTOR = "FLOAT_VECTOR"
    FLOAT16_VECTOR = "FLOAT16_VECTOR"
    BFLOAT16_VECTOR = "BFLOAT16_VECTOR"
    SPARSE_FLOAT_VECTOR = "SPARSE_FLOAT_VECTOR"


_COMPOSED = {SqlType.ARRAY, SqlType.MAP, SqlType.DECIMAL, SqlType.ROW}
_OLD_NAMES = {"LONG": "BIGINT", "SHORT": "SMALLINT", "BYTE": "TINYINT"}
_IN_ARRAYS = {
    SqlType.STRING,
    SqlType.BOOLEAN,
    SqlType.TINYINT,
    SqlType.SMALLINT,
    SqlType.INT,
    SqlType.BIGINT,
    SqlType.FLOAT,
    SqlType.DOUBLE,
}
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
    SqlType.NULL: 0,
}


class BadType(ValueError):
    """Text or a value that describes no column type."""


@dataclass(frozen=True, slots=True)
class DataType:
    """A column's type: what it is made of (`parts`), a row's field names, a decimal's digits."""

    kind: SqlType
    parts: tuple[DataType, ...] = ()
    names: tuple[str, ...] = ()
    precision: int = 0
    scale: int = 0

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
    """Return the type of decimals with that many digits, `scale` of them behind the point."""
    return DataType(SqlType.DECIMAL, precision=precision, scale=scale)


STRING = DataType(SqlType.STRING)
BOOLEAN = DataType(SqlType.BOOLEAN)
TINYINT = DataType(SqlType.TINYINT)
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
        return _row_type(declared, depth)
    if not isinstance(declared, str):
        raise BadType(f"unsupported data type '{declared}'")
    name = _OLD_NAMES.get(declared.strip().upper(), declared).upper().replace(" ", "")
    if name in SqlType.__members__ and SqlType[name] not in _COMPOSED:
        return DataType(SqlType[name])
    return _composed_type(declared, name, depth)


def _composed_type(declared: str, name: str, depth: int) -> DataType:
    if name.startswith("MAP"):
        return _map_type(_inside(declared), depth)
    if name.startswith("ARRAY"):
        element = parse_type(_inside(declared).strip(), depth + 1)
        if element.kind not in _IN_ARRAYS:
            raise BadType(f"unsupported data type '{declared}'")
        return DataType(SqlType.ARRAY, (element,))
    if name.startswith("DECIMAL"):
        return _decimal_type(declared)
    raise BadType(f"unsupported data type '{declared}'")


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


def _decimal_type(declared: str) -> DataType:
    digits = [re.sub(r"\D", "", part) for part in declared.split(",")[:2]]
    if len(digits) < 2 or not all(part and len(part) < 10 for part in digits):  # noqa: PLR2004 - precision and scale
        raise BadType("a decimal needs a precision and a scale")
    return decimal(int(digits[0]), int(digits[1]))


def _row_type(fields: Mapping[str, Any], depth: int) -> DataType:
    return DataType(
        SqlType.ROW,
        parts=tuple(parse_type(declared, depth + 1) for declared in fields.values()),
        names=tuple(fields),
    )


def sizer(kind: DataType) -> Sizer:
    """Return the function that says how many bytes a value of that type counts."""
    weigh = _weigher(kind)
    return lambda value: 0 if value is None else weigh(value)


def _weigher(kind: DataType) -> Sizer:
    if kind.kind in _WIDTHS:
        width = _WIDTHS[kind.kind]
        return lambda _: width
    return _COMPOSED_WEIGHERS[kind.kind](kind) if kind.kind in _COMPOSED_WEIGHERS else len


def _sum_of(weigh: Sizer) -> Sizer:
    return lambda items: sum(map(weigh, items))


def _map_weigher(kind: DataType) -> Sizer:
    key, value = map(sizer, kind.parts)
    return lambda entries: sum(key(k) + value(v) for k, v in entries.items())


def row_sizer(kinds: Iterable[DataType]) -> Callable[[Sequence[Any]], int]:
    """Return the function that says how many bytes a whole row counts."""
    weighers = tuple(map(sizer, kinds))
    return lambda values: sum(weigh(value) for weigh, value in zip(weighers, values, strict=True))


_COMPOSED_WEIGHERS: Mapping[SqlType, Callable[[DataType], Sizer]] = {
    SqlType.STRING: lambda _: utf16_length,
    SqlType.SPARSE_FLOAT_VECTOR: lambda _: lambda entries: len(entries) * 8,
    SqlType.ARRAY: lambda kind: _sum_of(sizer(kind.parts[0])),
    SqlType.MAP: _map_weigher,
    SqlType.ROW: lambda kind: row_sizer(kind.parts),
}
