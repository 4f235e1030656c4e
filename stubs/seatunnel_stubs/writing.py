"""Writes projects to a folder, and updates them without changing the author's code."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from seatunnel_openapi.files import replace_text
from seatunnel_stubs.functions import Function, HandlerModule
from seatunnel_stubs.project import GENERATED, Project


class ForeignFolder(ValueError):
    """The folder is not empty and contains no generated project with this package."""

    def __init__(self, folder: Path, package: str) -> None:
        super().__init__(f"{folder} is not empty and contains no generated project with the package {package}")


@dataclass(slots=True)
class Written:
    """The result of writing a project. Paths are relative to its folder; the other lists have operation ids.

    `refreshed` are functions, or their docstrings, that the author has not changed.
    """

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    refreshed: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return bool(self.created or self.updated or self.added or self.refreshed)


def write(project: Project, folder: Path) -> Written:
    """Write a project, or update it.

    The files in `contract/` are generated again, and so are other files, functions and docstrings that are as they were
    generated. Missing files are created; functions of new operations are appended to the modules of handlers. Nothing
    else is changed, nothing is deleted.
    Raises `ForeignFolder` and `UnreadableSource` before anything is written, and `OSError`.
    """
    known = (folder / project.package / GENERATED).is_dir()
    if folder.exists() and not known and any(folder.iterdir()):
        raise ForeignFolder(folder, project.package)
    before, written = Project.before(folder, project.package, project.framework), Written()
    additions = list(_additions(project, folder))
    handlers = {project.handlers_path(tag) for tag in project.tags}
    for name, text in project.generated.items():
        _put(folder / name, text, name, written)
    for name, text in project.once.items():
        path, generated = folder / name, before.once.get(name) if before else None
        if not path.exists() or (name not in handlers and path.read_text(encoding="utf-8") == generated):
            _put(path, text, name, written)
    for path, source, functions in additions:
        text, refreshed = _refreshed(source.text, before, project)
        added = "".join(f"\n\n{project.addition(function)}" for function in functions)
        # A function that was not written yet has the import already.
        there = source.imported if functions else source.imported | {"Unimplemented"}
        imports = project.imports([*functions, *refreshed], there)
        parts = filter(None, [text.rstrip("\n") + "\n", imports])
        if functions or refreshed:
            replace_text(path, "\n\n".join(parts) + added)
        written.added += [function.name for function in functions]
        written.refreshed += [function.name for function in refreshed]
    written.vanished = list(_vanished(project, folder))
    return written


def _put(path: Path, text: str, name: str, written: Written) -> None:
    if not path.exists():
        written.created.append(name)
    elif path.read_text(encoding="utf-8") != text:
        written.updated.append(name)
    else:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, text)


def _additions(project: Project, folder: Path) -> Iterator[tuple[Path, HandlerModule, list[Function]]]:
    """Yield the modules of handlers that are there, each with the functions that it lacks."""
    for tag in project.tags:
        path = folder / project.handlers_path(tag)
        if path.exists():
            source = HandlerModule.read(path)
            there = {function.name for function in source.functions}
            yield path, source, [each for each in project.functions if each.tag == tag and each.name not in there]


def _refreshed(text: str, before: Project | None, project: Project) -> tuple[str, list[Function]]:
    """Return a module with functions of the new contract where it has those of the old one, and with new docstrings.

    A docstring is replaced if it is one that was generated.
    """
    old = {each.name: each for each in before.functions} if before else {}
    new = {each.name: each for each in project.functions}
    refreshed: dict[str, Function] = {}
    for name in old.keys() & new.keys():
        was, now = before.addition(old[name]) if before else "", project.addition(new[name])
        if was != now and was in text:
            text, refreshed[name] = text.replace(was, now), new[name]
    for found in reversed(HandlerModule.parse(text).functions):
        doc = new[found.name].docstring() if found.name in new else ""
        if doc and found.has_generated_doc and found.doc != inspect.cleandoc(ast.literal_eval(doc)):
            lines, (first, last) = text.splitlines(keepends=True), found.doc_lines
            text = "".join([*lines[: first - 1], f"    {doc}\n", *lines[last:]])
            refreshed[found.name] = new[found.name]
    return text, [new[name] for name in new if name in refreshed]


def _vanished(project: Project, folder: Path) -> Iterator[str]:
    """Yield the public functions of the modules of handlers that belong to no operation."""
    wanted = {function.name for function in project.functions}
    for path in sorted((folder / project.package / "handlers").glob("[a-z]*.py")):
        yield from (function.name for function in HandlerModule.read(path).functions if function.name not in wanted)
