"""CAST, by the rules of the engine's `SystemFunction.castAs` (read): most casts go through the value's text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import ROUND_CEILING, Context, Decimal, InvalidOperation
from typing import Any, TypeVar

from seatunnel_server.engine.javatext import single
from seatunnel_server.engine.memory.connectors.values import to_text
from seatunnel_server.engine.memory.pipeline import TaskFailed
from seatunnel_server.engine.memory.types import DataType, SqlType

T = TypeVar("T")

_INTEGER = re.compile(r"[+-]?\d{1,40}", re.ASCII)
_RANGES = {
    SqlType.TINYINT: range(-(2**7), 2**7),
    SqlType.SMALLINT: range(-(2**15), 2**15),
    SqlType.INT: range(-(2**31), 2**31),
    SqlType.BIGINT: range(-(2**63), 2**63),
}
_MAX_DIGITS = 1000


def cast_value(value: Any, source: DataType, target: DataType) -> Any:
    """Return a value as one of type `target`; null stays null. Raises `TaskFailed`."""
    if value is None or source == target:
        return value
    if target.kind in _RANGES:
        return _whole(to_text(source, value), _RANGES[target.kind])
    if target.kind in _MOMENTS:
        return _MOMENTS[target.kind](value)
    if target.kind in _OTHERS:
        return _OTHERS[target.kind](to_text(source, value), target)
    raise TaskFailed(_refusal(target.kind))


def _refusal(kind: SqlType) -> str:
    return f"ErrorCode:[COMMON-05], ErrorDescription:[Unsupported operation] - Unsupported CAST AS type: {kind}"


def _bad_number(text: str) -> TaskFailed:
    return TaskFailed(f'java.lang.NumberFormatException: For input string: "{text}"')


def _whole(text: str, bounds: range) -> int:
    number = int(text) if _INTEGER.fullmatch(text) else None
    if number is None or number not in bounds:
        raise _bad_number(text)
    return number


def _floating(text: str, target: DataType) -> float:
    try:
        number = float(text.strip().rstrip("dDfF"))
    except ValueError:
        raise _bad_number(text) from None
    return single(number) if target.kind is SqlType.FLOAT else number


def _decimal(text: str, target: DataType) -> Decimal:
    try:
        number = Decimal(text)
        if not number.is_finite() or len(text) > _MAX_DIGITS or abs(number.adjusted()) > _MAX_DIGITS:
            raise _bad_number(text)
        digits = max(number.adjusted(), 0) + target.scale + 2
        return number.quantize(Decimal(1).scaleb(-target.scale), ROUND_CEILING, Context(prec=digits))
    except InvalidOperation:
        raise _bad_number(text) from None


def _timestamp(value: Any) -> datetime:
    match value:
        case datetime():
            return value
        case date():
            return datetime.combine(value, time())
    raise TaskFailed(_refusal(SqlType.TIMESTAMP))


def _date(value: Any) -> date:
    match value:
        case datetime():
            return value.date()
        case date():
            return value
        case int() if not isinstance(value, bool):
            return _made(date, value)
    raise TaskFailed(_refusal(SqlType.DATE))


def _time(value: Any) -> time:
    match value:
        case datetime():
            return value.time()
        case date():
            return time()
        case time():
            return value
        case int() if not isinstance(value, bool):
            return _made(time, value)
    raise TaskFailed(_refusal(SqlType.TIME))


def _made(make: Callable[[int, int, int], T], digits: int) -> T:
    try:
        return make(digits // 10000, digits // 100 % 100, digits % 100)
    except ValueError as error:
        raise TaskFailed(f"java.time.DateTimeException: {error}") from error


_MOMENTS: Mapping[SqlType, Callable[[Any], Any]] = {
    SqlType.TIMESTAMP: _timestamp,
    SqlType.DATE: _date,
    SqlType.TIME: _time,
}
_OTHERS: Mapping[SqlType, Callable[[str, DataType], Any]] = {
    SqlType.STRING: lambda text, _: text,
    SqlType.BYTES: lambda text, _: text.encode(),
    SqlType.FLOAT: _floating,
    SqlType.DOUBLE: _floating,
    SqlType.DECIMAL: _decimal,
}
