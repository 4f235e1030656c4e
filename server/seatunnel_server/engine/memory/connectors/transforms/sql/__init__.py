"""The transform Sql: one SELECT over one table, interpreted as by the engine's own interpreter.

sqlglot parses the query, and this package interprets it, node by node. sqlglot's executor would evaluate generated
Python source, so that a client's query could run code in the server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from random import Random

from sqlglot import exp

from seatunnel_server.engine.errors import EngineError, IllegalArgument
from seatunnel_server.engine.memory.connectors.plugins import PluginSite
from seatunnel_server.engine.memory.connectors.transforms.rows import Values, not_run, remade
from seatunnel_server.engine.memory.connectors.transforms.sql.evaluation import condition_of, value_of
from seatunnel_server.engine.memory.connectors.transforms.sql.grammar import NotRun, Run, Scope, parse_query, shown
from seatunnel_server.engine.memory.connectors.transforms.sql.typing_rules import type_of
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.pipeline import Transform
from seatunnel_server.engine.memory.schema import Column, Table
from seatunnel_server.engine.options import Options
from seatunnel_server.engine.refusals import OptionsMissing, SqlRefused

__all__ = ["query_rows"]


_ILLEGAL = "java.lang.IllegalArgumentException"
_ENGINES = {"ZETA", "INTERNAL"}


def query_rows(plugin: str, options: Options, table: Table, site: PluginSite) -> Transform:
    """Make a Sql transform; it passes rows on unchanged if this engine does not run a part of the query.

    Raises `OptionRuleBroken`, `SqlRefused`, `ColumnUnknown`, and `IllegalArgument` for an unknown `engine`.
    """
    sql = options.text("query")
    if sql is None:
        raise OptionsMissing("query")
    engine = options.text("engine")
    if engine is not None and engine.upper() not in _ENGINES:
        raise IllegalArgument(
            f"No enum constant org.apache.seatunnel.transform.sql.SQLEngineFactory.EngineType.{engine.upper()}"
        )
    site.plan.add("query_characters", len(sql))
    try:
        # The seed is different for each query of a job, so that their `uuid()`s differ.
        chance = Random(f"{site.seed}/{table.path}/{dict(options.values)}")  # noqa: S311 - made-up data, not secrets
        return _query(plugin, sql, Scope(table, site.now, chance, site.rows))
    except RecursionError as error:
        raise SqlRefused("SQL parse failed: the query is nested too deep") from error


def _query(plugin: str, sql: str, scope: Scope) -> Transform:
    select, table = parse_query(sql), scope.table
    columns = [column for node in select.expressions for column in _columns(node, scope)]
    if select.args.get("laterals"):
        return not_run(plugin, table, "LATERAL VIEW")
    try:
        runs = [run for node in select.expressions for run in _runs(node, scope)]
        keeps = _filter(select, scope)
    except NotRun as reason:
        return not_run(plugin, table, reason)

    def selected(values: Values) -> Values | None:
        scope.meter.begin_row()
        return tuple(run(values) for run in runs) if keeps(values) else None

    return remade(plugin, table.with_columns(columns), selected)


def _columns(node: exp.Expression, scope: Scope) -> Sequence[Column]:
    if _is_star(node):
        return scope.table.columns
    inner = node.this if isinstance(node, exp.Alias) else node
    name = node.alias if isinstance(node, exp.Alias) else (node.name if isinstance(node, exp.Column) else shown(node))
    return [Column(name, type_of(inner, scope), length=0)]


def _is_star(node: exp.Expression) -> bool:
    """Return whether an expression stands for all columns: `*` or `fake.*`."""
    return isinstance(node.this if isinstance(node, exp.Column) else node, exp.Star)


def _runs(node: exp.Expression, scope: Scope) -> Sequence[Run]:
    if _is_star(node):
        return [itemgetter(at) for at in range(len(scope.table.columns))]
    inner = node.this if isinstance(node, exp.Alias) else node
    try:
        return [value_of(inner, scope)]
    except EngineError as error:
        return [_failing(error)]


def _failing(error: EngineError) -> Run:
    """Return a function that fails at the first row, where the engine finds errors in arguments and conditions."""
    message = error.message
    refused = isinstance(error, SqlRefused)
    java_class = "org.apache.seatunnel.transform.exception.TransformException" if refused else _ILLEGAL
    message = f"{java_class}: {message}"

    def run(_: Values) -> bool:
        raise TaskFailed(message)

    return run


def _filter(select: exp.Select, scope: Scope) -> Callable[[Values], bool]:
    where = select.args.get("where")
    if where is None:
        return lambda _: True
    try:
        return condition_of(where.this, scope)
    except EngineError as error:
        return _failing(error)
