"""The sink Assert, which fails its job if rows break a rule. Rules and messages were read in the engine's sink."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from seatunnel_server.engine.javatext import double_text, java_text
from seatunnel_server.engine.memory.connectors.values import BadValue, from_json, to_text
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.pipeline import Row, Sink, TaskContext
from seatunnel_server.engine.memory.schema import DataType, SqlType, Table, parse_type
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import OptionRuleBroken, OptionsMissing

_EXCEPTION = "org.apache.seatunnel.connectors.seatunnel.assertion.exception.AssertConnectorException"
_FAILED = f"{_EXCEPTION}: ErrorCode:[ASSERT-01], ErrorDescription:[Rule validate failed] - "


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


_CHECKS: Mapping[str, Callable[[DataType, Any, float], bool]] = {
    "NULL": lambda _kind, value, _limit: value is None,
    "NOT_NULL": lambda _kind, value, _limit: value is not None,
    "MIN": lambda _kind, value, limit: _is_number(value) and float(value) >= limit,
    "MAX": lambda _kind, value, limit: _is_number(value) and float(value) <= limit,
    "MIN_LENGTH": lambda kind, value, limit: _length(kind, value) >= limit,
    "MAX_LENGTH": lambda kind, value, limit: _length(kind, value) <= limit,
    "MIN_ROW": lambda _kind, _value, _limit: False,
    "MAX_ROW": lambda _kind, _value, _limit: False,
}
"""The test of each rule for a value. For a rule about the number of rows, every value fails, as in the engine."""
_ROW_CHECKS: Mapping[str, Callable[[int, float], bool]] = {
    "MIN_ROW": lambda count, limit: count >= limit,
    "MAX_ROW": lambda count, limit: count <= limit,
}


def _length(kind: DataType, value: Any) -> int:
    return 0 if value is None else len(to_text(kind, value))


@dataclass(frozen=True, slots=True)
class AssertRule:
    """A rule for a value or the number of rows, of the type `kind`; some types have a `limit`, others use `equals`."""

    kind: str | None
    limit: float | None
    equals: Any
    _wanted: dict[DataType, Any] = field(default_factory=dict, init=False)

    def wanted(self, kind: DataType) -> Any:
        """Return `equals` as a value of a type. Raises `BadValue`."""
        if kind not in self._wanted:
            self._wanted[kind] = from_json(kind, self.equals)
        return self._wanted[kind]

    def __str__(self) -> str:
        limit = "null" if self.limit is None else double_text(self.limit)
        return (
            f"AssertFieldRule.AssertRule(ruleType={self.kind or 'null'}, ruleValue={limit}, "
            f"equalTo={java_text(self.equals)})"
        )


@dataclass(frozen=True, slots=True)
class FieldRules:
    """The rules of one field, and the type that it must have."""

    field: str
    type: DataType | None
    rules: tuple[AssertRule, ...]

    def __str__(self) -> str:
        rules = ", ".join(map(str, self.rules))
        return f"AssertFieldRule(fieldName={self.field}, fieldType={self.type or 'null'}, fieldRules=[{rules}])"


@dataclass(frozen=True, slots=True)
class TableRules:
    """The rules of one table."""

    rows: tuple[AssertRule, ...]
    fields: tuple[FieldRules, ...]


_KINDS = ("row_rules", "field_rules", "catalog_table_rule", "table-names", "tables_configs")


class Assert(Sink):
    """Checks each row, and at the end the number of rows that all jobs have written since the engine started."""

    jar = "connector-assert"

    def __init__(self, plugin: str, options: Options, tables: Sequence[Table]) -> None:
        """Read the rules. Raises `OptionMismatch`, `OptionRuleBroken` and `BadType`."""
        rules = options.mapping("rules")
        if rules is None:
            raise OptionsMissing("rules")
        self.plugin = plugin
        self._tables = {str(table.path): table for table in tables}
        self._first = tables[0]
        self._rules = _rules_by_table(Options(rules), tables)
        self._names = frozenset(Options(rules).texts("table-names") or ())
        if not any(key in rules for key in _KINDS):
            raise OptionRuleBroken("Assert rule config is empty, please add rule config.")

    def write(self, rows: Sequence[Row], context: TaskContext) -> None:
        """Check rows. Raises `TaskFailed` for the first that breaks a rule."""
        for row in rows:
            table = self._tables.get(row.table, self._first)
            context.asserted.add(str(table.path), row.table)
            rules = self._rules.get(str(table.path))
            for each in () if rules is None else rules.fields:
                if not _passes(each, row, table):
                    raise TaskFailed(f"{_FAILED}row :{_shown(row, table)} fail rule: {each}")

    def close(self, context: TaskContext) -> None:
        """Check the number of rows and the names of tables. Raises `TaskFailed`."""
        counts, seen = context.asserted.counts, context.asserted.tables
        for path, rules in self._rules.items():
            for rule in rules.rows:
                check = _ROW_CHECKS.get(rule.kind or "")
                if check is not None and not check(counts[path], _limit(rule)):
                    raise TaskFailed(f"{_FAILED}row num :{counts[path]} fail rule: {rule}")
        if self._names and seen != self._names:
            shown = " is not equal to ".join(f"[{', '.join(sorted(names))}]" for names in (seen, self._names))
            raise TaskFailed(f"{_FAILED}table names: {shown}")


def _rules_by_table(rules: Options, tables: Sequence[Table]) -> dict[str, TableRules]:
    configs = rules.mappings("tables_configs")
    if configs is None:
        shared = _table_rules(rules)
        for table in tables:
            _require_columns(rules, table)
        return {str(table.path): shared for table in tables}
    found: dict[str, TableRules] = {}
    for config in map(Options, configs):
        path = config.text("table_path")
        if path is None:
            raise OptionRuleBroken("a table's rules need a 'table_path'")
        found[path] = _table_rules(config)
        for table in tables:
            if str(table.path) == path:
                _require_columns(config, table)
    return found


def _require_columns(options: Options, table: Table) -> None:
    """Raise `OptionRuleBroken` if a table has other columns or another primary key than `catalog_table_rule` states.

    Lengths are compared, too: a rule without a length has 0, a column declared in `fields` has null. The name of the
    key, constraints and nullability are not compared, since this engine does not know them.
    """
    rule = Options(options.mapping("catalog_table_rule") or {})
    wanted = rule.mappings("column_rule")
    asked = [
        (it.text("name"), parse_type(it.raw("type")), it.integer("column_length", 0))
        for it in map(Options, wanted or ())
    ]
    found = [(column.name, column.type, column.length) for column in table.columns]
    if wanted is not None and asked != found:
        raise OptionRuleBroken(f"columns: {_columns(found)} is not equal to {_columns(asked)}")
    key = rule.mapping("primary_key_rule")
    if key is not None and {*(Options(key).texts("primary_key_columns") or ())} != {*table.primary_key}:
        raise OptionRuleBroken(f"primaryKey columns: {list(table.primary_key)} is not equal")


def _columns(columns: Sequence[tuple[str | None, DataType, int | None]]) -> str:
    return ", ".join(f"{name} {kind}({'null' if length is None else length})" for name, kind, length in columns)


def _table_rules(options: Options) -> TableRules:
    fields = tuple(_field_rules(Options(item)) for item in options.mappings("field_rules") or ())
    return TableRules(_rules(options, "row_rules"), fields)


def _field_rules(options: Options) -> FieldRules:
    name, kind = options.text("field_name"), options.raw("field_type")
    if name is None:
        raise OptionRuleBroken("a field's rules need a 'field_name'")
    return FieldRules(name, None if kind is None else parse_type(kind), _rules(options, "field_value"))


def _rules(options: Options, key: str) -> tuple[AssertRule, ...]:
    return tuple(_rule(Options(item)) for item in options.mappings(key) or ())


def _rule(options: Options) -> AssertRule:
    kind = options.text("rule_type")
    if kind is not None and kind not in _CHECKS:
        raise OptionRuleBroken(f"there is no rule type {kind}")
    return AssertRule(kind, options.floating("rule_value"), options.raw("equals_to"))


def _passes(rules: FieldRules, row: Row, table: Table) -> bool:
    at = table.index(rules.field)
    if at is None:
        shown = DataType(SqlType.ROW, table.types, table.names)
        raise TaskFailed(f"java.lang.IllegalArgumentException: Field name {rules.field} not found in row type {shown}")
    kind, value = table.columns[at].type, row.values[at]
    if value is not None and rules.type is None:
        raise TaskFailed("java.lang.NullPointerException")
    if rules.type is not None and not _is_of(rules.type, kind, value):
        return False
    return all(_meets(rule, kind, value) for rule in rules.rules)


def _is_of(wanted: DataType, kind: DataType, value: Any) -> bool:
    if value is None or wanted.kind is SqlType.NULL:
        return value is None
    if isinstance(value, Decimal) and wanted.kind is SqlType.DECIMAL:
        _, digits, exponent = value.as_tuple()
        return exponent == -wanted.scale and max(len(digits), wanted.scale) <= wanted.precision
    return wanted == kind


def _limit(rule: AssertRule) -> float:
    if rule.limit is None and rule.kind not in {"NULL", "NOT_NULL"}:
        raise TaskFailed("java.lang.NullPointerException")
    return rule.limit or 0.0


def _meets(rule: AssertRule, kind: DataType, value: Any) -> bool:
    if rule.kind is not None and not _CHECKS[rule.kind](kind, value, _limit(rule)):
        return False
    if rule.equals is None or value is None:
        return True
    try:
        return bool(value == rule.wanted(kind))
    except BadValue as error:
        raise TaskFailed(f"{_FAILED}{error}") from error


def _shown(row: Row, table: Table) -> str:
    cells = ", ".join(to_text(kind, value) for kind, value in zip(table.types, row.values, strict=True))
    return f"SeaTunnelRow{{tableId={row.table}, kind={row.kind}, fields=[{cells}]}}"
