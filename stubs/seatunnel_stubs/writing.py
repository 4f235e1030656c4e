"""Writes a generated project to a folder, or updates it without changing the author's code."""

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
    """The changes that were made to a project.

    `created` and `updated` are files, relative to the folder of the project. `added` are new functions, `refreshed`
    functions with an update of a part that the author had not changed. `vanished` functions have no operation any more;
    they are kept.
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

    The files in `contract/` are generated again, and so are other files, functions and docstrings that the author has
    not changed. Missing files are created, and functions of new operations are appended to the modules in `handlers`.
    Nothing else is changed, and nothing is deleted.

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
        # Only new functions can need an import of `Unimplemented`: older ones that raise it have the import.
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
    """Yield each existing module in `handlers`, with the functions that it lacks."""
    for tag in project.tags:
        path = folder / project.handlers_path(tag)
        if path.exists():
            source = HandlerModule.read(path)
            there = {function.name for function in source.functions}
            yield path, source, [each for each in project.functions if each.tag == tag and each.name not in there]


def _refreshed(text: str, before: Project | None, project: Project) -> tuple[str, list[Function]]:
    """Return the text of a module for a new contract, and the functions that were changed in it.

    A function is replaced if it is unchanged since `before`, a docstring if it has the form of a generated one.
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
    """Yield the names of public functions in `handlers` that belong to no operation."""
    wanted = {function.name for function in project.functions}
    for path in sorted((folder / project.package / "handlers").glob("[a-z]*.py")):
        yield from (function.name for function in HandlerModule.read(path).functions if function.name not in wanted)
