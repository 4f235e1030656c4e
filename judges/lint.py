"""Runs Redocly and Spectral on the contract of every release. Without Node, prints a message and exits with 0.

Usage: python judges/lint.py [DOCUMENT ...]    (default: the contract of every release)
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from seatunnel_openapi import load, releases

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
MODULES = HERE / "node_modules" / ".bin"
QUIET = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


def install(npm: str) -> None:
    """Install the tools with the versions of package-lock.json, unless they are installed."""
    versions, stamp = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    with versions.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # npm deletes what another npm has just installed, in tests and `make judges`
        if not stamp.exists() or stamp.stat().st_mtime < versions.stat().st_mtime:
            command = [npm, "ci", "--silent", "--ignore-scripts", "--no-audit", "--prefer-offline"]
            subprocess.run(command, cwd=HERE, check=True)  # noqa: S603 - npm of the PATH
            stamp.touch()


def judge(documents: list[str]) -> int:
    """Run both tools on every document; return the number of failed runs."""
    runs: list[list[str | Path]] = [
        [MODULES / "redocly", "lint", "--config", ROOT / ".redocly.yaml", "--max-problems", "1000", *documents],
        [MODULES / "spectral", "lint", "--ruleset", ROOT / ".spectral.yaml", "--fail-severity", "hint", *documents],
    ]
    return sum(subprocess.run(run, cwd=ROOT, env=QUIET, check=False).returncode != 0 for run in runs)  # noqa: S603 - fixed


def npm_or_nothing() -> bool:
    """Install the tools, or print that Node is missing; return whether they are installed."""
    npm = shutil.which("npm")
    if npm is None:
        sys.stderr.write("judges skipped: Redocly and Spectral need Node.js (npm is not on the PATH)\n")
        return False
    install(npm)
    return True


def documents(folder: Path) -> list[str]:
    """Write the plain document of every release into a folder; return the paths, the base document first."""
    _, *later = releases()
    for release in later:
        text = json.dumps(load(release).published, indent=1, ensure_ascii=False)
        (folder / f"{release}.json").write_text(text, encoding="utf-8")
    return ["openapi/seatunnel-v2.yaml", *(str(folder / f"{release}.json") for release in later)]


def main() -> int:
    """Check the documents of the command line; return 1 if a tool complains, 0 otherwise and without Node."""
    if not npm_or_nothing():
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return 1 if judge(sys.argv[1:] or documents(Path(folder))) else 0


if __name__ == "__main__":
    sys.exit(main())
