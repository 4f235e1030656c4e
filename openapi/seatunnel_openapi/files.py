"""Reads files that users name, up to limits of size, and replaces files as a whole."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

MOST_BYTES: Final = 64 * 2**20
"""The largest file that is read, in bytes. Reports of runs, recordings, and the log of a busy day are smaller."""

SMALL: Final = 2 * 2**20
"""The largest handwritten file that is read, in bytes."""

LONGEST_LINE: Final = 16 * 2**20
"""The longest line that is read, in characters."""

MOST_VALUES: Final = 2_000_000
"""The most values of a JSON text that is parsed. Each takes about a hundred bytes of memory."""


class UnusableFile(OSError):
    """A file can't be read, is too large, is not UTF-8 text, or is not a regular file; `strerror` says what."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(0, problem, str(path))

    def __str__(self) -> str:
        return f"{self.filename} can't be read: {self.strerror}"


def read_bytes(path: Path, most: int = MOST_BYTES, *, cut: bool = False, waiting: bool = True) -> bytes:
    """Return the content of a file; `-` is standard input.

    If the file has more than `most` bytes, the first `most + 1` are returned if `cut` is true; otherwise `UnusableFile`
    is raised. It is also raised for a pipe or device without `waiting`, and for a file that can't be read.
    """
    try:
        if str(path) == "-":
            content = sys.stdin.buffer.read(most + 1)
        else:
            with open(path, "rb", opener=None if waiting else _without_waiting) as file:
                status = os.fstat(file.fileno())
                if not (waiting or stat.S_ISREG(status.st_mode)):
                    raise UnusableFile(path, "it is not a regular file")
                content = file.read(most + 1) if cut or status.st_size <= most else bytes(most + 1)
    except OSError as problem:
        raise UnusableFile(path, problem.strerror or type(problem).__name__) from problem
    if len(content) > most and not cut:
        raise UnusableFile(path, f"it has more than {most // 2**10:,} KiB")
    return content


def _without_waiting(path: str, flags: int) -> int:
    """Open a file without blocking, even if it is a named pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_text(path: Path, most: int = MOST_BYTES, errors: str = "strict") -> str:
    """Return the text of a file, without a byte order mark. Raises `UnusableFile`."""
    try:
        return read_bytes(path, most).decode("utf-8-sig", errors)
    except UnicodeDecodeError:
        raise UnusableFile(path, "it is not UTF-8 text") from None


def read_lines(path: Path, errors: str = "strict") -> Iterator[str]:
    """Yield the lines of a file with their ends. Raises `UnusableFile`."""
    return lines_of(read_text(path, errors=errors), path)


def lines_of(text: str, path: Path) -> Iterator[str]:
    """Yield the lines of the text of a file with their ends. Raises `UnusableFile` for a line that is too long."""
    start, number = 0, 0
    while start < len(text):
        end, number = text.find("\n", start) + 1 or len(text), number + 1
        if end - start > LONGEST_LINE:
            raise UnusableFile(path, f"line {number} has more than {LONGEST_LINE:,} characters")
        yield text[start:end]
        start = end


def parse_json(text: str) -> Any:
    """Return a JSON text as Python values. Raises `ValueError` for other text, and for too many or too deep values."""
    if sum(map(text.count, ",[{")) > MOST_VALUES:
        raise ValueError(f"it has more than {MOST_VALUES:,} values")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def json_or(text: str | bytes, otherwise: Any = None) -> Any:
    """Return a JSON text as Python values, or `otherwise` for anything else."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return otherwise


def replace_text(path: Path, text: str) -> None:
    """Write a text to a file. If that fails, for example on a full disk, the file keeps its old content.

    Raises `OSError`.
    """
    place = path.resolve()
    if place.exists() and not place.is_file():
        # A device or a pipe can't be replaced.
        place.write_text(text, encoding="utf-8")
        return
    part = place.with_name(f".{place.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        if place.exists():
            shutil.copymode(place, part)
        part.replace(place)
    except OSError:
        part.unlink(missing_ok=True)
        raise
