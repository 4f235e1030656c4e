"""The functions of the engine's SQL: what each returns, and how those that are run here work; and its arithmetic.

Names and behaviour read in the engine's `StringFunction`, `NumericFunction`, `SystemFunction` and `ZetaSQLFunction`. A
function without `apply` needs to know more than its arguments, or is known to the engine but not run here.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any

from sqlglot import exp

from seatunnel_server.engine.memory.connectors.transforms.sql.conversions import (
    day_name,
    day_of_year,
    month_name,
    of_date,
    of_time,
    quarter,
    week,
)
from seatunnel_server.engine.memory.connectors.values import to_text
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.schema import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INT,
    STRING,
    TIME,
    TIMESTAMP,
    DataType,
    SqlType,
)

_BITS = {SqlType.INT: 32, SqlType.BIGINT: 64}


def _by_kind(whole: Callable[[int, int], int], other: Callable[[Any, Any], Any]) -> Callable[[Any, Any, DataType], Any]:
    def compute(a: Any, b: Any, kind: DataType) -> Any:
        if kind.kind in _BITS:
            return _wrapped(whole(int(a), int(b)), _BITS[kind.kind])
        if kind.kind is SqlType.DECIMAL:
            return other(Decimal(repr(float(a))), Decimal(repr(float(b))))
        return other(float(a), float(b))

    return compute


def _wrapped(value: int, bits: int) -> int:
    half = 1 << (bits - 1)
    return (value + half) % (1 << bits) - half


def _whole_quotient(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _divide(a: Any, b: Any, kind: DataType) -> Any:
    if kind.kind in _BITS:
        return _wrapped(_whole_quotient(int(a), int(b)), _BITS[kind.kind])
    if kind.kind is SqlType.DECIMAL:
        quotient = Decimal(repr(float(a))) / Decimal(repr(float(b)))
        return quotient.quantize(Decimal(1).scaleb(-kind.scale), ROUND_UP)
    a, b = float(a), float(b)
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
    return a / b


def _remainder(a: Any, b: Any, kind: DataType) -> Any:
    if kind.kind in _BITS:
        return int(a) - int(b) * _whole_quotient(int(a), int(b))
    if kind.kind is SqlType.DECIMAL:
        return Decimal(repr(float(a))) % Decimal(repr(float(b)))
    return math.nan if b == 0 or math.isinf(a) else math.fmod(float(a), float(b))


OPERATIONS: Mapping[type[exp.Expression], Callable[[Any, Any, DataType], Any]] = {
    exp.Add: _by_kind(operator.add, operator.add),
    exp.Sub: _by_kind(operator.sub, operator.sub),
    exp.Mul: _by_kind(operator.mul, operator.mul),
    exp.Div: _divide,
    exp.Mod: _remainder,
}
"""Raise `ZeroDivisionError` and `InvalidOperation`."""


Apply = Callable[[Sequence[Any], Sequence[DataType]], Any]
_MAX_TEXT = 2**20


@dataclass(frozen=True, slots=True)
class Function:
    """A function. `returns` is its type, or the place of the argument whose type it has."""

    returns: DataType | int
    apply: Apply | None = None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TaskFailed(f"java.lang.ClassCastException: {type(value).__name__} cannot be cast to java.lang.String")
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TaskFailed(f"java.lang.ClassCastException: {type(value).__name__} cannot be cast to java.lang.Number")
    return value


def _argument(args: Sequence[Any], at: int) -> Any:
    if at >= len(args):
        raise TaskFailed(f"java.lang.IndexOutOfBoundsException: Index: {at}, Size: {len(args)}")
    return args[at]


def _of_text(change: Callable[[str], Any]) -> Apply:
    """Return a function of one text that is null for null."""

    def apply(args: Sequence[Any], _: Sequence[DataType]) -> Any:
        value = _argument(args, 0)
        return None if value is None else change(_text(value))

    return apply


def _of_text_and_number(change: Callable[[str, int], Any]) -> Apply:
    def apply(args: Sequence[Any], _: Sequence[DataType]) -> Any:
        value = _argument(args, 0)
        return None if value is None else change(_text(value), int(_number(_argument(args, 1))))

    return apply


def _of_number(change: Callable[[Any], Any]) -> Apply:
    def apply(args: Sequence[Any], _: Sequence[DataType]) -> Any:
        value = _argument(args, 0)
        try:
            return None if value is None else change(_number(value))
        except (ValueError, OverflowError) as error:
            raise TaskFailed(f"java.lang.ArithmeticException: {error}") from error

    return apply


def _trimmed(*, left: bool, right: bool) -> Apply:
    def apply(args: Sequence[Any], _: Sequence[DataType]) -> Any:
        value = _argument(args, 0)
        if value is None:
            return None
        character = (_text(args[1]) if len(args) > 1 and args[1] else " ")[0]
        text = _text(value)
        text = text.lstrip(character) if left else text
        return text.rstrip(character) if right else text

    return apply


def _concat(args: Sequence[Any], kinds: Sequence[DataType]) -> str:
    return "".join(to_text(kind, value) for value, kind in zip(args, kinds, strict=True) if value is not None)


def _concat_ws(args: Sequence[Any], kinds: Sequence[DataType]) -> str:
    separator = _argument(args, 0)
    parts = [to_text(kind, value) for value, kind in zip(args[1:], kinds[1:], strict=True) if value is not None]
    return ("" if separator is None else _text(separator)).join(parts)


def _substring(args: Sequence[Any], _: Sequence[DataType]) -> str | None:
    value = _argument(args, 0)
    if value is None:
        return None
    text, start = _text(value), int(_number(_argument(args, 1)))
    if start <= 0:
        start = 1 if start == 0 else len(text) + start + 1
    length = args[2] if len(args) > 2 else None  # noqa: PLR2004 - the third argument
    end = max(len(text) + 1, start) if length is None else start + int(_number(length))
    start, end = max(start, 1), min(end, len(text) + 1)
    return None if start > len(text) or end <= start else text[start - 1 : end - 1]


def _replace(args: Sequence[Any], _: Sequence[DataType]) -> str | None:
    value = _argument(args, 0)
    if value is None:
        return None
    before, after = _text(_argument(args, 1)), args[2] if len(args) > 2 else ""  # noqa: PLR2004 - the third argument
    text, after = _text(value), "" if after is None else _text(after)
    if not before:
        return text
    _bounded(len(text) + text.count(before) * (len(after) - len(before)))
    return text.replace(before, after)


def _repeated(text: str, count: int) -> str:
    _bounded(len(text) * count)
    return text * max(count, 0)


def _bounded(length: int) -> None:
    if length > _MAX_TEXT:
        raise TaskFailed("java.lang.OutOfMemoryError: Java heap space")


def _padded(*, right: bool) -> Apply:
    def apply(args: Sequence[Any], _: Sequence[DataType]) -> Any:
        value = _argument(args, 0)
        if value is None:
            return None
        text, length = _text(value), max(int(_number(_argument(args, 1))), 0)
        _bounded(length)
        filler = (_text(args[2]) if len(args) > 2 and args[2] else " ")[0]  # noqa: PLR2004 - the third argument
        return text[:length].ljust(length, filler) if right else text[:length].rjust(length, filler)

    return apply


def _found(text: Any, searched: Any) -> int:
    return 0 if text is None else _text(text).find(_text(searched)) + 1


def _instr(args: Sequence[Any], _: Sequence[DataType]) -> int:
    return _found(_argument(args, 0), _argument(args, 1))


def _locate(args: Sequence[Any], _: Sequence[DataType]) -> int:
    return _found(_argument(args, 1), _argument(args, 0))


def _rounded(mode: str, *, whole: bool) -> Apply:
    def apply(args: Sequence[Any], _: Sequence[DataType]) -> Any:
        value = _argument(args, 0)
        if value is None:
            return None
        places = int(_number(args[1])) if len(args) > 1 and args[1] is not None else 0
        rounded = _round(_number(value), places, mode)
        return int(rounded) if whole else rounded

    return apply


def _round(value: Any, places: int, mode: str) -> Any:
    if isinstance(value, int) and places >= 0:
        return value
    if not math.isfinite(value) or abs(places) > 300:  # noqa: PLR2004 - beyond what 64-bit numbers resolve
        return value
    exact = Decimal(repr(float(value))) if not isinstance(value, int) else Decimal(value)
    exponent = exact.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -places:
        exact = exact.quantize(Decimal(1).scaleb(-places), mode) if abs(exact) < 10**20 else exact
    return exact if isinstance(value, Decimal) else type(value)(exact)


def _mod(args: Sequence[Any], _: Sequence[DataType]) -> Any:
    left, right = _argument(args, 0), _argument(args, 1)
    if left is None or right is None:
        return None
    if _number(right) == 0:
        raise TaskFailed("ErrorCode:[COMMON-05], ErrorDescription:[Unsupported operation] - Mod by zero")
    rest = math.fmod(float(_number(left)), float(right))
    return Decimal(repr(rest)) if isinstance(right, Decimal) else type(right)(rest)


def _power(args: Sequence[Any], _: Sequence[DataType]) -> float | None:
    base, exponent = _argument(args, 0), _argument(args, 1)
    if base is None or exponent is None:
        return None
    try:
        return math.pow(float(_number(base)), float(_number(exponent)))
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


def _sign(value: Any) -> int:
    return int(value > 0) - int(value < 0)


def _coalesce(args: Sequence[Any], _: Sequence[DataType]) -> Any:
    return next((value for value in args if value is not None), None)


def _nullif(args: Sequence[Any], _: Sequence[DataType]) -> Any:
    return None if _argument(args, 0) == _argument(args, 1) else args[0]


def _logarithm(log: Callable[[float], float]) -> Callable[[Any], float]:
    return lambda value: log(float(value))


def _all(names: str, function: Function) -> dict[str, Function]:
    return dict.fromkeys(names.split(), function)


FUNCTIONS: Mapping[str, Function] = {
    **_all("UPPER UCASE", Function(STRING, _of_text(str.upper))),
    **_all("LOWER LCASE", Function(STRING, _of_text(str.lower))),
    **_all("LENGTH CHAR_LENGTH", Function(BIGINT, _of_text(len))),
    "OCTET_LENGTH": Function(BIGINT, _of_text(lambda text: len(text.encode()))),
    "BIT_LENGTH": Function(BIGINT, _of_text(lambda text: 8 * len(text.encode()))),
    "ASCII": Function(INT, _of_text(lambda text: ord(text[0]) if text else 0)),
    "CONCAT": Function(STRING, _concat),
    "CONCAT_WS": Function(STRING, _concat_ws),
    "TRIM": Function(STRING, _trimmed(left=True, right=True)),
    "LTRIM": Function(STRING, _trimmed(left=True, right=False)),
    "RTRIM": Function(STRING, _trimmed(left=False, right=True)),
    "LEFT": Function(STRING, _of_text_and_number(lambda text, count: text[: max(count, 0)])),
    "RIGHT": Function(STRING, _of_text_and_number(lambda text, count: text[max(len(text) - count, 0) :])),
    **_all("SUBSTRING SUBSTR", Function(STRING, _substring)),
    "REPLACE": Function(STRING, _replace),
    "REPEAT": Function(STRING, _of_text_and_number(_repeated)),
    "LPAD": Function(STRING, _padded(right=False)),
    "RPAD": Function(STRING, _padded(right=True)),
    "INSTR": Function(INT, _instr),
    **_all("LOCATE POSITION", Function(INT, _locate)),
    "ABS": Function(0, _of_number(abs)),
    **_all("CEIL CEILING", Function(INT, _rounded(ROUND_CEILING, whole=True))),
    "FLOOR": Function(INT, _rounded(ROUND_FLOOR, whole=True)),
    "ROUND": Function(0, _rounded(ROUND_HALF_UP, whole=False)),
    **_all("TRUNC TRUNCATE", Function(DOUBLE, _rounded(ROUND_DOWN, whole=False))),
    "SIGN": Function(INT, _of_number(_sign)),
    "MOD": Function(1, _mod),
    "SQRT": Function(DOUBLE, _of_number(lambda value: math.sqrt(value) if value >= 0 else math.nan)),
    "EXP": Function(DOUBLE, _of_number(_logarithm(math.exp))),
    "LN": Function(DOUBLE, _of_number(_logarithm(math.log))),
    "LOG10": Function(DOUBLE, _of_number(_logarithm(math.log10))),
    "POWER": Function(DOUBLE, _power),
    "PI": Function(DOUBLE, lambda _args, _kinds: math.pi),
    **_all("COALESCE IFNULL", Function(0, _coalesce)),
    "NULLIF": Function(0, _nullif),
    "YEAR": Function(INT, of_date(lambda value: value.year)),
    "QUARTER": Function(INT, of_date(quarter)),
    "MONTH": Function(INT, of_date(lambda value: value.month)),
    "MONTHNAME": Function(STRING, of_date(month_name)),
    "WEEK": Function(INT, of_date(week)),
    "DAY_OF_MONTH": Function(INT, of_date(lambda value: value.day)),
    "DAY_OF_WEEK": Function(INT, of_date(date.isoweekday)),
    "DAY_OF_YEAR": Function(INT, of_date(day_of_year)),
    "DAYNAME": Function(STRING, of_date(day_name)),
    "HOUR": Function(INT, of_time(lambda value: value.hour)),
    "MINUTE": Function(INT, of_time(lambda value: value.minute)),
    "SECOND": Function(INT, of_time(lambda value: value.second)),
    **_all(
        "CHAR CHR HEXTORAW RAWTOHEX INSERT REGEXP_REPLACE REGEXP_SUBSTR SOUNDEX SPACE TO_CHAR TRANSLATE "
        "FORMATDATETIME FROM_UNIXTIME UUID",
        Function(STRING),
    ),
    "DATEDIFF": Function(BIGINT),
    **_all("REGEXP_LIKE IS_DATE", Function(BOOLEAN)),
    **_all("ACOS ASIN ATAN COS COSH COT SIN SINH TAN TANH ATAN2 LOG RADIANS RAND RANDOM", Function(DOUBLE)),
    **_all("NOW DATE_TRUNC PARSEDATETIME TO_DATE CURRENT_TIMESTAMP", Function(TIMESTAMP)),
    "CURRENT_DATE": Function(DATE),
    "CURRENT_TIME": Function(TIME),
    **_all("DATEADD TIMESTAMPADD", Function(0)),
}
