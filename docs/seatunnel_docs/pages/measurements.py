"""The pages with measurements: of `learn`, and of how jobs end on the reference server and on an engine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from seatunnel_conformance.learn.probes import PROBES, UNSEEN
from seatunnel_docs.rendering import Page, page
from seatunnel_openapi.documents import resolve
from seatunnel_openapi.loading import facts_schema

LEARN: Final = "learn.json"
"""The file that `python -m bench.learn` writes, in `docs/`."""

SIMULATED: Final = "simulated.ndjson"
"""The file that `python -m bench.simulated` writes, in `docs/`."""


def pages(sources: Path) -> Iterator[Page]:
    """Yield both pages. Jobs that end differently are first; sections without measurements of `learn` are left out."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in _text(sources / SIMULATED).splitlines()]
    lines.sort(key=lambda line: line["alike"])
    yield page("simulated", "simulated", lines=lines, alike=sum(line["alike"] for line in lines))
    measured: Mapping[str, Any] = json.loads(_text(sources / LEARN) or "{}")
    measured = {"recovery": [], "engines": [], "trials": [], "dialects": [], "faults": None, **measured}
    yield page("learning", "learning", measured=measured, probes=list(_probes(measured.get("probes", {}))))


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


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
