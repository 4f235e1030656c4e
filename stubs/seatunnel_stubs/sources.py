"""Parses the author's modules of handlers without importing them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Self


class UnreadableSource(ValueError):
    """A module can't be read or is not valid Python."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} can't be read: {problem}")


@dataclass(frozen=True, slots=True)
class Defined:
    """A public function of a module: its name, the names of its arguments, and its line (from 1)."""

    name: str
    arguments: tuple[str, ...]
    line: int
    has_kwargs: bool


@dataclass(frozen=True, slots=True)
class HandlerModule:
    """A module: its text, its public functions, and the names that it imports."""

    text: str
    functions: tuple[Defined, ...]
    imported: frozenset[str]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file. Raises `UnreadableSource`."""
        try:
            text = path.read_text(encoding="utf-8")
            tree = ast.parse(text)
        except (OSError, SyntaxError, ValueError) as problem:
            raise UnreadableSource(path, str(problem)) from problem
        return cls(text, tuple(_functions(tree)), frozenset(_imported(tree)))


def _functions(tree: ast.Module) -> list[Defined]:
    return [
        Defined(
            node.name,
            tuple(argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)),
            node.lineno,
            node.args.kwarg is not None,
        )
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_")
    ]


def _imported(tree: ast.Module) -> list[str]:
    imports = (node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    return [alias.asname or alias.name for node in imports for alias in node.names]
