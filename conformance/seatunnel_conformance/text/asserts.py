"""Compiles the asserts of checks so that a failed assert has the values that it compared.

A failed `assert found["workers"] == "1"` raises a `FailedAssert` with both values and with `found`. `install` compiles
the asserts of some modules into `if not …: raise FailedAssert(…)`, similar to pytest, and caches the result next
to Python's cache.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from itertools import count
from types import CodeType, ModuleType
from typing import Any, Final

_CACHE: Final = ".asserts-4.pyc"
"""The suffix of cached modules. Its number must change whenever asserts are compiled in another way."""

_LONGEST: Final = 200
"""Maximum number of characters of a value in the text of a `FailedAssert`."""


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of a comparison in a failed assert.

    `value` was read from `base` by an `attribute` (a property or, with `()`, a method or function) or by the key in
    `path`; if both are empty, there is no `base`. `names` are the values of the expression's variables.
    """

    value: Any
    base: Any = None
    path: tuple[Any, ...] = ()
    attribute: str = ""
    names: tuple[Any, ...] = ()
    is_literal: bool = False


class FailedAssert(AssertionError):
    """An assert has failed.

    `operator` is a comparison, `isinstance`, `startswith`, `endswith`, `strip`, `not`, or empty for a value that had to
    be true. `message` is the literal text after the comma, `given` the value of another expression.

    `str()` makes the text on demand: detecting a target's release raises a hundred errors that nobody reads.
    """

    def __init__(
        self, operator: str, found: Operand, expected: Operand | None = None, *, message: str = "", given: Any = None
    ) -> None:
        super().__init__()
        self.operator, self.message, self.given = operator, message, given
        self.left, self.right, self._is_comparison = found, expected or Operand(None), expected is not None

    def __str__(self) -> str:
        if self.message or self.given is not None:
            return self.message or str(self.given)
        right = f" {_brief(self.right.value)}" if self._is_comparison else ""
        return f"{_brief(self.left.value)} {self.operator}{right}"


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


class _Loader(SourceFileLoader):
    """Compiles the asserts of a module, and caches the result under a separate name."""

    @staticmethod
    def source_to_code(data: Any, path: Any = "<string>") -> CodeType:  # type: ignore[override] # as in InspectLoader
        """Return the code of a module."""
        return compile(compiled(data), path, "exec", dont_inherit=True)

    def get_data(self, path: str) -> bytes:
        """Return the bytes of a source file, or of the cached code for the path of a `.pyc` file."""
        return super().get_data(_cached(path))

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        """Write compiled code to the cache, if the folder is writable."""
        super().set_data(_cached(path), data, _mode=_mode)


def _cached(path: str) -> str:
    return path.removesuffix(".pyc") + _CACHE if path.endswith(".pyc") else path


class _Finder:
    """Finds the modules whose asserts are compiled."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self.modules = modules

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module if its asserts are compiled; None if not."""
        spec = PathFinder.find_spec(name, path, target) if name.startswith(self.modules) else None
        if spec and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def install(*modules: str) -> None:
    """Compile the asserts of modules that are imported from now on; a name that ends with a dot means a package."""
    # First in the list: otherwise pytest's import hook loads the modules, because they belong to a plugin.
    sys.meta_path.insert(0, _Finder(modules))


_OPERATORS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


_MODULE: Final = "@asserts"
"""The name of this module in compiled modules. It can't collide with a name in their source, because of its `@`."""

_NO_OPERAND: Final = (ast.GeneratorExp, ast.Starred, ast.Lambda)


def compiled(source: bytes) -> ast.Module:
    """Return a module's syntax tree, with asserts that raise the compared values."""
    tree = ast.parse(source)
    names = ast.ImportFrom(
        "seatunnel_conformance.text", [ast.alias("asserts", _MODULE)], 0, lineno=1, end_lineno=1, col_offset=0
    )
    at = next((at for at, one in enumerate(tree.body) if not _is_header(one)), len(tree.body))
    tree.body.insert(at, names)
    _Asserts().visit(tree)
    return ast.fix_missing_locations(tree)


def _is_header(statement: ast.stmt) -> bool:
    """Return whether a statement is a docstring, or an import from `__future__`."""
    return isinstance(statement, ast.Expr) or (
        isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
    )


class _Asserts(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        """Return the statements in place of an assert."""
        statements = _Failing(node.msg).unless(node.test)
        for one in (inner for statement in statements for inner in ast.walk(statement)):
            if isinstance(one, (ast.expr, ast.stmt)) and not hasattr(one, "lineno"):
                ast.copy_location(one, node)
        return statements


class _Failing:
    """Makes the statements for one assert."""

    def __init__(self, message: ast.expr | None) -> None:
        is_text = isinstance(message, (ast.JoinedStr, ast.Constant))
        self.given = [ast.keyword("message" if is_text else "given", message)] if message else []
        self.numbers = count()

    def unless(self, test: ast.expr) -> list[ast.stmt]:
        """Return statements that raise unless a condition is true."""
        match test:
            case ast.BoolOp(op=ast.And(), values=values):
                return [one for value in values for one in self.unless(value)]
            case ast.BoolOp(op=ast.Or(), values=[first, *rest]):
                others = rest[0] if len(rest) == 1 else ast.BoolOp(ast.Or(), rest)
                return [ast.If(ast.UnaryOp(ast.Not(), first), self.unless(others), [])]
            case ast.IfExp(test=condition, body=body, orelse=other):
                return [ast.If(condition, self.unless(body), self.unless(other))]
            case ast.Compare():
                return [*self._compared(test)]
        return [self._untrue(test)]

    def _untrue(self, test: ast.expr) -> ast.stmt:
        """Return the statement for a condition that compares nothing: a value, `not`, `isinstance`, `startswith`."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                value, found = self._operand(operand)
                return ast.If(value, [self._raise("not", found)], [])
            case ast.Call(func=ast.Name(id="isinstance" as name) as function, args=[subject, part]):
                (value, found), (second, due) = self._operand(subject), self._operand(part)
                return self._if_not(ast.Call(function, [value, second], []), name, found, due)
            case ast.Call(
                func=ast.Attribute(value=subject, attr="startswith" | "endswith" | "strip" as name), args=parts
            ):
                (value, found), dues = self._operand(subject), [self._operand(part) for part in parts]
                called = _called(value, name, [due for due, _ in dues])
                return self._if_not(called, name, found, *(due for _, due in dues))
        value, found = self._operand(test)
        return self._if_not(value, "", found)

    def _compared(self, test: ast.Compare) -> Iterator[ast.stmt]:
        """Yield a statement for each pair of a comparison, and for each pair of items of two tuples."""
        left = test.left
        for operator, right in zip(test.ops, test.comparators, strict=True):
            if isinstance(operator, ast.Eq) and (pairs := _pairs(left, right)):
                for one, other in pairs:
                    yield from self._compared(ast.Compare(one, [operator], [other]))
                continue
            (first, found), (second, due) = self._operand(left), self._operand(right)
            yield self._if_not(ast.Compare(first, [operator], [second]), _OPERATORS[type(operator)], found, due)
            left = second.target if isinstance(second, ast.NamedExpr) else second
            left = ast.Name(left.id, ast.Load()) if isinstance(left, ast.Name) else left

    def _if_not(self, test: ast.expr, operator: str, *operands: ast.expr) -> ast.stmt:
        return ast.If(ast.UnaryOp(ast.Not(), test), [self._raise(operator, *operands)], [])

    def _raise(self, operator: str, *operands: ast.expr) -> ast.stmt:
        return ast.Raise(ast.Call(_own("FailedAssert"), [ast.Constant(operator), *operands], self.given))

    def _operand(self, node: ast.expr) -> tuple[ast.expr, ast.expr]:
        """Return an equivalent expression that stores the parts it reads, and one that makes an `Operand` of them."""
        if isinstance(node, ast.Constant):
            return node, _made("Operand", node, is_literal=ast.Constant(value=True))
        reading, more = self._reading(node)
        value, name = self._kept(reading)
        return value, _made("Operand", name, names=_tuple(_names(node)), **more)

    def _reading(self, node: ast.expr) -> tuple[ast.expr, dict[str, ast.expr]]:
        """Return an equivalent expression that stores the object it reads, and the arguments of its `Operand`."""
        match node:
            case ast.BoolOp(values=[first, *others]):
                reading, arguments = self._reading(first)
                return ast.BoolOp(node.op, [reading, *others]), arguments
            case ast.Subscript(value=inner, slice=key) if not isinstance(key, ast.Slice):
                base, arguments = self._base(inner)
                kept, name = (key, key) if isinstance(key, ast.Constant) else self._kept(key)
                return ast.Subscript(base, kept, ast.Load()), {**arguments, "path": _tuple([name])}
            case ast.Attribute(value=inner, attr=attribute):
                base, arguments = self._base(inner)
                return ast.Attribute(base, attribute, ast.Load()), {**arguments, "attribute": ast.Constant(attribute)}
            case ast.Call():
                return self._calling(node)
        return node, {}

    def _calling(self, node: ast.Call) -> tuple[ast.expr, dict[str, ast.expr]]:
        """Return the same as `_reading` for a call, which reads the object of its method, or its first argument."""
        match node.func, node.args:
            case ast.Attribute(value=inner, attr=name), arguments:
                base, more = self._base(inner)
                is_key = name == "get" and arguments and isinstance(arguments[0], ast.Constant)
                more |= {"path": _tuple(arguments[:1])} if is_key else {"attribute": ast.Constant(f"{name}()")}
                return _called(base, name, arguments, node.keywords), more
            case ast.Name(id=name), [first, *others] if not isinstance(first, _NO_OPERAND):
                base, more = self._base(first)
                return ast.Call(node.func, [base, *others], node.keywords), {
                    **more,
                    "attribute": ast.Constant(f"{name}()"),
                }
        return node, {}

    def _base(self, node: ast.expr) -> tuple[ast.expr, dict[str, ast.expr]]:
        value, name = self._kept(node)
        return value, {"base": name}

    def _kept(self, node: ast.expr) -> tuple[ast.expr, ast.expr]:
        """Return an expression that stores its value in a new variable, and one that reads this variable."""
        name = f"@{next(self.numbers)}"
        return ast.NamedExpr(ast.Name(name, ast.Store()), node), ast.Name(name, ast.Load())


def _pairs(left: ast.expr, right: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Return the items of two tuples in pairs; empty for anything else."""
    if not (isinstance(left, ast.Tuple) and isinstance(right, ast.Tuple) and len(left.elts) == len(right.elts)):
        return []
    return list(zip(left.elts, right.elts, strict=True))


def _called(node: ast.expr, name: str, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword] = ()) -> ast.expr:
    return ast.Call(ast.Attribute(node, name, ast.Load()), list(arguments), list(keywords))


def _own(name: str) -> ast.expr:
    return ast.Attribute(ast.Name(_MODULE, ast.Load()), name, ast.Load())


def _made(name: str, *arguments: ast.expr, **more: ast.expr) -> ast.expr:
    return ast.Call(_own(name), list(arguments), [ast.keyword(word, value) for word, value in more.items()])


def _tuple(nodes: Sequence[ast.expr]) -> ast.expr:
    return ast.Tuple(list(nodes), ast.Load())


def _names(node: ast.expr) -> list[ast.expr]:
    """Return the variables that an expression reads, except those that it binds itself."""
    every: list[Any] = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
    bound = {one.id for one in every if isinstance(one.ctx, ast.Store)}
    bound |= {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
    read = dict.fromkeys(one.id for one in every if one.id not in bound)
    return [ast.Name(name, ast.Load()) for name in read]
