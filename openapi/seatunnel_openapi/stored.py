"""A cache between processes for values derived from the project's files, beside Python's own cache.

To derive a contract takes longer than most commands. A stored value is used only if it was derived from the same
content of the same files by the same Python. If the folder can't be written, every process derives its own.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, Final, TypeVar

_T = TypeVar("_T")
_DIGEST: Final = 32


def stored(name: str, files: Iterable[Path], derive: Callable[[], _T]) -> _T:
    """Return the result of `derive` for these files, maybe from another process.

    `files` are those that the value depends on, the code that derives it included.
    """
    place = Path(cache_from_source(__file__)).with_suffix(f".{name}")
    digest = _digest(tuple(files))
    found = _read(place, digest)
    if found is None:
        found = (derive(),)
        with suppress(OSError):
            part = place.with_suffix(f".{os.getpid()}")
            part.write_bytes(digest + pickle.dumps(found))
            part.replace(place)
    return found[0]


def _read(place: Path, digest: bytes) -> tuple[Any] | None:
    """Return the stored value in a tuple; None if there is none, or one of other files."""
    with suppress(OSError, EOFError, pickle.UnpicklingError), place.open("rb") as file:
        if file.read(_DIGEST) == digest:
            value: tuple[Any] = pickle.load(file)  # noqa: S301 - who can write it can also write this module
            return value
    return None


@cache
def _digest(files: tuple[Path, ...]) -> bytes:
    found = hashlib.sha256(sys.version.encode())
    for path in files:
        content = path.read_bytes()
        found.update(f"\0{path}\0{len(content)}\0".encode())
        found.update(content)
    return found.digest()
