"""Where a project no longer is what its contract asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from seatunnel_stubs.functions import Function
from seatunnel_stubs.project import Project
from seatunnel_stubs.sources import Defined, Source, UnreadableSource


def drift(project: Project, folder: Path) -> list[str]:
    """Return a line for each difference between a project in a folder and what its contract asks for; none is good."""
    return [*_stale(project, folder), *_handlers(project, folder)]


def _stale(project: Project, folder: Path) -> Iterator[str]:
    for name, text in project.generated.items():
        path = folder / name
        if not path.is_file():
            yield f"{name}: missing"
        elif path.read_text(encoding="utf-8") != text:
            yield f"{name}: not what the contract of {project.contract.release} generates"


def _handlers(project: Project, folder: Path) -> Iterator[str]:
    for tag in project.tags:
        name = project.handlers_path(tag)
        try:
            source = Source.read(folder / name)
        except UnreadableSource as problem:
            yield str(problem)
            continue
        wanted = {function.name: function for function in project.functions if function.tag == tag}
        for line in differences(wanted, source.functions):
            yield f"{name}{line}"


def differences(wanted: Mapping[str, Function], found: tuple[Defined, ...]) -> Iterator[str]:
    """Yield how the functions of a module differ from those of its tag: `:12: the argument … is missing in …`."""
    defined = {function.name: function for function in found}
    for name in wanted.keys() - defined.keys():
        yield f": no function {name}"
    for name in defined.keys() - wanted.keys():
        yield f":{defined[name].line}: {name} is no operation of the contract; a leading underscore makes it private"
    for name in wanted.keys() & defined.keys():
        yield from _arguments(wanted[name], defined[name])


def _arguments(wanted: Function, found: Defined) -> Iterator[str]:
    due, taken = {name for name, _ in wanted.arguments}, set(found.arguments)
    if not found.takes_anything:
        for name in sorted(due - taken):
            yield f":{found.line}: {wanted.name} lacks the argument {name}"
    for name in sorted(taken - due):
        yield f":{found.line}: {wanted.name} takes {name}, which the operation does not have"
