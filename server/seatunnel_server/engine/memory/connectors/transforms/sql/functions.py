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
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from typing import Any

from sqlglot import exp

from seatunnel_server.engine.javatext import utf16_length
from seatunnel_server.engine.memory.connectors.transforms.sql.conversions import (
    cast_value,
    day_name,
    day_of_year,
    is_number,
    month_name,
    of_date,
    of_time,
    quarter,
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


_BITS = {SqlType.INT: 32, SqlType.BIGINT: 64}
_EXACT = Context(prec=700)
_CLASSES = {SqlType.TINYINT: "java.lang.Byte", SqlType.SMALLINT: "java.lang.Short"}


def _by_kind(whole: Callable[[int, int], int], other: Callable[[Any, Any], Any]) -> Callable[[Any, Any, DataType], Any]:
    def compute(a: Any, b: Any, kind: DataType) -> Any:
        if kind.kind in _BITS:
            bits = _BITS[kind.kind]
            return wrapped(whole(wrapped(a, bits), wrapped(b, bits)), bits)
        if kind.kind is SqlType.DECIMAL:
            return other(_exact(a), _exact(b))
        return other(float(a), float(b))

    return compute


def _exact(value: Any) -> Decimal:
    return Decimal(repr(float(value)))


def _whole_quotient(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _divide(a: Any, b: Any, kind: DataType) -> Any:
    if kind.kind in _BITS:
        return wrapped(_whole_quotient(int(a), int(b)), _BITS[kind.kind])
    if kind.kind is SqlType.DECIMAL:
        return _EXACT.divide(_exact(a), _exact(b)).quantize(Decimal(1).scaleb(-kind.scale), ROUND_UP, _EXACT)
    a, b = float(a), float(b)
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
    return a / b


def _remainder(a: Any, b: Any, kind: DataType) -> Any:
    if kind.kind in _BITS:
        return int(a) - int(b) * _whole_quotient(int(a), int(b))
    return math.nan if b == 0 or math.isinf(a) else math.fmod(float(a), float(b))


def modulo(a: Any, b: Any, divisor: DataType) -> Any:
    """Return the remainder as the function MOD does: as a number of the divisor's type. Raises `TaskFailed`."""
    if float(b) == 0:
        raise failed("Mod by zero")
    if divisor.kind in _CLASSES:
        raise failed(f"Unsupported arg type {_CLASSES[divisor.kind]} of function MOD")
    rest = _EXACT.remainder(_exact(a), _exact(b))
    if divisor.kind in _BITS:
        return wrapped(rest, _BITS[divisor.kind])
    return rest if divisor.kind is SqlType.DECIMAL else float(rest)


OPERATIONS: Mapping[type[exp.Expression], Callable[[Any, Any, DataType], Any]] = {
    exp.Add: _by_kind(operator.add, operator.add),
    exp.Sub: _by_kind(operator.sub, operator.sub),
    exp.Mul: _by_kind(operator.mul, operator.mul),
    exp.Div: _divide,
    exp.Mod: _remainder,
}
"""Raise `ZeroDivisionError` and `InvalidOperation`."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function. `returns` is its type, or the place of the argument whose type it has."""

    returns: DataType | int
    apply: Apply | None = None


def _text(value: Any) -> str:
    if value is None:
        raise TaskFailed("java.lang.NullPointerException")
    if not isinstance(value, str):
        raise TaskFailed(f"java.lang.ClassCastException: {type(value).__name__} cannot be cast to java.lang.String")
    return value


def number(value: Any) -> Any:
    """Return a number; raise `TaskFailed` for null and for other values."""
    if value is None:
        raise TaskFailed("java.lang.NullPointerException")
    if not is_number(value):
        raise TaskFailed(f"java.lang.ClassCastException: {type(value).__name__} cannot be cast to java.lang.Number")
    return value


def first_known(kinds: Sequence[DataType]) -> DataType:
    """Return the type of COALESCE: that of the first argument that is not null itself."""
    return next((kind for kind in kinds if kind != NULL), kinds[0])


def _argument(args: Sequence[Any], at: int) -> Any:
    if at >= len(args):
        raise TaskFailed(f"java.lang.IndexOutOfBoundsException: Index {at} out of bounds for length {len(args)}")
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
        return None if value is None else change(_text(value), int(number(_argument(args, 1))))

    return apply


def _of_number(change: Callable[[Any], Any]) -> Apply:
    def apply(args: Sequence[Any], _: Sequence[DataType]) -> Any:
        value = _argument(args, 0)
        try:
            return None if value is None else change(number(value))
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
    given = _argument(args, 0)
    separator = "" if given is None else _text(given)
    return separator.join(
        separator.join(to_text(kind.parts[0], item) for item in value if item is not None)
        if kind.kind is SqlType.ARRAY
        else to_text(kind, value)
        for value, kind in zip(args[1:], kinds[1:], strict=True)
        if value is not None
    )


def _substring(args: Sequence[Any], _: Sequence[DataType]) -> str | None:
    value = _argument(args, 0)
    if value is None:
        return None
    text, start = _text(value), int(number(_argument(args, 1)))
    if start <= 0:
        start = 1 if start == 0 else len(text) + start + 1
    length = args[2] if len(args) > 2 else None  # noqa: PLR2004 - the third argument
    end = max(len(text) + 1, start) if length is None else start + int(number(length))
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
        text, length = _text(value), max(int(number(_argument(args, 1))), 0)
        _bounded(length)
        filler = (_text(args[2]) if len(args) > 2 and args[2] else " ")[0]  # noqa: PLR2004 - the third argument
        return text[:length].ljust(length, filler) if right else text[:length].rjust(length, filler)

    return apply


def _found(text: Any, searched: Any, start: Any) -> int:
    if text is None:
        return 0
    begin, where = int(number(start)), _text(text)
    if begin < 0:
        return where.rfind(_text(searched), 0, max(len(where) + begin, 0) + len(searched)) + 1
    return where.find(_text(searched), max(begin - 1, 0)) + 1


def _instr(args: Sequence[Any], _: Sequence[DataType]) -> int:
    return _found(_argument(args, 0), _argument(args, 1), args[2] if len(args) > 2 else 1)  # noqa: PLR2004 - the start


def _locate(args: Sequence[Any], _: Sequence[DataType]) -> int:
    return _found(_argument(args, 1), _argument(args, 0), args[2] if len(args) > 2 else 1)  # noqa: PLR2004 - the start


def _ascii(text: str) -> int | None:
    return int.from_bytes(text[0].encode("utf-16-be", "surrogatepass")[:2]) if text else None


def _rounded(mode: str, *, whole: bool) -> Apply:
    def apply(args: Sequence[Any], _: Sequence[DataType]) -> Any:
        value = _argument(args, 0)
        if value is None:
            return None
        places = int(number(args[1])) if len(args) > 1 and args[1] is not None else 0
        rounded = _round(number(value), places, mode)
        return wrapped(rounded, 32) if whole else rounded

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


def _mod(args: Sequence[Any], kinds: Sequence[DataType]) -> Any:
    left, right = _argument(args, 0), _argument(args, 1)
    if left is None or right is None:
        return None
    return modulo(number(left), number(right), kinds[1])


def _absolute(args: Sequence[Any], kinds: Sequence[DataType]) -> Any:
    value = _argument(args, 0)
    if value is None:
        return None
    magnitude = abs(number(value))
    if kinds[0].kind in _CLASSES:
        raise failed(f"Unsupported arg type {_CLASSES[kinds[0].kind]} of function ABS")
    return wrapped(magnitude, _BITS[kinds[0].kind]) if kinds[0].kind in _BITS else magnitude


def _signum(args: Sequence[Any], kinds: Sequence[DataType]) -> int | None:
    value = _argument(args, 0)
    if value is None:
        return None
    if kinds[0].kind in _CLASSES:
        raise failed(f"Unsupported function SIGN() argument type: {_CLASSES[kinds[0].kind]}")
    return int(number(value) > 0) - int(value < 0)


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
    if len(args) != 2:  # noqa: PLR2004 - a value and what stands for it
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
    def apply(args: Sequence[Any], kinds: Sequence[DataType]) -> float | None:
        value = _argument(args, 0)
        if value is None:
            return None
        if float(number(value)) <= 0:
            raise failed(f"Unsupported function {name}() argument: {to_text(kinds[0], value)}")
        return log(float(value))

    return apply


def _all(names: str, function: Function) -> dict[str, Function]:
    return dict.fromkeys(names.split(), function)


FUNCTIONS: Mapping[str, Function] = {
    **_all("UPPER UCASE", Function(STRING, _of_text(str.upper))),
    **_all("LOWER LCASE", Function(STRING, _of_text(str.lower))),
    **_all("LENGTH CHAR_LENGTH", Function(BIGINT, _of_text(utf16_length))),
    "OCTET_LENGTH": Function(BIGINT, _of_text(lambda text: len(text.encode()))),
    "BIT_LENGTH": Function(BIGINT, _of_text(lambda text: 8 * len(text.encode()))),
    "ASCII": Function(INT, _of_text(_ascii)),
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
    "ABS": Function(0, _absolute),
    **_all("CEIL CEILING", Function(INT, _rounded(ROUND_CEILING, whole=True))),
    "FLOOR": Function(INT, _rounded(ROUND_FLOOR, whole=True)),
    "ROUND": Function(0, _rounded(ROUND_HALF_UP, whole=False)),
    **_all("TRUNC TRUNCATE", Function(DOUBLE, _rounded(ROUND_DOWN, whole=False))),
    "SIGN": Function(INT, _signum),
    "MOD": Function(1, _mod),
    "SQRT": Function(DOUBLE, _of_number(lambda value: math.sqrt(value) if value >= 0 else math.nan)),
    "EXP": Function(DOUBLE, _of_number(_exponential)),
    "LN": Function(DOUBLE, _logarithm("LN", math.log)),
    "LOG10": Function(DOUBLE, _logarithm("LOG10", math.log10)),
    "POWER": Function(DOUBLE, _power),
    "PI": Function(DOUBLE, lambda _args, _kinds: math.pi),
    "COALESCE": Function(0, _coalesce),
    "IFNULL": Function(0, _ifnull),
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
