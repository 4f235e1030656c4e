"""The source code of a client, to find which members of responses it reads, and where.

A log shows what a client receives, not what it reads. A member whose name is nowhere in the source is not read. A
member whose name occurs counts as read, even if the client works without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from seatunnel_conformance.errors import InvalidSettings

_WORD: Final = re.compile(r"\w+")
_LARGEST: Final = 1_000_000
"""The maximum size in bytes of a source file; larger files are data."""
_NO_SOURCE: Final = frozenset({".git", "node_modules", "target", "build", "dist", ".venv", "__pycache__", "classes"})
"""Folders that do not have code of the client itself."""


@dataclass(frozen=True)
class ClientSource:
    """Files and folders with the source code of a client."""

    paths: tuple[Path, ...]

    def __post_init__(self) -> None:
        """Raise `InvalidSettings` for a path that does not exist."""
        for path in self.paths:
            if not path.exists():
                raise InvalidSettings(f"{path}: there is no such file or folder")

    def place(self, name: str) -> str:
        """Return the first file and line in which a name occurs, such as `client.py:12`; empty if it occurs nowhere."""
        return self._places.get(name, "")

    @cached_property
    def _places(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, file in self._files():
            for number, line in enumerate(_lines(file), start=1):
                for word in _WORD.findall(line):
                    found.setdefault(word, f"{name}:{number}")
        return found

    def _files(self) -> Iterator[tuple[str, Path]]:
        for path in self.paths:
            if path.is_file():
                yield path.name, path
            for file in sorted(path.rglob("*")) if path.is_dir() else ():
                own = file.relative_to(path)
                if file.is_file() and _NO_SOURCE.isdisjoint(own.parts):
                    yield str(own), file


def _lines(file: Path) -> Iterable[str]:
    if file.stat().st_size > _LARGEST:
        return ()
    return file.read_text(encoding="utf-8", errors="replace").splitlines()
