"""CAST, and the parts and formats of dates and times, in the engine's SQL.

Read in the engine's `SystemFunction.castAs`, `DateTimeFunction` and `StringFunction`; recorded. Formats are Java's
patterns, without those that depend on a language.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import ROUND_CEILING, Context, Decimal, InvalidOperation
from operator import attrgetter
from typing import Any, TypeVar

from seatunnel_server.engine.javatext import single
from seatunnel_server.engine.memory.connectors.dates import BadDate, made_date, made_time
from seatunnel_server.engine.memory.connectors.transforms.sql.grammar import NotRun, failed
from seatunnel_server.engine.memory.connectors.values import BadValue, bad_number, integer, to_text
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.schema import DataType, SqlType

T = TypeVar("T")

_WIDE = {SqlType.INT: ("INTEGER", 32), SqlType.BIGINT: ("LONG", 64)}
_MAX_DIGITS = 1000


def cast_value(value: Any, source: DataType, target: DataType) -> Any:
    """Return a value as one of type `target`; null stays null. Raises `TaskFailed`."""
    if value is None or source == target:
        return value
    if target.kind not in _CASTS:
        raise failed(f"Unsupported CAST AS type: {target.kind}")
    return _CASTS[target.kind](value, source, target)


def is_number(value: Any) -> bool:
    """Return whether a value is a number; booleans are not."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def wrapped(value: Any, bits: int) -> int:
    """Return a number as Java's `intValue` (32 bits) or `longValue` (64): floats are clamped, other numbers wrap."""
    half = 1 << (bits - 1)
    if isinstance(value, float):
        return 0 if math.isnan(value) else int(max(-half, min(half - 1, value)))
    return (int(value) + half) % (1 << bits) - half


def _narrow(value: Any, source: DataType, target: DataType) -> int:
    try:
        return integer(target, to_text(source, value))
    except BadValue as error:
        raise TaskFailed(str(error)) from error


def _wide(value: Any, source: DataType, target: DataType) -> int:
    if isinstance(value, str):
        return _narrow(value, source, target)
    name, bits = _WIDE[target.kind]
    if is_number(value):
        return wrapped(value, bits)
    raise failed(f"Unsupported CAST {to_text(source, value)} to {name}")


def _floating(value: Any, source: DataType, target: DataType) -> float:
    text = to_text(source, value)
    try:
        number = float(text.strip().rstrip("dDfF").replace("_", "?"))
    except ValueError:
        raise TaskFailed(str(bad_number(text))) from None
    return single(number) if target.kind is SqlType.FLOAT else number


def _decimal(value: Any, source: DataType, target: DataType) -> Decimal:
    text = to_text(source, value)
    try:
        number = Decimal(text if len(text) <= _MAX_DIGITS else "NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS:
        raise TaskFailed("java.lang.NumberFormatException")
    digits = max(number.adjusted(), 0) + target.scale + 2
    return number.quantize(Decimal(1).scaleb(-target.scale), ROUND_CEILING, Context(prec=digits))


def _truth(value: Any, source: DataType, _: DataType) -> bool:
    if is_number(value) and wrapped(value, 32) in {0, 1}:
        return wrapped(value, 32) == 1
    if isinstance(value, str) and value.upper() in {"TRUE", "FALSE"}:
        return value.upper() == "TRUE"
    raise failed(f"Unsupported CAST AS Boolean: {to_text(source, value)}")


def _timestamp(value: Any, source: DataType, _: DataType) -> datetime:
    if source.kind is SqlType.BIGINT:
        try:
            return datetime.fromtimestamp(value / 1000).astimezone().replace(tzinfo=None)
        except (ValueError, OverflowError, OSError) as error:
            raise TaskFailed(f"java.time.DateTimeException: {error}") from error
    if isinstance(value, datetime) and value.tzinfo is None:
        return value
    raise failed("Unsupported CAST AS type: TIMESTAMP")


def _date(value: Any, source: DataType, _: DataType) -> date:
    match value:
        case datetime():
            return value.date()
        case date():
            return value
        case int() if source.kind is SqlType.INT:
            return _made(made_date, value)
    raise failed("Unsupported CAST AS type: DATE")


def _time(value: Any, source: DataType, _: DataType) -> time:
    match value:
        case datetime():
            return value.time()
        case time():
            return value
        case int() if source.kind is SqlType.INT:
            return _made(made_time, value)
    raise failed("Unsupported CAST AS type: TIME")


def _made(make: Callable[[int, int, int], T], digits: int) -> T:
    low = abs(digits) % 10000
    try:
        return make(int(digits / 10000), low // 100, low % 100)
    except BadDate as error:
        raise TaskFailed(str(error)) from error


_CASTS: Mapping[SqlType, Callable[[Any, DataType, DataType], Any]] = {
    SqlType.STRING: lambda value, source, _: to_text(source, value),
    SqlType.BYTES: lambda value, source, _: to_text(source, value).encode(),
    SqlType.TINYINT: _narrow,
    SqlType.SMALLINT: _narrow,
    SqlType.INT: _wide,
    SqlType.BIGINT: _wide,
    SqlType.FLOAT: _floating,
    SqlType.DOUBLE: _floating,
    SqlType.DECIMAL: _decimal,
    SqlType.BOOLEAN: _truth,
    SqlType.TIMESTAMP: _timestamp,
    SqlType.DATE: _date,
    SqlType.TIME: _time,
}


Part = Callable[[Any], int]
_WEEK = 7
_LONGEST_FIRST_WEEK_DAY = 4
_TOKEN = re.compile(r"([A-Za-z])\1*|[^A-Za-z'\[\]{}#]")


def of_date(part: Callable[[date], Any]) -> Callable[[Sequence[Any], Sequence[DataType]], Any]:
    """Return an SQL function that applies `part` to the date in its argument.

    It returns None for null, and raises `TaskFailed` for a value without a date.
    """
    return lambda args, _: _of(args, _date_in, part)


def of_time(part: Callable[[time], Any]) -> Callable[[Sequence[Any], Sequence[DataType]], Any]:
    """Return an SQL function that applies `part` to the time of day in its argument, like `of_date`."""
    return lambda args, _: _of(args, _time_in, part)


def _of(args: Sequence[Any], inside: Callable[[Any], Any], part: Callable[[Any], Any]) -> Any:
    if not args:
        raise TaskFailed("java.lang.IndexOutOfBoundsException: Index 0 out of bounds for length 0")
    if args[0] is None:
        return None
    found = inside(_temporal(args[0]))
    if found is None:
        raise TaskFailed("java.lang.NullPointerException")
    return part(found)


def _temporal(value: Any) -> Any:
    if not isinstance(value, date | time):
        raise TaskFailed(
            f"java.lang.ClassCastException: {type(value).__name__} cannot be cast to java.time.temporal.Temporal"
        )
    return value


def _date_in(value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None


def _time_in(value: Any) -> time | None:
    return value.time() if isinstance(value, datetime) else value if isinstance(value, time) else None


def week(value: date) -> int:
    """Return the number of a date's week in its year; 0 for days before the first week."""
    day = value.timetuple().tm_yday
    start = (day - value.isoweekday()) % _WEEK
    offset = _WEEK - start if start >= _LONGEST_FIRST_WEEK_DAY else -start
    return (_WEEK + offset + day - 1) // _WEEK


_DATE_PARTS: Mapping[str, Part] = {name: attrgetter(name.lower()) for name in ("YEAR", "MONTH", "DAY")}
_TIME_PARTS: Mapping[str, Part] = {
    **{name: attrgetter(name.lower()) for name in ("HOUR", "MINUTE", "SECOND")},
    "MILLISECOND": lambda value: value.microsecond // 1000,
}


def extractor(field: str) -> Callable[[Any], int | None]:
    """Return a function that extracts a field such as `YEAR`, or None if the value lacks it. Raises `NotRun`."""
    name = field.upper()
    part = {**_DATE_PARTS, **_TIME_PARTS}.get(name)
    if part is None:
        raise NotRun(f"EXTRACT({field})")
    inside = _date_in if name in _DATE_PARTS else _time_in

    def extract(value: Any) -> int | None:
        found = None if value is None else inside(_temporal(value))
        return None if found is None else part(found)

    return extract


def formatter(pattern: str) -> Callable[[Any], str | None]:
    """Return a function that formats a date or time with a pattern of Java. Raises `NotRun` for unsupported letters."""
    writers: list[Callable[[Any], str]] = []
    at = 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            raise NotRun(f"the pattern {pattern}")
        writers.append(_writer(token, pattern))
        at = token.end()

    def write(value: Any) -> str | None:
        return None if value is None else "".join(writer(_temporal(value)) for writer in writers)

    return write


_NUMBERS: Mapping[str, tuple[bool, str, Part]] = {
    "M": (True, "MonthOfYear", _DATE_PARTS["MONTH"]),
    "d": (True, "DayOfMonth", _DATE_PARTS["DAY"]),
    "H": (False, "HourOfDay", _TIME_PARTS["HOUR"]),
    "m": (False, "MinuteOfHour", _TIME_PARTS["MINUTE"]),
    "s": (False, "SecondOfMinute", _TIME_PARTS["SECOND"]),
}
_TWO = 2
_FOUR = 4
_NANOS = 9


def _writer(token: re.Match[str], pattern: str) -> Callable[[Any], str]:
    text, letter = token[0], token[1]
    if letter is None:
        return lambda _: text
    width = len(text)
    if letter in _NUMBERS and width <= _TWO:
        is_date, name, part = _NUMBERS[letter]
        return lambda value: f"{part(_part_of(value, name, is_date=is_date)):0{width}}"
    if letter in {"y", "u"} and width in {_TWO, _FOUR}:
        name = "YearOfEra" if letter == "y" else "Year"
        return lambda value: f"{_part_of(value, name, is_date=True).year:04}"[-width:]
    if letter == "S" and width <= _NANOS:
        return lambda value: f"{_part_of(value, 'NanoOfSecond', is_date=False).microsecond:06}000"[:width]
    raise NotRun(f"the pattern {pattern}")


def _part_of(value: Any, name: str, *, is_date: bool) -> Any:
    found = _date_in(value) if is_date else _time_in(value)
    if found is None:
        raise TaskFailed(f"java.time.temporal.UnsupportedTemporalTypeException: Unsupported field: {name}")
    return found


def to_char(kind: DataType, value: Any, write: Callable[[Any], str | None] | None) -> str | None:
    """Return the result of TO_CHAR: dates and times formatted by `write`, other values as text."""
    if value is None or isinstance(value, date | time):
        return written(value, write)
    return to_text(kind, value)


def written(value: Any, write: Callable[[Any], str | None] | None) -> str | None:
    """Return a date or a time formatted by `write`. Raises `TaskFailed` if there is no `write`."""
    if value is None:
        return None
    if write is None:
        raise TaskFailed("java.lang.IndexOutOfBoundsException: Index 1 out of bounds for length 1")
    return write(value)
