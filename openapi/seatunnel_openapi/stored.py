"""A cache between processes for values derived from the project's files.

Deriving a contract takes longer than most commands. Values are stored in `__pycache__`, or in the user's cache folder
where Python may not write its cache (a read-only installation, `PYTHONDONTWRITEBYTECODE`). If neither can be written,
every process derives its own. A stored value is used only if it was derived from the same content of the same files by
the same Python.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, Final, TypeVar, cast

_T = TypeVar("_T")
_DIGEST: Final = 32


def stored(name: str, files: Iterable[Path], derive: Callable[[], _T]) -> _T:
    """Return the result of `derive` for these files, which may have been stored by another process.

    `files` are those that the value depends on, the code that derives it included.
    """
    digest = _digest(tuple(files))
    places = [place.with_suffix(f".{name}") for place in _places()]
    for place in places:
        if found := _read(place, digest):
            return cast("_T", found[0])
    value = derive()
    for place in places[sys.dont_write_bytecode :]:  # places[0] is Python's cache
        with suppress(OSError):
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = place.with_suffix(f".{os.getpid()}")
            pickled = io.BytesIO()
            _Pickler(pickled).dump((value,))
            part.write_bytes(digest + pickled.getvalue())
            part.replace(place)
            break
    return value


class _Pickler(pickle.Pickler):
    """Pickles a dataclass with slots as a call of its class: Python's own way takes three times as long to read."""

    def reducer_override(self, value: Any) -> Any:
        if not is_dataclass(type(value)) or hasattr(value, "__dict__"):
            return NotImplemented
        return type(value), tuple(getattr(value, field.name) for field in fields(value))


def _places() -> list[Path]:
    """Return the paths to which the name of a value is appended: in `__pycache__`, and in the user's cache folder."""
    beside = Path(cache_from_source(__file__))
    user = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or "~/.cache"
    folder = Path(os.path.expanduser(user))  # noqa: PTH111 - `Path.expanduser` raises an exception without a home
    # Each installation has its own.
    installation = hashlib.sha256(__file__.encode()).hexdigest()[:16]
    return [beside, *([folder / "seatunnel-v2" / installation / beside.name] if folder.is_absolute() else [])]


def _read(place: Path, digest: bytes) -> tuple[Any] | None:
    """Return the stored value in a tuple; None if there is none for these files, or if another user wrote it."""
    with suppress(OSError, EOFError, pickle.UnpicklingError), place.open("rb") as file:
        if _is_trusted(file.fileno()) and file.read(_DIGEST) == digest:
            value: tuple[Any] = pickle.load(file)  # noqa: S301 - only who runs this, or has installed it, can write it
            return value
    return None


def _is_trusted(descriptor: int) -> bool:
    """Return whether a file belongs to the user of this process, or to the owner of this module."""
    if sys.platform == "win32":
        return True
    return os.fstat(descriptor).st_uid in {os.geteuid(), Path(__file__).stat().st_uid}


@cache
def _digest(files: tuple[Path, ...]) -> bytes:
    found = hashlib.sha256(sys.version.encode())
    for path in files:
        content = path.read_bytes()
        found.update(f"\0{path}\0{len(content)}\0".encode())
        found.update(content)
    return found.digest()
