"""Paths as the engine's servlet container reads them.

A path is decoded before it is split: escapes, `;parameters` and dot segments all go before a route is looked up.
Recorded in `http-semantics/path-forms`, `log/traversal` and `job-info/*`.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from seatunnel_server.errors import MalformedPath

_ODD = re.compile(rb"[%;\x00-\x1f]|/\.|//|^[^/]|^$")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_PARAMETER = re.compile(rb";[^/]*")


def decoded(raw: bytes) -> str:
    """Return the path that a raw request path means, beginning with a slash.

    Bytes that are no UTF-8 become replacement characters. Raises `MalformedPath` for a broken escape, a NUL and a
    path that leaves the root.
    """
    if not _ODD.search(raw):
        return raw.decode("utf-8", "replace")
    shown = raw.decode("latin-1")
    if _BROKEN_ESCAPE.search(raw):
        raise MalformedPath(shown)
    segments = [unquote_to_bytes(_PARAMETER.sub(b"", part)) for part in raw.split(b"/")]
    if any(part == b".." and b";" in raw_part for part, raw_part in zip(segments, raw.split(b"/"), strict=True)):
        raise MalformedPath(shown)
    plain = b"/".join(segments)
    if b"\x00" in plain or not plain.startswith(b"/"):
        raise MalformedPath(shown)
    return _resolved(plain.decode("utf-8", "replace"), shown)


def _resolved(path: str, shown: str) -> str:
    """Return a path without its `.` and `..` segments; empty segments stay."""
    if "/." not in path:
        return path
    kept: list[str] = []
    *folders, last = path.split("/")[1:]
    for segment in [*folders, last]:
        if segment == "..":
            if not kept:
                raise MalformedPath(shown)
            kept.pop()
        elif segment != ".":
            kept.append(segment)
    if last in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def behind_first_segment(raw: bytes) -> str:
    """Return what stands behind the first segment of a raw path, undecoded, as the log routes read it."""
    return raw.decode("latin-1").partition("/")[2].partition("/")[2]
