"""The page with the measurements of `learn`: releases, real engines, trials by hand, dialects, faults, probes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from seatunnel_conformance.learn.probes import PROBES, UNSEEN
from seatunnel_docs.rendering import Page, page
from seatunnel_openapi.documents import resolve
from seatunnel_openapi.loading import facts_schema

FIGURES: Final = "learn.json"
"""The file that `python -m bench.learn` writes, in `docs/`."""


def pages(sources: Path) -> Iterator[Page]:
    """Yield the page. Sections without measurements are left out."""
    file = sources / FIGURES
    measured: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    measured = {"recovery": [], "engines": [], "trials": [], "dialects": [], "faults": None, **measured}
    yield page("learning", "learning", measured=measured, probes=list(_probes(measured.get("probes", {}))))


def _probes(read: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Yield each fact with the way in which `learn` finds its value, or the reason why it can't."""
    schema = facts_schema()
    for holder, stated in schema["properties"].items():
        for name in resolve(schema, stated).get("properties", {}):
            asked = ["asked for directly"] if (holder, name) in PROBES else []
            checks = [f"`{each}`" for each in read.get(f"{holder}.{name}", ())[:3]]
            yield f"{holder}.{name}", ", ".join(asked + checks) or f"none: {UNSEEN.get(name, _FOUND.get(name, '?'))}"


_FOUND: Final = {
    **dict.fromkeys(("memberCase", "listEnvelope"), "it is compared in all responses"),
    **dict.fromkeys(
        ("missingCheckpoint", "restoreMode", "force", "decryption", "bodyFormats", "linkText", "paging"),
        "it changes with the same fact of another operation",
    ),
    "endedJob": "it is asked for directly",
    "subPaths": "it is compared with the paths of the document",
}
"""How `learn` finds facts that have no probe and that no check reads."""
