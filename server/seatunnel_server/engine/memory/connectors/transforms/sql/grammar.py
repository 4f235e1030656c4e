"""Parses queries, refuses those that the engine does not support, and resolves the names of columns.

Facts read in the engine's `ZetaSQLEngine`: one SELECT over one table without an alias, no JOIN, GROUP BY, ORDER BY,
LIMIT or OFFSET; DISTINCT and HAVING are accepted and ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from random import Random
from typing import Any

from sqlglot import TokenType, exp, generator, parser, tokens
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

from seatunnel_server.engine.memory.connectors.transforms.patterns import JavaPattern, PatternNotRun, like_pattern
from seatunnel_server.engine.memory.connectors.transforms.rows import Values
from seatunnel_server.engine.memory.failures import TaskFailed
from seatunnel_server.engine.memory.limits import RowMeter
from seatunnel_server.engine.memory.schema import BOOLEAN, DataType, SqlType, Table
from seatunnel_server.engine.refusals import ColumnUnknown, SqlRefused

_MAX_LENGTH = 20_000
_UNSUPPORTED = {
    "joins": "Unsupported table join syntax",
    "order": "Unsupported ORDER BY syntax",
    "group": "Unsupported GROUP BY syntax",
    "limit": "Unsupported LIMIT,OFFSET syntax",
    "offset": "Unsupported LIMIT,OFFSET syntax",
}
_AFTER_COMMA = {TokenType.FROM, TokenType.R_PAREN, TokenType.COMMA, TokenType.WHERE}
_STATEMENTS = (exp.Query, exp.DML, exp.DDL, exp.Command, exp.Drop, exp.Use, exp.Describe, exp.Set)


class Zeta(Dialect):
    """The engine's dialect for sqlglot: identifiers may be in backticks, and functions are not normalized."""

    class Tokenizer(tokens.Tokenizer):
        """The keywords and quotes of the dialect."""

        IDENTIFIERS = ["`", '"']  # noqa: RUF012 - how sqlglot's dialects declare themselves
        KEYWORDS = {  # noqa: RUF012 - as above; truth values are columns to the engine
            word: kind for word, kind in tokens.Tokenizer.KEYWORDS.items() if word not in {"TRUE", "FALSE"}
        }

    class Parser(parser.Parser):
        """A parser that does not replace functions by equivalent ones."""

        FUNCTIONS = {}  # noqa: RUF012 - as above
        FUNCTION_PARSERS = {  # noqa: RUF012 - as above
            "CAST": lambda self: self._parse_zeta_cast(exp.Cast),
            "TRY_CAST": lambda self: self._parse_zeta_cast(exp.TryCast),
            "EXTRACT": lambda self: self._parse_zeta_extract(),
        }

        def _parse_zeta_cast(self, kind: type[exp.Cast]) -> exp.Expr:
            """Parse a CAST, and keep its type and its keyword as written, since they are part of the column's name."""
            keyword = self._tokens[self._index - 2].text
            this = self._parse_assignment()
            if not self._match(TokenType.ALIAS) or not self._advance_any():
                self.raise_error("Expected AS and a type")
            name, digits = self._prev.text, []
            if self._match(TokenType.L_PAREN):
                digits = self._parse_csv(lambda: self._match(TokenType.NUMBER) and self._prev.text)
                self._match_r_paren()
            written = exp.Anonymous(this=name, expressions=[exp.Literal.number(each) for each in digits if each])
            cast = self.expression(kind(this=this, to=written))
            cast.meta["keyword"] = keyword
            return cast

        def _parse_zeta_extract(self) -> exp.Expr:
            """Parse an EXTRACT, and keep the field as written."""
            field = self._advance_any()
            name = "" if field is None else field.text
            if not name or not self._match(TokenType.FROM):
                self.raise_error("Expected a field and FROM")
            return self.expression(exp.Extract(this=exp.Var(this=name), expression=self._parse_bitwise()))

    class Generator(generator.Generator):
        """Writes expressions as the engine's parser does."""

        def cast_sql(self, expression: exp.Cast, safe_prefix: str | None = None) -> str:  # noqa: ARG002 - inherited
            """Return a CAST with its keyword and type as written in the query."""
            kind = expression.args["to"]
            digits = f" ({', '.join(each.name for each in kind.expressions)})" if kind.expressions else ""
            keyword = expression.meta.get("keyword", "CAST")
            return f"{keyword}({self.sql(expression, 'this')} AS {kind.name}{digits})"

        def not_sql(self, expression: exp.Not) -> str:
            """Return a negated condition with NOT behind its operand, such as `a IS NOT NULL` for `NOT a IS NULL`."""
            inner = expression.this
            for kind, word in ((exp.Is, "IS"), (exp.In, "IN"), (exp.Like, "LIKE")):
                if isinstance(inner, kind):
                    left, text = self.sql(inner, "this"), self.sql(inner)
                    rest = text[len(left) :].replace(f" {word} ", "", 1)
                    return f"{left} IS NOT {rest}" if kind is exp.Is else f"{left} NOT {word} {rest}"
            return super().not_sql(expression)

        def trycast_sql(self, expression: exp.TryCast) -> str:
            """Return a TRY_CAST like a CAST."""
            return self.cast_sql(expression)


def parse_query(sql: str) -> exp.Select:
    """Parse a query. Raises `SqlRefused`."""
    statement = _parsed(sql)
    if not isinstance(statement, exp.Select):
        known = isinstance(statement, exp.Query)
        raise _invalid(sql, "Unsupported SQL syntax" if known else "Only supported DQL(select) SQL")
    source = statement.args.get("from_")
    table = None if source is None else source.this
    if not isinstance(table, exp.Table):
        raise _invalid(sql, "Unsupported sub table syntax")
    if table.args.get("db"):
        raise _invalid(sql, "Unsupported schema syntax")
    if table.alias:
        raise _invalid(sql, "Unsupported table alias name syntax")
    for clause, reason in _UNSUPPORTED.items():
        if statement.args.get(clause) and not isinstance(statement.args[clause], exp.Fetch):  # FETCH FIRST is ignored
            raise _invalid(sql, reason)
    return statement


def _parsed(sql: str) -> object:
    if len(sql) > _MAX_LENGTH:
        raise _unparsed(sql[:100], "the query is too long")
    if not sql.strip():
        raise _invalid(sql, "Only supported DQL(select) SQL")
    try:
        words = Zeta().tokenize(sql)
        for word in words:
            if word.token_type is TokenType.IDENTIFIER and sql[word.start] == '"':
                # Double quotes are part of the name; backticks are not.
                word.text = f'"{word.text}"'
        statements = Zeta().parser().parse(words, sql)
    except (SqlglotError, RecursionError) as error:
        raise _unparsed(sql, str(error).splitlines()[0]) from error
    if any(word.token_type is TokenType.COMMA and after.token_type in _AFTER_COMMA for word, after in pairwise(words)):
        raise _unparsed(sql, "Encountered unexpected token: ','")
    if len(statements) != 1 or not isinstance(statements[0], _STATEMENTS):
        raise _unparsed(sql, "Encountered unexpected token")
    if isinstance(statements[0], exp.Select) and not statements[0].expressions:
        raise _unparsed(sql, "Encountered unexpected token: 'from'")
    return statements[0]


def _unparsed(sql: str, reason: str) -> SqlRefused:
    return SqlRefused(f"SQL parse failed: {sql}, cause: {reason}")


def _invalid(sql: str, reason: str) -> SqlRefused:
    return SqlRefused(f"SQL validate failed: {sql}, cause: {reason}")


Run = Callable[[Values], Any]


class NotRun(Exception):
    """The query has a part that the engine runs and this interpreter does not."""


def unsupported(node: exp.Expression) -> SqlRefused:
    """Return the error for an expression that the engine does not support."""
    return SqlRefused(f"Unsupported SQL Expression: {shown(node)[:200]} ")


def shown(node: exp.Expression) -> str:
    """Return an expression as the engine's parser writes it."""
    return node.sql(dialect=Zeta, normalize_functions=False)


def failed(message: str) -> TaskFailed:
    """Return the error for a row on which the engine's interpreter fails with this message."""
    prefix = "ErrorCode:[COMMON-05], ErrorDescription:[Unsupported operation] - "
    return TaskFailed(f"org.apache.seatunnel.transform.exception.TransformException: {prefix}{message}")


@dataclass(frozen=True, slots=True)
class Scope:
    """The table of a query, the clock, the source of randomness, and the meter of its rows' work."""

    table: Table
    now: Callable[[], datetime]
    chance: Random
    meter: RowMeter

    def column(self, node: exp.Column) -> tuple[DataType, Run]:
        """Return the type of a column, and a function from a row's values to its value.

        In a dotted name, the last part is the column. If it does not exist, the first part is, and the others are
        fields. Raises `ColumnUnknown`.
        """
        parts = [part.name for part in node.parts]
        at = self.table.index(parts[-1])
        if at is not None:
            place = at
            return self.table.columns[place].type, lambda values: values[place]
        if parts[-1].lower() in {"true", "false"}:
            truth = parts[-1].lower() == "true"
            return BOOLEAN, lambda _: truth
        return self._nested(parts)

    def _nested(self, parts: list[str]) -> tuple[DataType, Run]:
        at = self.table.index(parts[0])
        if at is None:
            raise ColumnUnknown(".".join(parts))
        kind, steps = self.table.columns[at].type, [at]
        for step, part in enumerate(parts[1:], 1):
            if kind.kind is SqlType.MAP and step == len(parts) - 1:
                return kind.parts[1], _entry(steps, part)
            if kind.kind is not SqlType.ROW or part not in kind.names:
                raise ColumnUnknown(".".join(parts))
            steps.append(kind.names.index(part))
            kind = kind.parts[steps[-1]]
        return kind, lambda values: _walk(values, steps)


def _entry(steps: list[int], key: str) -> Run:
    return lambda values: (_walk(values, steps) or {}).get(key)


def _walk(values: Values, steps: list[int]) -> Any:
    found: Any = values
    for step in steps:
        found = None if found is None else found[step]
    return found


def first_argument(node: exp.Expression) -> exp.Expression:
    """Return the first argument of a function. Raises `NotRun` for a call without any."""
    if not node.expressions:
        raise NotRun(node.name)
    first: exp.Expression = node.expressions[0]
    return first


def like_matcher(like: str) -> JavaPattern:
    """Return the pattern of a LIKE. Raises `NotRun`."""
    try:
        return JavaPattern(like_pattern(like))
    except PatternNotRun as reason:
        raise NotRun(str(reason)) from reason
