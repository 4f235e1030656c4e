"""The types of SQL expressions, by the rules of the engine's `ZetaSQLType` (read)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import reduce

from sqlglot import exp

from seatunnel_server.engine.errors import InvalidNumber
from seatunnel_server.engine.javatext import INT_RANGE, LONG_RANGE
from seatunnel_server.engine.memory import schema
from seatunnel_server.engine.memory.connectors.transforms.sql.functions import FUNCTIONS, first_known
from seatunnel_server.engine.memory.connectors.transforms.sql.grammar import Scope, unsupported
from seatunnel_server.engine.refusals import SqlRefused

_SMALL = {schema.SqlType.TINYINT, schema.SqlType.SMALLINT, schema.SqlType.INT}
_WHOLE = {*_SMALL, schema.SqlType.BIGINT}
_FRACTIONS = {schema.SqlType.FLOAT, schema.SqlType.DOUBLE}
_WIDTHS = [
    schema.SqlType.TINYINT,
    schema.SqlType.SMALLINT,
    schema.SqlType.INT,
    schema.SqlType.BIGINT,
    schema.SqlType.FLOAT,
    schema.SqlType.DOUBLE,
    schema.SqlType.DECIMAL,
]
_NUMBERS = {*_WHOLE, *_FRACTIONS}
_MOMENTS = {schema.SqlType.TIMESTAMP, schema.SqlType.TIMESTAMP_TZ}
_ANY = frozenset(schema.SqlType)
_CASTS: Mapping[str, tuple[schema.DataType, Collection[schema.SqlType]]] = {
    **dict.fromkeys(("VARCHAR", "STRING"), (schema.STRING, _ANY)),
    **dict.fromkeys(("BYTE", "TINYINT"), (schema.TINYINT, {schema.SqlType.TINYINT, schema.SqlType.STRING})),
    "SMALLINT": (schema.SMALLINT, {schema.SqlType.TINYINT, schema.SqlType.SMALLINT, schema.SqlType.STRING}),
    **dict.fromkeys(("INT", "INTEGER"), (schema.INT, {*_WHOLE, schema.SqlType.STRING})),
    **dict.fromkeys(("BIGINT", "LONG"), (schema.BIGINT, {*_WHOLE, schema.SqlType.STRING})),
    "FLOAT": (schema.FLOAT, {*_NUMBERS, schema.SqlType.STRING}),
    "DOUBLE": (schema.DOUBLE, {*_NUMBERS, schema.SqlType.STRING}),
    "BINARY": (schema.BYTES, _ANY),
    **dict.fromkeys(("TIMESTAMP", "DATETIME"), (schema.TIMESTAMP, {*_MOMENTS, schema.SqlType.BIGINT})),
    "DATE": (schema.DATE, {*_MOMENTS, schema.SqlType.DATE, schema.SqlType.INT}),
    "TIME": (schema.TIME, {*_MOMENTS, schema.SqlType.TIME, schema.SqlType.INT}),
    "BOOLEAN": (schema.BOOLEAN, {*_NUMBERS, schema.SqlType.STRING, schema.SqlType.BOOLEAN}),
}
"""By the type name in a CAST: the type that it returns, and the types that it accepts (read, and recorded)."""
_CONDITIONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.In, exp.Like, exp.And, exp.Or)
ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)


def type_of(node: exp.Expression, scope: Scope) -> schema.DataType:
    """Return an expression's type. Raises `SqlRefused` and `ColumnUnknown`."""
    if isinstance(node, _CONDITIONS) or is_negated(node):
        return schema.BOOLEAN
    for kind, rule in _RULES.items():
        if isinstance(node, kind):
            return rule(node, scope)
    raise unsupported(node)


def is_negated(node: exp.Expression) -> bool:
    """Return whether an expression is a condition with NOT inside, as in `IS NOT NULL`; the engine has no other NOT."""
    return isinstance(node, exp.Not) and isinstance(node.this, exp.Is | exp.In | exp.Like)


def _literal(node: exp.Expression, _: Scope) -> schema.DataType:
    if node.args["is_string"]:
        return schema.STRING
    number = int(node.name) if node.name.isdecimal() and len(node.name) < 30 else None  # noqa: PLR2004 - 64 bits
    if node.name.isdecimal() and (number is None or number not in LONG_RANGE):
        raise InvalidNumber(node.name)
    if number is None:
        return schema.DOUBLE
    return schema.INT if number in INT_RANGE else schema.BIGINT


def _arithmetic(node: exp.Expression, scope: Scope) -> schema.DataType:
    left, right = type_of(node.this, scope), type_of(node.expression, scope)
    kinds = {left.kind, right.kind}
    if kinds <= _SMALL:
        return schema.INT
    if kinds <= _WHOLE:
        return schema.BIGINT
    if schema.SqlType.DECIMAL in kinds:
        return schema.decimal(max(left.precision, right.precision), max(left.scale, right.scale))
    if kinds & _FRACTIONS:
        return schema.DOUBLE
    raise unsupported(node)


def _case(node: exp.Expression, scope: Scope) -> schema.DataType:
    results = [branch.args["true"] for branch in node.args["ifs"]]
    if node.args.get("default") is not None:
        results.append(node.args["default"])
    return reduce(_wider, (type_of(result, scope) for result in results))


def _wider(left: schema.DataType, right: schema.DataType) -> schema.DataType:
    if right in (left, schema.NULL):
        return left
    if left == schema.NULL:
        return right
    if left.kind not in _WIDTHS or right.kind not in _WIDTHS:
        raise SqlRefused(f"{left} type not compatible {right}")
    if schema.SqlType.DECIMAL in {left.kind, right.kind}:
        return schema.decimal(max(left.precision, right.precision), max(left.scale, right.scale))
    return max(left, right, key=lambda each: _WIDTHS.index(each.kind))


def cast_type(node: exp.Expression, scope: Scope) -> schema.DataType:
    """Return the type that a CAST returns. Raises `SqlRefused`."""
    written, source = node.args["to"], type_of(node.this, scope)
    name = written.name.upper()
    if name == "DECIMAL":
        if len(written.expressions) < 2:  # noqa: PLR2004 - precision and scale
            raise SqlRefused("Unsupported CAST AS type: DECIMAL")
        precision, scale = (int(part.name) for part in written.expressions[:2])
        return schema.decimal(precision, scale)
    target, sources = _CASTS.get(name, (schema.STRING, ()))
    if source.kind not in sources:
        raise SqlRefused(f"Unsupported CAST FROM {source.kind} AS type: {written.name}")
    return target


def _function(node: exp.Expression, scope: Scope) -> schema.DataType:
    function = FUNCTIONS.get(node.name.upper())
    if function is None:
        raise SqlRefused(f"Unsupported function: {node.name} ")
    if isinstance(function.returns, schema.DataType):
        return function.returns
    if node.name.upper() in {"COALESCE", "IFNULL"}:
        kinds = [type_of(each, scope) for each in node.expressions]
        return first_known(kinds) if kinds else _missing(node)
    if function.returns >= len(node.expressions):
        return _missing(node)
    return type_of(node.expressions[function.returns], scope)


def _missing(node: exp.Expression) -> schema.DataType:
    raise SqlRefused(f"{node.name} function requires at least one parameter")


def _column(node: exp.Expression, scope: Scope) -> schema.DataType:
    if not isinstance(node, exp.Column) or isinstance(node.this, exp.Star):
        raise unsupported(node)
    return scope.column(node)[0]


_RULES: Mapping[type[exp.Expression], Callable[[exp.Expression, Scope], schema.DataType]] = {
    exp.Null: lambda _node, _scope: schema.NULL,
    exp.Literal: _literal,
    exp.Column: _column,
    exp.Neg: lambda node, scope: type_of(node.this, scope),
    exp.Paren: lambda node, scope: type_of(node.this, scope),
    exp.DPipe: lambda _node, _scope: schema.STRING,
    exp.Case: _case,
    exp.Cast: cast_type,
    exp.Anonymous: _function,
    exp.Extract: lambda _node, _scope: schema.INT,
    exp.CurrentDate: lambda _node, _scope: schema.DATE,
    exp.CurrentTime: lambda _node, _scope: schema.TIME,
    exp.CurrentTimestamp: lambda _node, _scope: schema.TIMESTAMP,
    **dict.fromkeys(ARITHMETIC, _arithmetic),
}
