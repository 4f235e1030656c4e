"""`seatunnel_openapi.models`, written anew from the contracts: `python -m seatunnel_stubs.models`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import seatunnel_openapi
from seatunnel_stubs.types import types_of


def module_name(release: str) -> str:
    """Return the name of the module with a release's types: `2.3.10` is `v2_3_10`, `docs-2024-10` `docs_2024_10`."""
    name = re.sub(r"\W", "_", release)
    return f"v{name}" if name[0].isdigit() else name


def modules() -> Iterator[tuple[Path, str]]:
    """Yield the path and the text of the module of each release."""
    folder = Path(seatunnel_openapi.__file__).parent / "models"
    for release in seatunnel_openapi.releases():
        yield folder / f"{module_name(release)}.py", types_of(seatunnel_openapi.load(release))


if __name__ == "__main__":
    for path, text in modules():
        path.write_text(text, encoding="utf-8")
