"""Serves the engine's web UI, from a jar or a folder, at the root of the server.

The UI is not part of this project. `seatunnel-engine-server` and `seatunnel-starter` of a release have it in `ui/`.
"""

from __future__ import annotations

import mimetypes
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final, Self

from seatunnel_server.errors import BadConfiguration
from seatunnel_server.http.replies import Reply

_FOLDER: Final = "ui/"
_INDEX: Final = "index.html"
_MOST_BYTES: Final = 64 * 2**20
"""The most bytes of all files; the UI of 2.3.13 has two million."""

_HEADERS: Final = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-cache"))


@dataclass(frozen=True, eq=False)
class WebUi:
    """The content of the web UI's files, by their paths."""

    files: Mapping[str, bytes]

    @classmethod
    def of(cls, path: Path) -> Self:
        """Read the UI from a jar, or from a folder that has `index.html` or `ui/index.html`.

        Raises `BadConfiguration`.
        """
        try:
            found = dict(_of_folder(path) if path.is_dir() else _of_jar(path))
        except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as problem:
            reason = getattr(problem, "strerror", None) or problem
            raise BadConfiguration(str(path), f"the web UI can't be read: {reason}") from None
        if _INDEX not in found:
            raise BadConfiguration(str(path), f"it has no web UI: neither {_FOLDER}{_INDEX} nor {_INDEX}")
        return cls(found)

    def index(self) -> Reply:
        """Return the page for the root."""
        return self._reply(_INDEX)

    def find(self, name: str) -> Reply | None:
        """Return the file for a path without its leading slash; None if the UI has no such file."""
        return self._reply(name or _INDEX) if (name or _INDEX) in self.files else None

    def _reply(self, name: str) -> Reply:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Reply((self.files[name],), kind, HTTPStatus.OK, _HEADERS)


def _is_of_ui(name: str) -> bool:
    """Return whether a file is served: other names might hide an operation of the API."""
    return name in {_INDEX, "favicon.ico"} or name.startswith("assets/")


def _of_jar(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as jar:
        entries = (one for one in jar.infolist() if one.filename.startswith(_FOLDER) and not one.is_dir())
        own = {name: one for one in entries if _is_of_ui(name := one.filename.removeprefix(_FOLDER))}
        _require_small(sum(one.file_size for one in own.values()))
        yield from ((name, jar.read(one)) for name, one in own.items())


def _of_folder(path: Path) -> Iterator[tuple[str, bytes]]:
    root = path / _FOLDER if (path / _FOLDER).is_dir() else path
    candidates = [root / _INDEX, root / "favicon.ico", *(root / "assets").rglob("*")]
    own = [one for one in candidates if one.is_file()]
    _require_small(sum(one.stat().st_size for one in own))
    yield from ((one.relative_to(root).as_posix(), one.read_bytes()) for one in own)


def _require_small(size: int) -> None:
    if size > _MOST_BYTES:
        raise ValueError(f"its files have more than {_MOST_BYTES // 2**20} MiB")
