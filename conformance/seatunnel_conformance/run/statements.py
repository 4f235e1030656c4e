"""The statement of a check that has failed, and the exchanges that led to its values.

A check is plain code: `found = accepted(target.get("/overview"))`, then `assert found["workers"] == "1"`. The names in
a statement lead to the statements that gave them their values, and each exchange knows the lines of code that have
sent it.
"""

from __future__ import annotations

import ast
import traceback
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, Final

from seatunnel_conformance import arrange, checks
from seatunnel_conformance.arrange.jobs import Jobs
from seatunnel_conformance.arrange.tags import Tags
from seatunnel_conformance.target.exchange import CallSite, Exchange
from seatunnel_conformance.text.syntax import PARSING

CHECKS: Final = str(Path(checks.__file__).resolve().parent)
_ARRANGE: Final = str(Path(arrange.__file__).resolve().parent)
EXPECTATIONS: Final = str(Path(_ARRANGE, "expectations.py"))
"""Files of checks. They are not imported here: pytest rewrites the asserts of modules that it imports first."""

_ARRANGING: Final = {Tags.require_single_member.__name__, Jobs.failed_jobs.__name__} | {
    name for name, member in vars(Jobs).items() if getattr(member, "__annotations__", {}).get("return") == "OwnJob"
}
"""The functions that arrange what a check needs, above all jobs: other checks judge what they send."""

_VALUES: Final = (
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Constant,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.expr_context,
)
"""Expressions that may be evaluated again: they send no request."""


@dataclass(frozen=True, slots=True)
class FailedStatement:
    """A statement of a check, or of a function that it calls, from which an exception came."""

    file: str
    frame: FrameType
    function: ast.FunctionDef
    statement: ast.stmt

    @property
    def assertion(self) -> ast.Assert | None:
        """The statement, if it is an assertion."""
        return self.statement if isinstance(self.statement, ast.Assert) else None

    def exchanges(self, every: Sequence[Exchange], nodes: Collection[ast.AST] = ()) -> list[Exchange]:
        """Return the exchanges that led to the values of the statement, or of some nodes of it, in their order."""
        found = [one for behind in self._behind(nodes) for one in self._sent_by(behind, every)]
        judged = [one for one in found if not self._is_arranged(one)] or found
        return [one for one in every if any(one is other for other in judged)]

    def value(self, node: ast.expr) -> Any:
        """Return the value of an expression without calls; `...` for any other."""
        if not all(isinstance(one, _VALUES) for one in ast.walk(node)):
            return ...
        try:
            with PARSING:
                code = compile(ast.Expression(node), "<statement>", "eval")
            return eval(code, self.frame.f_globals, dict(self.frame.f_locals))  # noqa: S307 - names of the suite's code
        except Exception:  # noqa: BLE001 - then there is no value to show
            return ...

    def _behind(self, nodes: Collection[ast.AST]) -> Iterator[ast.stmt]:
        """Yield the statement, and the nearest statements before it that gave its names their values, and so on."""
        yield self.statement
        wanted = _names(nodes or _own(self.statement), ast.Load)
        before = [one for one in _statements(self.function) if one.lineno < self.statement.lineno]
        for statement in sorted(before, key=lambda one: -one.lineno):
            bound = {statement.name} if isinstance(statement, ast.FunctionDef) else _names(_own(statement), ast.Store)
            if bound & wanted:
                yield statement
                wanted = (wanted - bound) | _names(_own(statement), ast.Load)

    def _sent_by(self, statement: ast.stmt, every: Sequence[Exchange]) -> list[Exchange]:
        """Return the exchanges that the last execution of a statement has sent, of equal requests the last one."""
        lines = _lines(statement)
        sent = [(one, calls) for one in every if (calls := self._calls_within(one, lines))]
        loops = [node for node in _statements(self.function) if isinstance(node, (ast.For, ast.While))]
        if any(statement is not loop and statement in ast.walk(loop) for loop in loops):
            # What the same calls have sent before belongs to an earlier execution.
            sent = [(one, calls) for calls, one in {calls: one for one, calls in sent}.items()]
        return [*{(one.request.method, one.request.target): one for one, _ in sent}.values()]

    def _calls_within(self, exchange: Exchange, lines: Collection[int]) -> tuple[CallSite, ...]:
        """Return the calls from one of these lines down to the request; empty if it was not sent by them."""
        for at, call in enumerate(exchange.calls, 1):
            if call.file == self.file and call.line in lines:
                return exchange.calls[:at]
        return ()

    def _is_arranged(self, exchange: Exchange) -> bool:
        within = (call for call in exchange.calls if call.file.startswith(_ARRANGE) and call.file != self.file)
        return any(call.function in _ARRANGING for call in within)


def failed_statements(problem: BaseException) -> Iterator[FailedStatement]:
    """Yield the statements of a check and its functions that an exception came through, the innermost first."""
    for frame, line in reversed([*traceback.walk_tb(problem.__traceback__)]):
        file = frame.f_code.co_filename
        function = _function(file, line) if file.startswith((CHECKS, _ARRANGE)) else None
        statement = next((one for one in reversed([*_statements(function)]) if line in _lines(one)), None)
        if function and statement:
            yield FailedStatement(file, frame, function, statement)


@cache
def _functions(file: str) -> tuple[ast.FunctionDef, ...]:
    with PARSING:
        tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    every = [*tree.body, *(node for one in classes for node in one.body)]
    return tuple(node for node in every if isinstance(node, ast.FunctionDef))


def _function(file: str, line: int) -> ast.FunctionDef | None:
    """Return the function of a module, or the method of a class, with a line; None without the source."""
    try:
        return next((one for one in _functions(file) if one.lineno <= line <= (one.end_lineno or 0)), None)
    except (OSError, SyntaxError):
        return None


def _statements(function: ast.FunctionDef | None) -> Iterator[ast.stmt]:
    nodes = ast.walk(function) if function else ()
    return (node for node in nodes if isinstance(node, ast.stmt) and node is not function)


def _own(statement: ast.stmt) -> list[ast.AST]:
    """Return the parts of a statement without the statements within it."""
    match statement:
        case ast.For():
            return [statement.target, statement.iter]
        case ast.While() | ast.If():
            return [statement.test]
        case ast.With():
            return [part for item in statement.items for part in (item.context_expr, item.optional_vars) if part]
        case ast.Try():
            return []
    return [statement]


def _lines(statement: ast.stmt) -> set[int]:
    spans = [(node.lineno, node.end_lineno) for node in _own(statement) if isinstance(node, (ast.expr, ast.stmt))]
    return {line for begin, end in spans for line in range(begin, (end or begin) + 1)}


def _names(nodes: Collection[ast.AST], context: type[ast.expr_context]) -> set[str]:
    every = [node for part in nodes for node in ast.walk(part)]
    return {node.id for node in every if isinstance(node, ast.Name) and isinstance(node.ctx, context)}
