"""Let Redocly and Spectral judge the contract of every release; pass with a message where there is no Node.

Usage: python openapi/judges/lint.py [DOCUMENT ...]    (default: openapi/seatunnel-v2.yaml, and it with the overlays)
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from seatunnel_openapi import load, releases

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MODULES = HERE / "node_modules" / ".bin"
QUIET = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


def install(npm: str) -> None:
    """Install the judges at the versions of package-lock.json, once."""
    lock, stamp = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([npm, "ci", "--silent", "--ignore-scripts"], cwd=HERE, check=True)  # noqa: S603 - npm of the PATH
        stamp.touch()


def judge(documents: list[str]) -> int:
    """Run both judges on every document; return how many of the runs complained."""
    runs = [
        [MODULES / "redocly", "lint", "--config", ROOT / ".redocly.yaml", "--max-problems", "1000", *documents],
        [MODULES / "spectral", "lint", "--ruleset", ROOT / ".spectral.yaml", "--fail-severity", "hint", *documents],
    ]
    return sum(subprocess.run(run, cwd=ROOT, env=QUIET, check=False).returncode != 0 for run in runs)  # noqa: S603 - fixed


def npm_or_nothing() -> bool:
    """Have the judges installed, or say that there is no Node for them; return whether they are there."""
    npm = shutil.which("npm")
    if npm is None:
        sys.stderr.write("judges skipped: Redocly and Spectral need Node.js (npm was not found on the PATH)\n")
        return False
    install(npm)
    return True


def documents(folder: Path) -> list[str]:
    """Write the plain document of every release with overlays into a folder; return the paths, the base's first."""
    _, *later = releases()
    for release in later:
        text = json.dumps(load(release).document, indent=1, ensure_ascii=False)
        (folder / f"{release}.json").write_text(text, encoding="utf-8")
    return ["openapi/seatunnel-v2.yaml", *(str(folder / f"{release}.json") for release in later)]


def main() -> int:
    """Judge the documents named on the command line; 0 when nobody complains or nobody is there."""
    if not npm_or_nothing():
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return 1 if judge(sys.argv[1:] or documents(Path(folder))) else 0


if __name__ == "__main__":
    sys.exit(main())
