"""A tool that knows nothing of this project comes to the same documents from the same files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from seatunnel_openapi import load, overlays

pytestmark = pytest.mark.slow

QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


@pytest.fixture(scope="session")
def redocly(judges: Path) -> Path:
    """Redocly's command; skips where there is no Node, or the judges are not installed."""
    command = judges / "node_modules" / ".bin" / "redocly"
    if shutil.which("node") is None or not command.exists():
        pytest.skip("Redocly is not there: it needs Node.js and `make judges`")
    return command


def bundled(redocly: Path, base: Path, applied: list[Path], out: Path) -> object:
    """Return the document that Redocly makes of a base document and overlays, in their order."""
    options = [part for path in applied for part in ("--overlay", str(path))]
    subprocess.run(
        [redocly, "bundle", base, *options, "--ext", "json", "-o", out],
        env={**os.environ, **QUIET},
        capture_output=True,
        check=True,
    )
    return json.loads(out.read_text(encoding="utf-8"))


def test_another_overlay_tool_comes_to_the_same_document_for_every_release(redocly, folder, tmp_path):
    chain = overlays(folder=folder)
    assert len(chain) >= 2
    before = load(folder=folder).published
    for length, last in enumerate(chain, start=1):
        out = tmp_path / f"{last.name}.json"
        made = bundled(redocly, folder / "seatunnel-v2.yaml", [overlay.path for overlay in chain[:length]], out)
        assert made == load(last.name, folder=folder).published, last.name
        assert made != before, last.name
        before = load(last.name, folder=folder).published
