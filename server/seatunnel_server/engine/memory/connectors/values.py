"""Reads the values of columns from JSON as the engine's JSON format does, and writes them as its sinks do."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from seatunnel_server.engine.javatext import (
    INT_RANGE,
    LONG_RANGE,
    double_text,
    float_text,
    java_text,
    json_text,
    single,
    spelt,
)
from seatunnel_server.engine.memory.connectors import dates
from seatunnel_server.engine.memory.schema import DataType, SqlType

_RANGES: Mapping[SqlType, range] = {
    SqlType.TINYINT: range(-(2**7), 2**7),
    SqlType.SMALLINT: range(-(2**15), 2**15),
    SqlType.INT: INT_RANGE,
    SqlType.BIGINT: LONG_RANGE,
}
_NARROW = {SqlType.TINYINT, SqlType.SMALLINT}
_MAX_DIGITS = 1000
_BAD_BYTES = "org.apache.seatunnel.shade.com.fasterxml.jackson.databind.exc.InvalidFormatException: "


class BadValue(ValueError):
    """The value can't be read as the column's type; the message begins with the class of the engine's exception."""


def bad_number(text: str) -> BadValue:
    """Return the error for text that is not a number."""
    return BadValue(f'java.lang.NumberFormatException: For input string: "{text}"')


def from_json(kind: DataType, value: Any) -> Any:
    """Return a parsed JSON value as a value of type `kind`. Raises `BadValue`."""
    read = _READERS.get(kind.kind)
    if read is None:
        raise BadValue(
            "org.apache.seatunnel.format.json.exception.SeaTunnelJsonFormatException: ErrorCode:[COMMON-07], "
            f"ErrorDescription:[Unsupported data type] - Unsupported type: {kind}"
        )
    if value is None:
        return None
    try:
        return read(kind, value)
    except dates.BadDate as error:
        raise BadValue(str(error)) from error
    except InvalidOperation as error:
        raise BadValue("java.lang.NumberFormatException") from error
    except binascii.Error as error:
        raise BadValue(f"{_BAD_BYTES}Cannot access contents of TextNode as binary") from error


def _node_text(value: Any) -> str:
    return "" if isinstance(value, Mapping | list) else java_text(value)


def _read_by(parse: Callable[[str], Any]) -> Callable[[DataType, Any], Any]:
    return lambda _, value: parse(_node_text(value).strip())


def _decimal(text: str) -> Decimal:
    number = Decimal(text) if len(text) <= _MAX_DIGITS else Decimal("NaN")
    if not number.is_finite():
        raise BadValue("java.lang.NumberFormatException")
    return number


def _whole(kind: DataType, value: Any) -> int:
    bounds = _RANGES[kind.kind]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and kind.kind is SqlType.BIGINT and abs(value) == bounds.stop:
        return min(int(value), bounds.stop - 1)  # the engine reads it as a double, and clamps it
    if is_number and kind.kind not in _NARROW and bounds.start <= value < bounds.stop:
        return int(value)
    return integer(kind, _node_text(value).strip())


def integer(kind: DataType, text: str) -> int:
    """Read text as an integer of a type. Raises `BadValue`."""
    bounds, number = _RANGES[kind.kind], spelt(text)
    if number is not None and number not in bounds and kind.kind in _NARROW:
        raise BadValue(f'java.lang.NumberFormatException: Value out of range. Value:"{text}" Radix:10')
    if number is None or number not in bounds:
        raise bad_number(text)
    return number


def _floating(kind: DataType, value: Any) -> float:
    try:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        number = float(value if is_number else _node_text(value).strip().rstrip("dDfF"))
    except (ValueError, OverflowError):
        raise bad_number(_node_text(value)) from None
    return single(number) if kind.kind is SqlType.FLOAT else number


def _array(kind: DataType, value: Any) -> tuple[Any, ...]:
    items = value if isinstance(value, list) else [None] * len(value) if isinstance(value, Mapping) else []
    return tuple(from_json(kind.parts[0], item) for item in items)


def _map(kind: DataType, value: Any) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        return {}
    key_kind, value_kind = kind.parts
    return {from_json(key_kind, key): from_json(value_kind, item) for key, item in value.items()}


_READERS: Mapping[SqlType, Callable[[DataType, Any], Any]] = {
    SqlType.NULL: lambda _kind, _value: None,
    SqlType.BOOLEAN: lambda _, value: value if isinstance(value, bool) else _node_text(value).strip().lower() == "true",
    SqlType.DATE: _read_by(dates.parse_date),
    SqlType.TIME: _read_by(dates.parse_time),
    SqlType.TIMESTAMP: _read_by(dates.parse_timestamp),
    SqlType.TIMESTAMP_TZ: _read_by(dates.parse_zoned),
    SqlType.DECIMAL: _read_by(_decimal),
    SqlType.BYTES: lambda _, value: base64.b64decode(value, validate=True) if isinstance(value, str) else None,
    SqlType.STRING: lambda _, value: json_text(value) if isinstance(value, Mapping | list) else java_text(value),
    SqlType.FLOAT: _floating,
    SqlType.DOUBLE: _floating,
    SqlType.ARRAY: _array,
    SqlType.MAP: _map,
    SqlType.ROW: lambda kind, value: fields_from_json(kind.names, kind.parts, value),
    **dict.fromkeys(_RANGES, _whole),
}


def fields_from_json(names: Sequence[str], kinds: Sequence[DataType], value: Any) -> tuple[Any, ...]:
    """Read the fields of a row from an array in their order, or from an object by their names; absent ones are null.

    Raises `BadValue`.
    """
    if isinstance(value, list):
        found = [value[at] if at < len(value) else None for at in range(len(names))]
    elif isinstance(value, Mapping):
        found = [value.get(name) for name in names]
    else:
        found = [None] * len(names)
    return tuple(_field(name, kind, item) for name, kind, item in zip(names, kinds, found, strict=True))


def _field(name: str, kind: DataType, value: Any) -> Any:
    try:
        return from_json(kind, value)
    except BadValue as error:
        raise BadValue(str(error).replace(dates.FIELD, name)) from error


def to_text(kind: DataType, value: Any) -> str:
    """Return a value as Java's `String.valueOf`: null as `null`, arrays as their class with a hash."""
    if value is None:
        return "null"
    if isinstance(value, float):
        return float_text(value) if kind.kind is SqlType.FLOAT else double_text(value)
    if isinstance(value, bytes | tuple | Mapping):
        return _container_text(kind, value)
    write: Callable[[Any], str] = _TEXTS.get(type(value), java_text)
    return write(value)


def _container_text(kind: DataType, value: Any) -> str:
    match kind.kind:
        case SqlType.ROW:
            fields = (to_text(part, item) for part, item in zip(kind.parts, value, strict=True))
            return f"SeaTunnelRow{{tableId=, kind=+I, fields=[{', '.join(fields)}]}}"
        case SqlType.MAP:
            key, item = kind.parts
            return f"{{{', '.join(f'{to_text(key, k)}={to_text(item, v)}' for k, v in value.items())}}}"
        case SqlType.SPARSE_FLOAT_VECTOR:
            return f"{{{', '.join(f'{key}={float_text(item)}' for key, item in value.items())}}}"
        case SqlType.ARRAY | SqlType.BYTES:
            name = "B" if kind.kind is SqlType.BYTES else f"L{_CLASSES.get(kind.parts[0].kind, 'java.lang.Object')};"
            return f"[{name}@{zlib.crc32(repr(value).encode()) & _HASH:x}"
    return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"


_HASH = 0x7FFFFFFF
_CLASSES: Mapping[SqlType, str] = {
    SqlType.STRING: "java.lang.String",
    SqlType.BOOLEAN: "java.lang.Boolean",
    SqlType.TINYINT: "java.lang.Byte",
    SqlType.SMALLINT: "java.lang.Short",
    SqlType.INT: "java.lang.Integer",
    SqlType.BIGINT: "java.lang.Long",
    SqlType.FLOAT: "java.lang.Float",
    SqlType.DOUBLE: "java.lang.Double",
}
_TEXTS: Mapping[type, Callable[[Any], str]] = {datetime: dates.java_timestamp, date: str, time: dates.java_time}


def to_cell(kind: DataType, value: Any) -> str | None:
    """Return a value as the Console sink prints it: arrays and rows in brackets, maps as JSON; None for null."""
    return None if value is None else _CELLS.get(kind.kind, to_text)(kind, value)


def _bytes_cell(_: DataType, value: Any) -> str:
    return str([byte - 256 if byte > 127 else byte for byte in value])  # noqa: PLR2004 - Java's bytes are signed


def _row_cell(kind: DataType, value: Any) -> str:
    cells = (to_cell(part, item) for part, item in zip(kind.parts, value, strict=True))
    return f"[{', '.join('null' if cell is None else cell for cell in cells)}]"


_CELLS: Mapping[SqlType, Callable[[DataType, Any], str]] = {
    SqlType.ARRAY: lambda kind, value: f"[{', '.join(to_text(kind.parts[0], item) for item in value)}]",
    SqlType.BYTES: _bytes_cell,
    SqlType.MAP: lambda kind, value: json_text(to_json(kind, value)),
    SqlType.ROW: _row_cell,
}


def to_json(kind: DataType, value: Any) -> Any:
    """Return a value as a JSON value; dates and bytes become strings."""
    if isinstance(value, float) and kind.kind is SqlType.FLOAT:
        return float(float_text(value))
    if value is None or isinstance(value, bool | int | float | str | Decimal):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    write: Callable[[DataType, Any], Any] = _JSON.get(kind.kind, to_text)
    return write(kind, value)


_JSON: Mapping[SqlType, Callable[[DataType, Any], Any]] = {
    SqlType.ARRAY: lambda kind, value: [to_json(kind.parts[0], item) for item in value],
    SqlType.MAP: lambda kind, value: {to_text(kind.parts[0], k): to_json(kind.parts[1], v) for k, v in value.items()},
    SqlType.ROW: lambda kind, value: dict(zip(kind.names, map(to_json, kind.parts, value), strict=True)),
    SqlType.SPARSE_FLOAT_VECTOR: lambda _, value: {str(key): item for key, item in value.items()},
}
