"""Evaluates SQL expressions on rows, by the rules of the engine's `ZetaSQLFunction` and `ZetaSQLFilter`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import InvalidOperation
from typing import Any, TypeVar
from uuid import UUID

from sqlglot import exp

from seatunnel_server.engine.memory.connectors.transforms.patterns import JavaPattern
from seatunnel_server.engine.memory.connectors.transforms.rows import Values
from seatunnel_server.engine.memory.connectors.transforms.sql.arithmetic import (
    BITS,
    OPERATIONS,
    ORDERS,
    different,
    equal,
    modulo,
    ordered,
)
from seatunnel_server.engine.memory.connectors.transforms.sql.conversions import (
    cast_value,
    extractor,
    formatter,
    is_number,
    to_char,
    wrapped,
    written,
)
from seatunnel_server.engine.memory.connectors.transforms.sql.functions import FUNCTIONS, number
from seatunnel_server.engine.memory.connectors.transforms.sql.grammar import (
    NotRun,
    Run,
    Scope,
    failed,
    first_argument,
    like_matcher,
    shown,
    unsupported,
)
from seatunnel_server.engine.memory.connectors.transforms.sql.typing_rules import (
    ARITHMETIC,
    cast_type,
    is_negated,
    type_of,
)
from seatunnel_server.engine.memory.connectors.values import to_text
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.schema import BOOLEAN, STRING, DataType, SqlType

T = TypeVar("T")


def value_of(node: exp.Expression, scope: Scope) -> Run:
    """Return a function from a row's values to the expression's value.

    Raises `SqlRefused` and `ColumnUnknown`, which the engine finds at the first row, and `NotRun`.
    """
    for kind, build in _BUILDERS.items():
        if isinstance(node, kind):
            return build(node, scope)
    raise unsupported(node)


def condition_of(node: exp.Expression, scope: Scope) -> Callable[[Values], bool]:
    """Return a function that says whether a condition holds for a row's values. Raises what `value_of` raises."""
    if is_negated(node):
        return _negated(node.this, scope)
    for kind, build in _CONDITIONS.items():
        if isinstance(node, kind):
            return build(node, scope)
    raise unsupported(node)


def _literal(node: exp.Expression, scope: Scope) -> Run:
    kind = type_of(node, scope)
    value: Any = node.name
    if kind != STRING:
        value = float(node.name) if kind.kind is SqlType.DOUBLE else int(node.name)
    return lambda _: value


def _negative(node: exp.Expression, scope: Scope) -> Run:
    inner, kind, refused = value_of(node.this, scope), type_of(node.this, scope), shown(node)

    def run(values: Values) -> Any:
        value = inner(values)
        if not is_number(value):  # null is not a number, either
            raise failed(f"Unsupported SQL Expression: {refused} ")
        return wrapped(-value, BITS[kind.kind]) if kind.kind in BITS else -float(value)

    return run


def _column(node: exp.Expression, scope: Scope) -> Run:
    if not isinstance(node, exp.Column):
        raise unsupported(node)
    return scope.column(node)[1]


def _joined(node: exp.Expression, scope: Scope) -> Run:
    sides = [(type_of(side, scope), value_of(side, scope)) for side in (node.this, node.expression)]

    def run(values: Values) -> str:
        texts = ((kind, side(values)) for kind, side in sides)
        return _metered("".join(to_text(kind, value) for kind, value in texts if value is not None), scope)

    return run


def _metered(value: T, scope: Scope) -> T:
    """Return a value. If it is text, count its length as work for the row. Raises `BudgetExceeded`."""
    if isinstance(value, str):
        scope.meter.require_room(len(value))
        scope.meter.characters(len(value))
    return value


def _cast(node: exp.Expression, scope: Scope) -> Run:
    inner, source, target = value_of(node.this, scope), type_of(node.this, scope), cast_type(node, scope)

    def attempt(values: Values) -> Any:
        try:
            return cast_value(inner(values), source, target)
        except TaskFailed:
            return None

    return attempt if isinstance(node, exp.TryCast) else lambda values: cast_value(inner(values), source, target)


def _case(node: exp.Expression, scope: Scope) -> Run:
    kind = type_of(node, scope)
    switch = value_of(node.this, scope) if node.this is not None else None
    branches = [(_when(branch.this, scope), *_result(branch.args["true"], scope)) for branch in node.args["ifs"]]
    default = _result(node.args["default"], scope) if node.args.get("default") is not None else None

    def run(values: Values) -> Any:
        switched = None if switch is None else switch(values)
        for when, result_kind, result in branches:
            met = when(values)
            if met is True or equal(switched, met):
                return cast_value(result(values), result_kind, kind)
        return None if default is None else cast_value(default[1](values), default[0], kind)

    return run


def _when(node: exp.Expression, scope: Scope) -> Run:
    return condition_of(node, scope) if type_of(node, scope) == BOOLEAN else value_of(node, scope)


def _result(node: exp.Expression, scope: Scope) -> tuple[DataType, Run]:
    return type_of(node, scope), value_of(node, scope)


def _function(node: exp.Expression, scope: Scope) -> Run:
    function = FUNCTIONS.get(node.name.upper())
    if function is None:
        raise unsupported(node)
    if function.apply is None:
        if node.name.upper() not in _KNOWING:
            raise NotRun(node.name)
        return _KNOWING[node.name.upper()](node, scope)
    apply = function.apply
    kinds = [type_of(argument, scope) for argument in node.expressions]
    arguments = [value_of(argument, scope) for argument in node.expressions]
    return lambda values: _metered(apply([argument(values) for argument in arguments], kinds), scope)


def _present(part: Callable[[datetime], Any]) -> Callable[[exp.Expression, Scope], Run]:
    return lambda _node, scope: lambda _values: part(scope.now())


def _uuid(_: exp.Expression, scope: Scope) -> Run:
    return lambda _values: str(UUID(int=scope.chance.getrandbits(128), version=4))


def _extract(node: exp.Expression, scope: Scope) -> Run:
    extract, inner = extractor(node.name), value_of(node.expression, scope)
    return lambda values: extract(inner(values))


def _format_datetime(node: exp.Expression, scope: Scope) -> Run:
    inner, write = value_of(first_argument(node), scope), _format_of(node)
    return lambda values: written(inner(values), write)


def _to_char(node: exp.Expression, scope: Scope) -> Run:
    first = first_argument(node)
    kind, inner = type_of(first, scope), value_of(first, scope)
    write = _format_of(node) if kind.kind in _TEMPORAL else None
    return lambda values: to_char(kind, inner(values), write)


def _format_of(node: exp.Expression) -> Callable[[Any], str | None] | None:
    if len(node.expressions) == 1:
        return None
    pattern = node.expressions[1]
    if not (isinstance(pattern, exp.Literal) and pattern.args["is_string"]):
        raise NotRun(f"{node.name} with a pattern that is computed")
    return formatter(pattern.name)


_TEMPORAL = {SqlType.DATE, SqlType.TIME, SqlType.TIMESTAMP}
_KNOWING: Mapping[str, Callable[[exp.Expression, Scope], Run]] = {
    "NOW": _present(lambda now: now),
    "UUID": _uuid,
    "FORMATDATETIME": _format_datetime,
    "TO_CHAR": _to_char,
}
"""Functions that need the scope, or an argument's expression instead of its value."""


def _arithmetic(node: exp.Expression, scope: Scope) -> Run:
    kind, compute = type_of(node, scope), OPERATIONS[type(node)]
    if kind.kind is SqlType.DECIMAL and isinstance(node, exp.Mod):
        divisor = type_of(node.expression, scope)
        compute = lambda a, b, _kind: modulo(a, b, divisor)  # noqa: E731 - one of several
    left, right = value_of(node.this, scope), value_of(node.expression, scope)

    def run(values: Values) -> Any:
        a, b = left(values), right(values)
        if a is None or b is None:
            return None
        number(a), number(b)
        try:
            return compute(a, b, kind)
        except (ZeroDivisionError, InvalidOperation):
            raise TaskFailed("java.lang.ArithmeticException: / by zero") from None

    return run


def _no_value(node: exp.Expression, scope: Scope) -> Run:
    """Return a function that refuses a condition as a value, unless a side is null. Both sides must be numbers."""
    left, right, refused = value_of(node.this, scope), value_of(node.expression, scope), shown(node)

    def run(values: Values) -> None:
        sides = [side(values) for side in (left, right)]
        for side in sides:
            if side is not None:
                number(side)
        if None not in sides:
            raise failed(f"Unsupported SQL Expression: {refused} ")

    return run


_BUILDERS: Mapping[type[exp.Expression], Callable[[exp.Expression, Scope], Run]] = {
    exp.Null: lambda _node, _scope: lambda _values: None,
    exp.Literal: _literal,
    exp.Column: _column,
    exp.Neg: _negative,
    exp.Paren: lambda node, scope: value_of(node.this, scope),
    exp.DPipe: _joined,
    exp.Case: _case,
    exp.Cast: _cast,
    exp.Anonymous: _function,
    exp.CurrentDate: _present(lambda now: now.date()),
    exp.CurrentTime: _present(lambda now: now.time()),
    exp.CurrentTimestamp: _present(lambda now: now),
    exp.Extract: _extract,
    **dict.fromkeys(ARITHMETIC, _arithmetic),
    **dict.fromkeys((exp.EQ, exp.NEQ, *ORDERS, exp.Like, exp.And, exp.Or), _no_value),
}


def _comparison(node: exp.Expression, scope: Scope) -> Callable[[Values], bool]:
    left, right = value_of(node.this, scope), value_of(node.expression, scope)
    if isinstance(node, exp.EQ):
        return lambda values: equal(left(values), right(values))
    if isinstance(node, exp.NEQ):
        return lambda values: different(left(values), right(values))
    order = ORDERS[type(node)]
    return lambda values: ordered(order, left(values), right(values))


def _is_null(node: exp.Expression, scope: Scope) -> Callable[[Values], bool]:
    if not isinstance(node.expression, exp.Null):
        raise unsupported(node)
    value = value_of(node.this, scope)
    return lambda values: value(values) is None


def _in(node: exp.Expression, scope: Scope, *, negated: bool = False) -> Callable[[Values], bool]:
    """Return a function for IN, or for NOT IN. For a null, both hold only if the list begins with a null."""
    if not node.expressions:
        raise unsupported(node)
    value = value_of(node.this, scope)
    items = [value_of(item, scope) for item in node.expressions]

    def run(values: Values) -> bool:
        wanted = value(values)
        if wanted is None:
            return items[0](values) is None
        return any(equal(wanted, item(values)) for item in items) is not negated

    return run


def _negated(node: exp.Expression, scope: Scope) -> Callable[[Values], bool]:
    if isinstance(node, exp.In):
        return _in(node, scope, negated=True)
    met = condition_of(node, scope)
    return lambda values: not met(values)


def _like(node: exp.Expression, scope: Scope) -> Callable[[Values], bool]:
    left, right = value_of(node.this, scope), value_of(node.expression, scope)
    kind, wanted = type_of(node.this, scope), not node.args.get("negate")
    patterns: dict[str, JavaPattern] = {}
    if isinstance(node.expression, exp.Literal):
        patterns[node.expression.name] = like_matcher(node.expression.name)

    def run(values: Values) -> bool:
        value, like = left(values), right(values)
        if value is None:
            return False
        if not isinstance(like, str):
            raise TaskFailed("java.lang.NullPointerException")
        if like not in patterns:
            patterns.clear()
            try:
                patterns[like] = like_matcher(like)
            except NotRun as reason:
                raise TaskFailed(f"LIKE is not run by this engine: {reason}") from reason
        return patterns[like].matches(to_text(kind, value)) is wanted

    return run


def _both(node: exp.Expression, scope: Scope) -> Callable[[Values], bool]:
    left, right = condition_of(node.this, scope), condition_of(node.expression, scope)
    return lambda values: all([left(values), right(values)])  # both sides are evaluated, and may fail


def _either(node: exp.Expression, scope: Scope) -> Callable[[Values], bool]:
    left, right = condition_of(node.this, scope), condition_of(node.expression, scope)
    return lambda values: any([left(values), right(values)])  # as above


def _function_condition(node: exp.Expression, scope: Scope) -> Callable[[Values], bool]:
    value = value_of(node, scope)

    def run(values: Values) -> bool:
        met = value(values)
        if met is not None and not isinstance(met, bool):
            raise TaskFailed(f"java.lang.ClassCastException: {type(met).__name__} cannot be cast to java.lang.Boolean")
        return met is True

    return run


def _no_regexp(_node: exp.Expression, _scope: Scope) -> Callable[[Values], bool]:
    raise NotRun("REGEXP")


def _truth_condition(node: exp.Expression, scope: Scope) -> Callable[[Values], bool]:
    value = value_of(node, scope)

    def run(values: Values) -> bool:
        met = value(values)
        if not isinstance(met, bool):
            name = "NullPointerException" if met is None else "ClassCastException"
            raise TaskFailed(f"java.lang.{name}")
        return met

    return run


_CONDITIONS: Mapping[type[exp.Expression], Callable[[exp.Expression, Scope], Callable[[Values], bool]]] = {
    exp.EQ: _comparison,
    exp.NEQ: _comparison,
    **dict.fromkeys(ORDERS, _comparison),
    exp.Is: _is_null,
    exp.In: _in,
    exp.Like: _like,
    exp.And: _both,
    exp.Or: _either,
    exp.Paren: lambda node, scope: condition_of(node.this, scope),
    exp.Anonymous: _function_condition,
    exp.RegexpLike: _no_regexp,
    exp.Column: _truth_condition,
}
