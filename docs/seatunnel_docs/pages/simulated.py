"""The page that compares how jobs end on the reference server and on an engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from seatunnel_docs.rendering import Page, page

SIMULATED: Final = "simulated.ndjson"
"""The file that `python -m bench.simulated` writes, in `docs/`."""


def pages(sources: Path) -> Iterator[Page]:
    """Yield the page with all jobs. Jobs that end differently are first."""
    path = sources / SIMULATED
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    lines.sort(key=lambda line: line["alike"])
    yield page("simulated", "simulated", lines=lines, alike=sum(line["alike"] for line in lines))
