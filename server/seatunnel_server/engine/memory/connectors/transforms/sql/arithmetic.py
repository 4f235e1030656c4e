"""Arithmetic on two numbers of one type, and comparisons of two values, by the engine's `ZetaSQLFunction` (read)."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import ROUND_UP, Context, Decimal
from typing import Any

from sqlglot import exp

from seatunnel_server.engine.memory.connectors.transforms.sql.conversions import is_number, wrapped
from seatunnel_server.engine.memory.connectors.transforms.sql.grammar import failed
from seatunnel_server.engine.memory.schema import DataType, SqlType

BITS = {SqlType.INT: 32, SqlType.BIGINT: 64}
_EXACT = Context(prec=700)
_CLASSES = {SqlType.TINYINT: "java.lang.Byte", SqlType.SMALLINT: "java.lang.Short"}


def _by_kind(whole: Callable[[int, int], int], other: Callable[[Any, Any], Any]) -> Callable[[Any, Any, DataType], Any]:
    def compute(a: Any, b: Any, kind: DataType) -> Any:
        if kind.kind in BITS:
            bits = BITS[kind.kind]
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
    if kind.kind in BITS:
        return wrapped(_whole_quotient(int(a), int(b)), BITS[kind.kind])
    if kind.kind is SqlType.DECIMAL:
        return _EXACT.divide(_exact(a), _exact(b)).quantize(Decimal(1).scaleb(-kind.scale), ROUND_UP, _EXACT)
    a, b = float(a), float(b)
    if b == 0:
        return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1, b)
    return a / b


def _remainder(a: Any, b: Any, kind: DataType) -> Any:
    if kind.kind in BITS:
        return int(a) - int(b) * _whole_quotient(int(a), int(b))
    return math.nan if b == 0 or math.isinf(a) else math.fmod(float(a), float(b))


def modulo(a: Any, b: Any, divisor: DataType) -> Any:
    """Return the result of the function MOD, a number of the divisor's type. Raises `TaskFailed`."""
    if float(b) == 0:
        raise failed("Mod by zero")
    if divisor.kind in _CLASSES:
        raise failed(f"Unsupported arg type {_CLASSES[divisor.kind]} of function MOD")
    rest = _EXACT.remainder(_exact(a), _exact(b))
    if divisor.kind in BITS:
        return wrapped(rest, BITS[divisor.kind])
    return rest if divisor.kind is SqlType.DECIMAL else float(rest)


OPERATIONS: Mapping[type[exp.Expression], Callable[[Any, Any, DataType], Any]] = {
    exp.Add: _by_kind(operator.add, operator.add),
    exp.Sub: _by_kind(operator.sub, operator.sub),
    exp.Mul: _by_kind(operator.mul, operator.mul),
    exp.Div: _divide,
    exp.Mod: _remainder,
}
"""Functions of two numbers and their common type. They may raise `ZeroDivisionError` and `InvalidOperation`."""


ORDERS: Mapping[type[exp.Expression], Callable[[Any, Any], bool]] = {
    exp.GT: operator.gt,
    exp.GTE: operator.ge,
    exp.LT: operator.lt,
    exp.LTE: operator.le,
}


def equal(left: Any, right: Any) -> bool:
    """Return whether two values are equal; null is equal to no value, not even null."""
    if left is None or right is None:
        return False
    if is_number(left) and is_number(right):
        return float(left) == float(right)
    return type(left) is type(right) and bool(left == right)


def different(left: Any, right: Any) -> bool:
    """Return whether two values differ; null differs from every other value, but not from null."""
    return right is not None if left is None else not equal(left, right)


def ordered(order: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    """Return whether two values are in an order of `ORDERS`. Raises `TaskFailed` for values of different types."""
    if left is None or right is None:
        return False
    if is_number(left) and is_number(right):
        return order(float(left), float(right))
    if type(left) is type(right) and isinstance(left, str | datetime | date | time):
        return order(left, right)
    raise failed(f"Filed types not matched, left is: {_class_of(left)}, right is: {_class_of(right)} ")


def _class_of(value: Any) -> str:
    names = {str: "String", bool: "Boolean", datetime: "LocalDateTime", date: "LocalDate", time: "LocalTime"}
    names |= {int: "Integer", float: "Double", Decimal: "BigDecimal", dict: "HashMap", bytes: "byte[]"}
    return names.get(type(value), "SeaTunnelRow")
