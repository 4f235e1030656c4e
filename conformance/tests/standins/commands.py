"""The command `seatunnel-v2`, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path


def command(*words: str) -> list[str]:
    """Return the words that start the command."""
    return [sys.executable, "-m", "seatunnel_v2", *words]


def run(folder: Path | None, *words: str, timeout: float = 200, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder to its end, with a terminal width of 80 columns and without colours."""
    given = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", **environment}
    return subprocess.run(
        command(*words), cwd=folder, env=given, capture_output=True, text=True, timeout=timeout, check=False
    )
