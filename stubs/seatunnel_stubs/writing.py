"""Writes projects to a folder, and updates them without changing the author's code."""

from __future__ import annotations

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
    """The result of writing a project. Paths are relative to its folder; `added` and `vanished` are operation ids."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return bool(self.created or self.updated or self.added)


def write(project: Project, folder: Path) -> Written:
    """Write a project, or update it.

    The files in `contract/` are generated again. Other files are created only if they are missing; functions of new
    operations are appended to the modules of handlers. Nothing else is changed, nothing is deleted.
    Raises `ForeignFolder` and `UnreadableSource` before anything is written, and `OSError`.
    """
    known = (folder / project.package / GENERATED).is_dir()
    if folder.exists() and not known and any(folder.iterdir()):
        raise ForeignFolder(folder, project.package)
    additions, written = dict(_additions(project, folder)), Written()
    for name, text in project.generated.items():
        _put(folder / name, text, name, written)
    for name, text in project.once.items():
        if not (folder / name).exists():
            _put(folder / name, text, name, written)
    for path, (source, functions) in additions.items():
        added = "".join(f"\n\n{project.addition(function)}" for function in functions)
        imports = project.imports(functions, source.imported)
        replace_text(path, "\n\n".join(filter(None, [source.text.rstrip("\n") + "\n", imports])) + added)
        written.added += [function.name for function in functions]
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


def _additions(project: Project, folder: Path) -> Iterator[tuple[Path, tuple[HandlerModule, list[Function]]]]:
    for tag in project.tags:
        path = folder / project.handlers_path(tag)
        if path.exists():
            source = HandlerModule.read(path)
            there = {function.name for function in source.functions}
            lacking = [each for each in project.functions if each.tag == tag and each.name not in there]
            if lacking:
                yield path, (source, lacking)


def _vanished(project: Project, folder: Path) -> Iterator[str]:
    """Yield the public functions of the modules of handlers that belong to no operation."""
    wanted = {function.name for function in project.functions}
    for path in sorted((folder / project.package / "handlers").glob("[a-z]*.py")):
        yield from (function.name for function in HandlerModule.read(path).functions if function.name not in wanted)
