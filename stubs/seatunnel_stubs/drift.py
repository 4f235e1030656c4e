"""Lists the differences between a generated project and its contract."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from seatunnel_stubs.functions import Defined, Function, HandlerModule, UnreadableSource
from seatunnel_stubs.project import Project

_CLAUSE: Final = re.compile(r" (?=- [\w-]+\.[\w-]+ \((?:MUST|SHOULD|MAY)\): )")


def drift(project: Project, folder: Path) -> list[str]:
    """Return a line for each difference between the project in a folder and its contract."""
    return [*_stale(project, folder), *_handlers(project, folder)]


def _stale(project: Project, folder: Path) -> Iterator[str]:
    for name, text in project.generated.items():
        path = folder / name
        if not path.is_file():
            yield f"{name}: missing"
        elif path.read_text(encoding="utf-8") != text:
            yield f"{name}: differs from the file generated from the contract of {project.contract.release}"


def _handlers(project: Project, folder: Path) -> Iterator[str]:
    for tag in project.tags:
        name = project.handlers_path(tag)
        try:
            source = HandlerModule.read(folder / name)
        except UnreadableSource as problem:
            yield str(problem)
            continue
        wanted = {function.name: function for function in project.functions if function.tag == tag}
        for line in differences(wanted, source.functions):
            yield f"{name}{line}"


def differences(wanted: Mapping[str, Function], found: tuple[Defined, ...]) -> Iterator[str]:
    """Yield a line for each difference between the functions of a module and its operations.

    A line continues the path of the module, for example `:12: get_overview lacks the argument tags`.
    """
    defined = {function.name: function for function in found}
    for name in (name for name in wanted if name not in defined):
        yield f": the function {name} is missing"
    for name in (name for name in defined if name not in wanted):
        yield f":{defined[name].line}: {name} is not an operation of the contract; start the name of a helper with `_`"
    for name in (name for name in defined if name in wanted):
        yield from _arguments(wanted[name], defined[name])
        if stale := _clauses(defined[name].doc) - _clauses(ast.literal_eval(wanted[name].docstring(""))):
            ids = ", ".join(sorted(clause.split()[1] for clause in stale))
            yield f":{defined[name].line}: the docstring of {name} has other clauses than the contract: {ids}"


def _clauses(doc: str) -> set[str]:
    """Return the clauses that a docstring lists, each as `- overview.members (MUST): …` in one line."""
    return set(_CLAUSE.split(" ".join(doc.split()))[1:])


def _arguments(wanted: Function, found: Defined) -> Iterator[str]:
    expected, actual = {name for name, _ in wanted.arguments}, set(found.arguments)
    if not found.has_kwargs:
        for name in sorted(expected - actual):
            yield f":{found.line}: {wanted.name} lacks the argument {name}"
    for name in sorted(actual - expected):
        yield f":{found.line}: {wanted.name} has the argument {name}, but the operation has no such parameter"
