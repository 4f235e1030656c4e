"""Builds known clients, for example compiles them, and caches the results in the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import platformdirs

from seatunnel_conformance.errors import InvalidSettings

_BUILDING: Final = threading.Lock()


class ClientNotBuilt(InvalidSettings):
    """The command that builds a known client failed, or can't be started."""

    def __init__(self, name: str, output: str) -> None:
        last = (output.strip().splitlines() or ["no output"])[-1]
        super().__init__(f"the client {name} can't be built: {last}")


def built(name: str, command: str, words: Callable[[Path], Sequence[str]], made_of: Iterable[Path]) -> Path:
    """Return the folder that a build command has filled. It runs only if the command or the files `made_of` changed.

    `words` returns the words of the command for a folder to fill, which is renamed afterwards. Raises `ClientNotBuilt`.
    """
    kept = platformdirs.user_cache_path("seatunnel-v2") / "clients"
    with _BUILDING:
        folder = kept / f"{name}-{_digest(command, made_of)}"
        if not folder.is_dir():
            kept.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=kept) as made:
                _run(name, words(Path(made, "built")))
                with suppress(OSError):  # another process was faster
                    Path(made, "built").rename(folder)
    return folder


def _run(name: str, words: Sequence[str]) -> None:
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - of a description
    except OSError as problem:
        raise ClientNotBuilt(name, f"{words[0]}: {problem.strerror}") from problem
    if done.returncode:
        raise ClientNotBuilt(name, done.stdout + done.stderr)


def _digest(command: str, made_of: Iterable[Path]) -> str:
    # With the paths of the tools: classes of a newer compiler don't run on an older Java.
    tools = [os.path.realpath(shutil.which(name) or "") for name in ("javac", "python3")]
    found = hashlib.sha256(repr([command, *tools]).encode())
    for file in _files(made_of):
        found.update(repr((file.name, hashlib.sha256(file.read_bytes()).hexdigest())).encode())
    return found.hexdigest()[:16]


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir():
            found = (file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
            yield from sorted(found)
