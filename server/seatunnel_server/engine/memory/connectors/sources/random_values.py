"""Random values of every column type, as the FakeSource makes them."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from seatunnel_server.engine.javatext import single
from seatunnel_server.engine.memory.connectors.dates import BadDate, made_date, made_time
from seatunnel_server.engine.memory.connectors.values import BadValue, from_json
from seatunnel_server.engine.memory.schema import Column, DataType, SqlType

Maker = Callable[[Random], Any]

_K = SqlType
_LETTERS = string.ascii_uppercase + string.ascii_lowercase
_CURRENT = {
    _K.DATE: "CURRENT_DATE",
    _K.TIME: "CURRENT_TIME",
    _K.TIMESTAMP: "CURRENT_TIMESTAMP",
    _K.TIMESTAMP_TZ: "CURRENT_TIMESTAMP",
}
PRESENT: Mapping[SqlType, Callable[[datetime], Any]] = {
    _K.DATE: datetime.date,
    _K.TIME: datetime.time,
    _K.TIMESTAMP: lambda moment: moment,
    _K.TIMESTAMP_TZ: datetime.astimezone,
}
"""Functions that return the value of each type for the current time."""
_UNPARSED = "java.time.format.DateTimeParseException"
_TILE = 997
"""The number of random letters in a string; a longer string repeats them."""
_BYTE_WEIGHT, _DIGIT_WEIGHT = 4, 10
"""The weights of a byte, which is printed as up to four characters, and of a digit, which costs ten characters."""
_FLOAT_MAX, _DOUBLE_MAX = 3.4028234663852886e38, 1.7976931348623157e308
RANGES: Mapping[SqlType, tuple[float, float]] = {
    _K.TINYINT: (0, 2**7 - 1),
    _K.SMALLINT: (0, 2**15 - 1),
    _K.INT: (0, 2**31 - 1),
    _K.BIGINT: (0, 2**63 - 1),
    _K.FLOAT: (0.0, _FLOAT_MAX),
    _K.DOUBLE: (0.0, _DOUBLE_MAX),
}
"""The allowed range of each type of numbers, which is also the default; its upper end is excluded."""


def is_present(kind: SqlType, text: str) -> bool:
    """Return whether a text is the word for the current date or time in a column of a type, such as `CURRENT_DATE`."""
    return text.upper() == _CURRENT.get(kind)


class CannotMake(ValueError):
    """The settings allow no value; as in the engine, this is found when the first value is made."""


@dataclass(frozen=True, slots=True)
class ValueSettings:
    """The lengths and ranges of random values, and templates to choose from."""

    string_length: int = 5
    bytes_length: int = 5
    array_size: int = 5
    map_size: int = 5
    vector_dimension: int = 4
    binary_vector_dimension: int = 8
    vector_range: tuple[float, float] = (0.0, _FLOAT_MAX)
    ranges: Mapping[SqlType, tuple[float, float]] = field(default_factory=lambda: dict(RANGES))
    templates: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """Values to choose from, by type (`string`, `int`, …) or part of a date or time (`date.year`, `time.hour`, …)."""


def weight(kind: DataType, column: Column, settings: ValueSettings) -> int:
    """Return the approximate size in bytes of a value of `kind`, the type of a column or a type inside it."""
    parts = sum(weight(part, column, settings) for part in kind.parts) + 1
    vector = 4 * max(settings.vector_dimension, settings.binary_vector_dimension, column.scale or 0)
    sizes = {
        _K.ARRAY: parts * settings.array_size,
        _K.MAP: parts * settings.map_size,
        _K.ROW: parts,
        _K.STRING: settings.string_length if column.length is None else column.length,
        _K.BYTES: settings.bytes_length * _BYTE_WEIGHT,
        _K.DECIMAL: max(kind.precision, kind.scale) * _DIGIT_WEIGHT,
    }
    return max(sizes.get(kind.kind, vector if kind.kind.endswith("VECTOR") else 8), 1)


def parts(kind: DataType, column: Column, settings: ValueSettings) -> int:
    """Return the number of values inside a value of `kind`: elements of arrays, entries of maps."""
    inside = sum(parts(part, column, settings) for part in kind.parts)
    vector = settings.vector_dimension if column.scale is None else column.scale
    times = {_K.ARRAY: settings.array_size, _K.MAP: settings.map_size, _K.SPARSE_FLOAT_VECTOR: vector}
    return max(inside, 1) * max(times.get(kind.kind, 1), 1)


def maker(kind: DataType, column: Column, settings: ValueSettings, now: datetime) -> Maker:
    """Return a function that makes values of `kind`, the type of a column or a type inside it.

    Raises `CannotMake`, or `BadValue` for a bad default.
    """
    if kind.parts or kind.kind is _K.ROW:
        return _container(kind, [maker(part, column, settings, now) for part in kind.parts], settings)
    if column.default is not None and kind.kind is not _K.NULL and not kind.kind.endswith("VECTOR"):
        value = _default(kind, column.default, now)
        return lambda _: value
    if kind.kind in RANGES:
        return _number(kind.kind, column, settings)
    if kind.kind.endswith("VECTOR"):
        return _vector(kind.kind, column.scale, settings)
    if kind.kind in _CURRENT:
        return _moment(kind.kind, settings.templates, now)
    return _other(kind, column, settings)


def _container(kind: DataType, makers: Sequence[Maker], settings: ValueSettings) -> Maker:
    match kind.kind:
        case SqlType.ARRAY:
            if settings.array_size < 0:
                raise BadValue(f"java.lang.NegativeArraySizeException: {settings.array_size}")
            element, size = makers[0], range(settings.array_size)
            return lambda rng: tuple(element(rng) for _ in size)
        case SqlType.MAP:
            (key, value), entries = makers, range(settings.map_size)
            return lambda rng: {key(rng): value(rng) for _ in entries}
    return lambda rng: tuple(make(rng) for make in makers)


def _default(kind: DataType, text: str, now: datetime) -> Any:
    if is_present(kind.kind, text):
        return PRESENT[kind.kind](now)
    if kind.kind is _K.BYTES:
        return text.encode()
    try:
        value = from_json(kind, text)
    except BadValue as error:
        if kind.kind not in PRESENT:
            raise
        raise BadValue(f"{_UNPARSED}: Text '{text}' could not be parsed at index 0") from error
    if kind.kind is _K.TIMESTAMP_TZ:  # the engine looks for a format among those without an offset
        raise BadValue(f"{_UNPARSED}: Text '{text}' could not be parsed, unparsed text found at index 19")
    return value


def _number(kind: SqlType, column: Column, settings: ValueSettings) -> Maker:
    if template := settings.templates.get(kind.value.lower()):
        return lambda rng: rng.choice(template)
    low, high = settings.ranges[kind]
    if low > high:
        raise CannotMake("Start value must be smaller or equal to end value.")
    if kind not in {_K.FLOAT, _K.DOUBLE}:
        first, last = int(low), max(int(low), int(high) - 1)
        return lambda rng: rng.randint(first, last)
    narrow: Callable[[float], float] = single if kind is _K.FLOAT or column.scale is not None else float
    if column.scale is None:
        return lambda rng: narrow(low + (high - low) * rng.random())
    places = Decimal(1).scaleb(-column.scale)

    def rounded(rng: Random) -> float:
        exact = Decimal(low + (high - low) * rng.random())
        return narrow(float(exact.quantize(places, ROUND_HALF_UP) if exact < 10**20 else exact))

    return rounded


def _other(kind: DataType, column: Column, settings: ValueSettings) -> Maker:
    match kind.kind:
        case SqlType.STRING if template := settings.templates.get("string"):
            return lambda rng: rng.choice(template)
        case SqlType.STRING:
            return _letters(settings.string_length if column.length is None else column.length)
        case SqlType.BYTES:
            letters = _letters(settings.bytes_length)
            return lambda rng: letters(rng).encode()
        case SqlType.BOOLEAN:
            return lambda rng: rng.random() < 0.5  # noqa: PLR2004 - a fair coin
        case SqlType.DECIMAL:
            return _decimal(kind)
    return lambda _: None  # of the type NULL


def _letters(length: int) -> Maker:
    if length < 0:
        raise CannotMake(f"Requested random string length {length} is less than 0.")
    if length <= _TILE:
        return lambda rng: "".join(rng.choices(_LETTERS, k=length))
    copies = -(-length // _TILE)
    return lambda rng: ("".join(rng.choices(_LETTERS, k=_TILE)) * copies)[:length]


def _decimal(kind: DataType) -> Maker:
    whole, fraction = kind.precision - kind.scale, kind.scale
    if kind.precision == 0:
        raise BadValue("java.lang.NumberFormatException: No digits found.")
    if whole < 0:
        raise CannotMake(f"Requested random string length {whole} is less than 0.")

    def make(rng: Random) -> Decimal:
        digits = "".join(rng.choices(string.digits, k=kind.precision))
        return Decimal(f"{digits[:whole]}.{digits[whole:]}" if fraction else digits)

    return make


def _moment(kind: SqlType, templates: Mapping[str, Sequence[Any]], now: datetime) -> Maker:
    parts: list[Sequence[int]] = [
        templates.get("date.year") or (now.year,),
        templates.get("date.month") or range(1, 13),
        templates.get("date.day") or range(1, 29),
        templates.get("time.hour") or range(24),
        templates.get("time.minute") or range(60),
        templates.get("time.second") or range(60),
    ]
    pick = PRESENT[kind]

    def make(rng: Random) -> Any:
        year, month, day, hour, minute, second = map(rng.choice, parts)
        try:
            return pick(datetime.combine(made_date(year, month, day), made_time(hour, minute, second)))
        except BadDate as error:
            raise BadValue(str(error)) from error

    return make


def _vector(kind: SqlType, scale: int | None, settings: ValueSettings) -> Maker:
    low, high = settings.vector_range
    count = settings.vector_dimension if scale is None else scale
    match kind:
        case SqlType.BINARY_VECTOR:
            count = (settings.binary_vector_dimension if scale is None else scale) // 8
        case SqlType.FLOAT_VECTOR:
            count *= 4
        case SqlType.SPARSE_FLOAT_VECTOR:
            entries = range(max(count, 0))
            return lambda rng: {rng.getrandbits(31): single(low + (high - low) * rng.random()) for _ in entries}
        case _:
            count *= 2
    return lambda rng: rng.randbytes(max(count, 0))
