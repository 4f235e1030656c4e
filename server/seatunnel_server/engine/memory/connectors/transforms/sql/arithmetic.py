"""Arithmetic on two numbers of one type, by the rules of the engine's `ZetaSQLFunction` (read)."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from decimal import ROUND_UP, Decimal
from typing import Any

from sqlglot import exp

from seatunnel_server.engine.memory.types import DataType, SqlType

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
