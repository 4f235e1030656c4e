"""The functions of the engine's SQL, with their types and implementations.

Names and behaviour were read in the engine's `StringFunction`, `NumericFunction`, `SystemFunction` and
`ZetaSQLFunction`. A function without `apply` is implemented in `evaluation.py`, because it needs more than the values
of its arguments, or is not run here.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from operator import attrgetter
from typing import Any

from seatunnel_server.engine.javatext import utf16_length
from seatunnel_server.engine.memory.connectors.transforms.sql.arithmetic import _CLASSES, BITS, modulo
from seatunnel_server.engine.memory.connectors.transforms.sql.conversions import (
    cast_value,
    is_number,
    of_date,
    of_time,
    week,
    wrapped,
)
from seatunnel_server.engine.memory.connectors.transforms.sql.grammar import failed
from seatunnel_server.engine.memory.connectors.values import to_text
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.schema import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INT,
    NULL,
    STRING,
    TIME,
    TIMESTAMP,
    DataType,
    SqlType,
)

Apply = Callable[[Sequence[Any], Sequence[DataType]], Any]
_MAX_TEXT = 2**20


@dataclass(frozen=True, slots=True)
class SqlFunction:
    """A function. `returns` is its type, or the index of the argument whose type it has."""

    returns: DataType | int
    apply: Apply | None = None


def _text(value: Any) -> str:
    if value is None:
        raise TaskFailed("java.lang.NullPointerException")
    if not isinstance(value, str):
        raise TaskFailed(f"java.lang.ClassCastException: {type(value).__name__} cannot be cast to java.lang.String")
    return value


def number(value: Any) -> Any:
    """Return a value that is a number. Raises `TaskFailed` for null and other values."""
    if value is None:
        raise TaskFailed("java.lang.NullPointerException")
    if not is_number(value):
        raise TaskFailed(f"java.lang.ClassCastException: {type(value).__name__} cannot be cast to java.lang.Number")
    return value


def first_known(kinds: Sequence[DataType]) -> DataType:
    """Return the type of COALESCE: that of the first argument whose type is not NULL."""
    return next((kind for kind in kinds if kind != NULL), kinds[0])


def _argument(args: Sequence[Any], at: int) -> Any:
    if at >= len(args):
        raise TaskFailed(f"java.lang.IndexOutOfBoundsException: Index {at} out of bounds for length {len(args)}")
    return args[at]


def _known(apply: Apply) -> Apply:
    """Return a function that returns null if its first argument is null."""
    return lambda args, kinds: None if _argument(args, 0) is None else apply(args, kinds)


def _of_text(change: Callable[[str], Any]) -> Apply:
    return _known(lambda args, _: change(_text(args[0])))


def _of_text_and_number(change: Callable[[str, int], Any]) -> Apply:
    return _known(lambda args, _: change(_text(args[0]), int(number(_argument(args, 1)))))


def _of_number(change: Callable[[Any], Any]) -> Apply:
    return _known(lambda args, _: change(number(args[0])))


def _character(args: Sequence[Any], at: int) -> str:
    return (_text(args[at]) if len(args) > at and args[at] else " ")[0]


def _trimmed(strip: Callable[[str, str], str]) -> Apply:
    return _known(lambda args, _: strip(_text(args[0]), _character(args, 1)))


def _concat(args: Sequence[Any], kinds: Sequence[DataType]) -> str:
    return "".join(to_text(kind, value) for value, kind in zip(args, kinds, strict=True) if value is not None)


def _concat_ws(args: Sequence[Any], kinds: Sequence[DataType]) -> str:
    given = _argument(args, 0)
    separator = "" if given is None else _text(given)
    return separator.join(
        separator.join(to_text(kind.parts[0], item) for item in value if item is not None)
        if kind.kind is SqlType.ARRAY
        else to_text(kind, value)
        for value, kind in zip(args[1:], kinds[1:], strict=True)
        if value is not None
    )


@_known
def _substring(args: Sequence[Any], _: Sequence[DataType]) -> str | None:
    text, start = _text(args[0]), int(number(_argument(args, 1)))
    if start <= 0:
        start = 1 if start == 0 else len(text) + start + 1
    length = args[2] if len(args) > 2 else None  # noqa: PLR2004 - the third argument
    end = max(len(text) + 1, start) if length is None else start + int(number(length))
    start, end = max(start, 1), min(end, len(text) + 1)
    return None if start > len(text) or end <= start else text[start - 1 : end - 1]


@_known
def _replace(args: Sequence[Any], _: Sequence[DataType]) -> str:
    before, after = _text(_argument(args, 1)), args[2] if len(args) > 2 else ""  # noqa: PLR2004 - the third argument
    text, after = _text(args[0]), "" if after is None else _text(after)
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


def _padded(fill: Callable[[str, int, str], str]) -> Apply:
    def pad(args: Sequence[Any], _: Sequence[DataType]) -> str:
        text, length = _text(args[0]), max(int(number(_argument(args, 1))), 0)
        _bounded(length)
        return fill(text[:length], length, _character(args, 2))

    return _known(pad)


def _located(*, text_at: int) -> Apply:
    def locate(args: Sequence[Any], _: Sequence[DataType]) -> int:
        text, searched = _argument(args, text_at), _argument(args, 1 - text_at)
        if text is None:
            return 0
        begin = int(number(args[2])) if len(args) > 2 else 1  # noqa: PLR2004 - the start
        text, searched = _text(text), _text(searched)
        if begin < 0:
            return text.rfind(searched, 0, max(len(text) + begin, 0) + len(searched)) + 1
        return text.find(searched, max(begin - 1, 0)) + 1

    return locate


def _ascii(text: str) -> int | None:
    return int.from_bytes(text[0].encode("utf-16-be", "surrogatepass")[:2]) if text else None


def _rounded(mode: str, *, whole: bool) -> Apply:
    def rounded(args: Sequence[Any], _: Sequence[DataType]) -> Any:
        places = int(number(args[1])) if len(args) > 1 and args[1] is not None else 0
        value = _round(number(args[0]), places, mode)
        return wrapped(value, 32) if whole else value

    return _known(rounded)


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


def _mod(args: Sequence[Any], kinds: Sequence[DataType]) -> Any:
    left, right = _argument(args, 0), _argument(args, 1)
    if left is None or right is None:
        return None
    return modulo(number(left), number(right), kinds[1])


@_known
def _absolute(args: Sequence[Any], kinds: Sequence[DataType]) -> Any:
    magnitude = abs(number(args[0]))
    if kinds[0].kind in _CLASSES:
        raise failed(f"Unsupported arg type {_CLASSES[kinds[0].kind]} of function ABS")
    return wrapped(magnitude, BITS[kinds[0].kind]) if kinds[0].kind in BITS else magnitude


@_known
def _signum(args: Sequence[Any], kinds: Sequence[DataType]) -> int:
    if kinds[0].kind in _CLASSES:
        raise failed(f"Unsupported function SIGN() argument type: {_CLASSES[kinds[0].kind]}")
    return int(number(args[0]) > 0) - int(args[0] < 0)


def _power(args: Sequence[Any], _: Sequence[DataType]) -> float | None:
    base, exponent = _argument(args, 0), _argument(args, 1)
    if base is None or exponent is None:
        return None
    try:
        return math.pow(float(number(base)), float(number(exponent)))
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


def _coalesce(args: Sequence[Any], kinds: Sequence[DataType]) -> Any:
    found = next(((value, kind) for value, kind in zip(args, kinds, strict=True) if value is not None), None)
    return None if found is None else cast_value(*found, first_known(kinds))


def _ifnull(args: Sequence[Any], kinds: Sequence[DataType]) -> Any:
    if len(args) != 2:  # noqa: PLR2004 - a value and its replacement
        shown = ", ".join(to_text(kind, value) for value, kind in zip(args, kinds, strict=True))
        raise failed(f"Unsupported function IFNULL() arguments: [{shown}]")
    return _coalesce(args, kinds)


def _nullif(args: Sequence[Any], kinds: Sequence[DataType]) -> Any:
    left, right = _argument(args, 0), _argument(args, 1)
    alike = kinds[0].kind is kinds[1].kind and left == right
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        alike = left.as_tuple() == right.as_tuple()
    return None if alike else left


def _exponential(value: Any) -> float:
    try:
        return math.exp(float(value))
    except OverflowError:
        return math.inf


def _logarithm(name: str, log: Callable[[float], float]) -> Apply:
    def apply(args: Sequence[Any], kinds: Sequence[DataType]) -> float:
        if float(number(args[0])) <= 0:
            raise failed(f"Unsupported function {name}() argument: {to_text(kinds[0], args[0])}")
        return log(float(args[0]))

    return _known(apply)


def _all(names: str, function: SqlFunction) -> dict[str, SqlFunction]:
    return dict.fromkeys(names.split(), function)


FUNCTIONS: Mapping[str, SqlFunction] = {
    **_all("UPPER UCASE", SqlFunction(STRING, _of_text(str.upper))),
    **_all("LOWER LCASE", SqlFunction(STRING, _of_text(str.lower))),
    **_all("LENGTH CHAR_LENGTH", SqlFunction(BIGINT, _of_text(utf16_length))),
    "OCTET_LENGTH": SqlFunction(BIGINT, _of_text(lambda text: len(text.encode()))),
    "BIT_LENGTH": SqlFunction(BIGINT, _of_text(lambda text: 8 * len(text.encode()))),
    "ASCII": SqlFunction(INT, _of_text(_ascii)),
    "CONCAT": SqlFunction(STRING, _concat),
    "CONCAT_WS": SqlFunction(STRING, _concat_ws),
    "TRIM": SqlFunction(STRING, _trimmed(str.strip)),
    "LTRIM": SqlFunction(STRING, _trimmed(str.lstrip)),
    "RTRIM": SqlFunction(STRING, _trimmed(str.rstrip)),
    "LEFT": SqlFunction(STRING, _of_text_and_number(lambda text, count: text[: max(count, 0)])),
    "RIGHT": SqlFunction(STRING, _of_text_and_number(lambda text, count: text[max(len(text) - count, 0) :])),
    **_all("SUBSTRING SUBSTR", SqlFunction(STRING, _substring)),
    "REPLACE": SqlFunction(STRING, _replace),
    "REPEAT": SqlFunction(STRING, _of_text_and_number(_repeated)),
    "LPAD": SqlFunction(STRING, _padded(str.rjust)),
    "RPAD": SqlFunction(STRING, _padded(str.ljust)),
    "INSTR": SqlFunction(INT, _located(text_at=0)),
    **_all("LOCATE POSITION", SqlFunction(INT, _located(text_at=1))),
    "ABS": SqlFunction(0, _absolute),
    **_all("CEIL CEILING", SqlFunction(INT, _rounded(ROUND_CEILING, whole=True))),
    "FLOOR": SqlFunction(INT, _rounded(ROUND_FLOOR, whole=True)),
    "ROUND": SqlFunction(0, _rounded(ROUND_HALF_UP, whole=False)),
    **_all("TRUNC TRUNCATE", SqlFunction(DOUBLE, _rounded(ROUND_DOWN, whole=False))),
    "SIGN": SqlFunction(INT, _signum),
    "MOD": SqlFunction(1, _mod),
    "SQRT": SqlFunction(DOUBLE, _of_number(lambda value: math.sqrt(value) if value >= 0 else math.nan)),
    "EXP": SqlFunction(DOUBLE, _of_number(_exponential)),
    "LN": SqlFunction(DOUBLE, _logarithm("LN", math.log)),
    "LOG10": SqlFunction(DOUBLE, _logarithm("LOG10", math.log10)),
    "POWER": SqlFunction(DOUBLE, _power),
    "PI": SqlFunction(DOUBLE, lambda _args, _kinds: math.pi),
    "COALESCE": SqlFunction(0, _coalesce),
    "IFNULL": SqlFunction(0, _ifnull),
    "NULLIF": SqlFunction(0, _nullif),
    "YEAR": SqlFunction(INT, of_date(attrgetter("year"))),
    "QUARTER": SqlFunction(INT, of_date(lambda value: (value.month + 2) // 3)),
    "MONTH": SqlFunction(INT, of_date(attrgetter("month"))),
    "MONTHNAME": SqlFunction(STRING, of_date(lambda value: calendar.month_name[value.month])),
    "WEEK": SqlFunction(INT, of_date(week)),
    "DAY_OF_MONTH": SqlFunction(INT, of_date(attrgetter("day"))),
    "DAY_OF_WEEK": SqlFunction(INT, of_date(date.isoweekday)),
    "DAY_OF_YEAR": SqlFunction(INT, of_date(lambda value: value.timetuple().tm_yday)),
    "DAYNAME": SqlFunction(STRING, of_date(lambda value: calendar.day_name[value.weekday()])),
    "HOUR": SqlFunction(INT, of_time(attrgetter("hour"))),
    "MINUTE": SqlFunction(INT, of_time(attrgetter("minute"))),
    "SECOND": SqlFunction(INT, of_time(attrgetter("second"))),
    **_all(
        "CHAR CHR HEXTORAW RAWTOHEX INSERT REGEXP_REPLACE REGEXP_SUBSTR SOUNDEX SPACE TO_CHAR TRANSLATE "
        "FORMATDATETIME FROM_UNIXTIME UUID SPLIT DES_ENCRYPT DES_DECRYPT ARRAY MAP",
        SqlFunction(STRING),
    ),
    **_all("DATEDIFF MURMUR64 VECTOR_DIMS", SqlFunction(BIGINT)),
    **_all("REGEXP_LIKE IS_DATE", SqlFunction(BOOLEAN)),
    **_all("ACOS ASIN ATAN COS COSH COT SIN SINH TAN TANH ATAN2 LOG RADIANS RAND RANDOM", SqlFunction(DOUBLE)),
    **_all("COSINE_DISTANCE L1_DISTANCE L2_DISTANCE INNER_PRODUCT VECTOR_NORM", SqlFunction(DOUBLE)),
    **_all("NOW DATE_TRUNC PARSEDATETIME TO_DATE CURRENT_TIMESTAMP", SqlFunction(TIMESTAMP)),
    "CURRENT_DATE": SqlFunction(DATE),
    "CURRENT_TIME": SqlFunction(TIME),
    **_all("DATEADD TIMESTAMPADD ARRAY_MAX ARRAY_MIN TRIM_SCALE VECTOR_REDUCE VECTOR_NORMALIZE", SqlFunction(0)),
    "MULTI_IF": SqlFunction(1),
}
