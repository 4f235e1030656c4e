"""Let Redocly and Spectral judge the contract; pass with a message where there is no Node.

Usage: python openapi/judges/lint.py [DOCUMENT ...]    (default: openapi/seatunnel-v2.yaml)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

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


def main() -> int:
    """Judge the documents named on the command line; 0 when nobody complains or nobody is there."""
    if not npm_or_nothing():
        return 0
    return 1 if judge(sys.argv[1:] or ["openapi/seatunnel-v2.yaml"]) else 0


if __name__ == "__main__":
    sys.exit(main())
