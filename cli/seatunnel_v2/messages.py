"""What the command says when it can't do something: one line, and a hint after a blank one."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from seatunnel_v2.exits import ExitStatus


def fail(status: ExitStatus, message: str, hint: str = "") -> NoReturn:
    """End with a status, a sentence on stderr, and a hint."""
    sys.stderr.write(f"seatunnel-v2: {message}\n")
    if hint:
        sys.stderr.write(f"\nhint: {hint}\n")
    raise typer.Exit(status)
