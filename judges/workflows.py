"""Runs the workflows on a deployment with Redocly Respect.

Usage: python judges/workflows.py URL
"""

from __future__ import annotations

import subprocess
import sys

from lint import MODULES, QUIET, ROOT, npm_or_nothing

WORKFLOWS = ROOT / "openapi" / "workflows.arazzo.yaml"


def main() -> int:
    """Run every workflow; return 0 if all succeed, and without Node."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the command and the address
        sys.stderr.write((__doc__ or "") + "\n")
        return 2
    if not npm_or_nothing():
        return 0
    command = [MODULES / "redocly", "respect", WORKFLOWS, "--server", f"seatunnel={sys.argv[1]}"]
    return subprocess.run(command, cwd=ROOT, env=QUIET, check=False).returncode  # noqa: S603 - fixed but for the address


if __name__ == "__main__":
    sys.exit(main())
