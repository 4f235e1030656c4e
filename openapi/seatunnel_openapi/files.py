"""Writing files that have what a person wrote."""

from __future__ import annotations

import shutil
from pathlib import Path


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
