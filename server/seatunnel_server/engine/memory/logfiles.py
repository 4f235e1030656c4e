"""Log files on disk: appending, listing and reading, all inside one folder. Everything here blocks."""

from __future__ import annotations

import os
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_TICK: Final = 50_000_000
"""Nanoseconds within which two changes of a folder may have one time."""


class OpenLog:
    """A log file as it stood when it was opened: what is added later is not read, and its removal changes nothing."""

    def __init__(self, path: Path) -> None:
        """Open the file, which is closed when nobody refers to this any more; raises `OSError`."""
        self._file = path.open("rb", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size
        weakref.finalize(self, self._file.close)

    def read(self, at: int, size: int) -> bytes:
        """Return at most so many bytes from there on; raises `OSError`."""
        self._file.seek(at)
        return self._file.read(min(size, self.size - at))


class LogFolder:
    """A folder of log files. No name leads out of it, neither by its spelling nor by a link that lies there."""

    def __init__(self, path: Path) -> None:
        """Take the folder and make it if it is missing; raises `OSError` if it can't be made."""
        path.mkdir(parents=True, exist_ok=True)
        self._path = path.resolve()
        self._names: Sequence[str] = ()
        self._known = frozenset[str]()
        self._changed = -1
        """When the folder was changed last before its names were read, in ns; -1 if they have to be read again."""

    def names(self) -> Sequence[str]:
        """Return the names of the files, sorted; none when the folder can't be read.

        It is the same object as long as no file has come or gone.
        """
        try:
            changed = self._path.stat().st_mtime_ns
            if self._changed == changed:
                return self._names
            with os.scandir(self._path) as entries:
                self._names = sorted(entry.name for entry in entries if self._is_log(entry))
        except OSError:
            return []
        self._known = frozenset(self._names)
        # What comes in the same tick of the file system's clock leaves no other time behind.
        self._changed = changed if time.time_ns() - changed > _TICK else -1
        return self._names

    def open(self, name: str) -> OpenLog | None:
        """Open a file for reading; None when there is no such file."""
        try:
            file = self._file(name)
            return OpenLog(file) if file else None
        except OSError:
            return None

    def size_of_all(self, prefix: str) -> int:
        """Return the bytes of all files whose names begin like that."""
        return sum(self.size(name) for name in self.names() if name.startswith(prefix))

    def size(self, name: str) -> int:
        """Return a file's bytes; 0 when there is none."""
        try:
            return os.lstat(self._path / name).st_size
        except OSError:
            return 0

    def append(self, name: str, data: bytes, *, anew: bool = False) -> None:
        """Add to a file, made if it is missing; raises `OSError` if that fails, or if the file is a link.

        With `anew`, what the file held is put away under its name with `.1` behind, in place of what lay there.
        """
        file = self._path / name
        if anew or name not in self._known:
            self._changed = -1
        if anew:
            file.replace(self._path / f"{name}.1")
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(file, flags, 0o644), "ab") as stream:
            stream.write(data)

    def remove(self, name: str) -> int:
        """Delete a file, and return the bytes that it had; one that can't be deleted stays, and 0 is returned."""
        size = self.size(name)
        self._changed = -1
        try:
            (self._path / name).unlink()
        except OSError:
            return 0
        return size

    def _is_log(self, entry: os.DirEntry[str]) -> bool:
        return entry.is_file(follow_symlinks=False) or (entry.is_symlink() and self._file(entry.name) is not None)

    def _file(self, name: str) -> Path | None:
        if not name or name in {".", ".."} or any(sign in name for sign in "/\\\0"):
            return None
        file = (self._path / name).resolve()
        return file if file.parent == self._path and file.is_file() else None
